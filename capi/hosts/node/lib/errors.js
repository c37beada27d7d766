'use strict';

/**
 * The failure of a call or an operation. It has the fields of the record Error in operations.md:
 * code, message, advice, retryable, status, generation_id, budget, left, reply and others. No field
 * holds an API key or the text of a prompt.
 */
class WayfareError extends Error {
  constructor(fields) {
    super(fields.message);
    Object.assign(this, fields);
  }

  toString() {
    return `${this.code}: ${this.message}${this.advice ? `; ${this.advice}` : ''}`;
  }
}
Object.defineProperty(WayfareError.prototype, 'name', { value: 'WayfareError' });

const invalid = (message, advice) =>
  new WayfareError({ code: 'invalid', message, advice: advice ?? null, retryable: false });

// What a function of the library returns in place of an id.
const CODES = {
  [-1]: ['forked', 'the client was used before this process was forked', 'open a new client', false],
  [-2]: ['closed', 'the client is closed', 'open a new client', false],
  [-3]: ['full', 'max_open_calls calls are open', 'let some end, or raise max_open_calls', true],
  [-4]: ['no_memory', 'out of memory', 'free some memory', true],
};

function errorOf(number) {
  const [code, message, advice, retryable] = CODES[number] ?? [
    'internal',
    `unexpected code ${number}`,
    null,
    false,
  ];
  return new WayfareError({ code, message, advice, retryable });
}

module.exports = { WayfareError, invalid, errorOf };
