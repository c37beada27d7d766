'use strict';
const native = require('../native.js');
const { operations, pages } = require('../operations.js');
const { Calls } = require('./calls.js');
const { WayfareError, invalid, errorOf } = require('./errors.js');
const { Stream, Watch } = require('./stream.js');

// In what wayfare itself takes, a value that is undefined is written as null. So a part of an account
// that got lost, such as charge_to.user, is refused and not silently left out.
const strictly = (_name, value) => (value === undefined ? null : value);

/** The request of a chat: its body, and what goes beside the body. */
function requestOf(op, messages, options, stream) {
  const { agent, body_json: text, charge_to, defaults, headers, request_id, route, signal, ...body } =
    options;
  if (text !== undefined && (messages != null || Object.keys(body).length > 0)) {
    throw invalid('body_json is given together with parts of the body', 'give one of them');
  }
  if (text === undefined && typeof messages !== 'string' && !Array.isArray(messages)) {
    throw invalid('messages is neither a string nor a list', 'give a string or a list of messages');
  }
  const list = typeof messages === 'string' ? [{ role: 'user', content: messages }] : messages;
  const given = text ?? JSON.stringify({ ...(body.model ? { model: body.model } : {}), messages: list, ...body });
  const beside = { op, agent, charge_to, defaults, headers, request_id, route };
  for (const name of Object.keys(beside)) if (beside[name] === undefined) delete beside[name];
  if (stream !== undefined) beside.stream = stream;
  // The body is sent as it is: it is put in as text.
  return `${JSON.stringify(beside, strictly).slice(0, -1)},"body":${given}}`;
}

/**
 * Makes calls and keeps the ledger in which they are booked. The constructor only checks the options.
 * The first call opens the ledger, starts the threads and uses the network. Close every client.
 */
class Client {
  #handle;
  #calls = null;
  #closing = null;

  constructor(options = {}) {
    const opened = native.open(JSON.stringify(options, strictly));
    if (typeof opened === 'string') throw new WayfareError(JSON.parse(opened));
    this.#handle = opened;
  }

  #begin(request) {
    if (this.#closing) throw errorOf(-2);
    this.#calls ??= new Calls(this.#handle);
    return this.#calls.begin(request);
  }

  async #finish(request, signal) {
    signal?.throwIfAborted();
    const call = this.#begin(request);
    const unlisten = call.cancelBy(signal);
    try {
      return await call.last();
    } catch (error) {
      if (signal?.aborted && error.code === 'cancelled') throw signal.reason;
      throw error;
    } finally {
      unlisten();
    }
  }

  /** Sends a chat completion and gives the whole answer. */
  async chat(messages, options = {}) {
    return (await this.#finish(requestOf('chat', messages, options, false), options.signal)).reply;
  }

  /** Sends a chat completion and gives the answer in pieces. */
  stream(messages, options = {}) {
    options.signal?.throwIfAborted();
    const call = this.#begin(requestOf('chat', messages, options, true));
    return new Stream(call, options.signal);
  }

  /** Tells which models a chat with the same arguments would try, and why. */
  async select(messages, options = {}) {
    return (await this.#finish(requestOf('select', messages, options), options.signal)).result;
  }

  /** Gives the notices of what happens to the calls of this or of every client. */
  watch({ of = 'client' } = {}) {
    return new Watch(this.#begin(JSON.stringify({ op: 'watch', of })));
  }

  /** Runs an operation by its name in operations.md. */
  async run(op, args = {}, { signal } = {}) {
    const request = JSON.stringify({ ...args, op }, strictly);
    return (await this.#finish(request, signal)).result;
  }

  /**
   * Cancels the running calls, books them, syncs the ledger and ends the threads. Takes at most 8
   * seconds. Those who wait for a call see its end.
   */
  close() {
    this.#closing ??= this.#close();
    return this.#closing;
  }
  async #close() {
    await this.#calls?.cancelAll();
    const closed = native.close(this.#handle);
    this.#calls?.wakeForClose();
    await closed;
  }

  [Symbol.dispose ?? Symbol.for('Symbol.dispose')]() {
    this.#closing ??= Promise.resolve();
    native.closeNow(this.#handle);
    this.#calls?.wakeForClose();
  }
  async [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]() {
    await this.close();
  }
}

// One method for each operation, by its name in camel case. Lists that come in pages are async
// iterables over all of their items.
const methodOf = (op) => op.replace(/_(\w)/g, (_all, letter) => letter.toUpperCase());
async function* all(client, op, args, list) {
  for (let query = args; ; ) {
    const page = await client.run(op, query);
    yield* page[list];
    if (page.next === null) return;
    query = { ...args, after: page.next };
  }
}
for (const op of operations) {
  const name = methodOf(op);
  if (name in Client.prototype) continue;
  const list = pages[op];
  const method = list
    ? function (args = {}) {
        return all(this, op, args, list);
      }
    : function (args = {}, options = {}) {
        return this.run(op, args, options);
      };
  Object.defineProperty(method, 'name', { value: name });
  Object.defineProperty(Client.prototype, name, { value: method, writable: true, configurable: true });
}

module.exports = { Client };
