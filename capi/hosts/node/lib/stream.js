'use strict';
const { WayfareError, errorOf } = require('./errors.js');

// A stream that the program has dropped is cancelled.
const dropped = new FinalizationRegistry((call) => call.cancel(true));

/**
 * An answer in pieces: `for await (const event of stream)`. The events are taken as the program asks
 * for them, and the server is not read faster than that. If the call fails, the loop throws.
 */
class Stream {
  #call;
  #signal;
  #unlisten;
  #events = [];
  #end = null; // the final event

  constructor(call, signal) {
    this.#call = call;
    this.#signal = signal;
    this.#unlisten = call.cancelBy(signal);
    dropped.register(this, call, this);
  }

  /** The next event, or null at the end. Throws the error of the call. */
  async next() {
    while (this.#events.length === 0) {
      if (this.#end?.type === 'error') throw this.#failure();
      if (this.#end) return { done: true, value: undefined };
      const events = await this.#call.take();
      if (!events) throw errorOf(-2);
      const last = events.at(-1);
      if (last.type === 'done' || last.type === 'error') {
        this.#end = events.pop();
        this.#unlisten();
        dropped.unregister(this);
      }
      this.#events = events.reverse();
    }
    return { done: false, value: this.#events.pop() };
  }

  #failure() {
    return this.#signal?.aborted && this.#end.error.code === 'cancelled'
      ? this.#signal.reason
      : new WayfareError(this.#end.error);
  }

  /** Leaving the loop cancels the call. The ledger books what came of it. */
  async return() {
    this.cancel();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  /** The pieces of the text alone. */
  async *text() {
    for await (const event of this) if (event.type === 'text') yield event.text;
  }

  /** The whole answer, with its usage and cost. Waits for the end. */
  async reply() {
    while (!(await this.next()).done);
    return this.#end.reply;
  }

  /** The reply as far as it came, when the stream has ended. Else null. */
  get partial() {
    return this.#end?.reply ?? this.#end?.error.reply ?? null;
  }

  /** Ends the call early. */
  cancel() {
    if (!this.#end) this.#call.cancel();
  }

  async [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]() {
    this.cancel();
  }
}

/** What happens to the calls of a client: `for await (const notice of client.watch())`. */
class Watch {
  #call;
  #notices = [];
  #over = false;

  constructor(call) {
    this.#call = call;
  }

  async next() {
    while (this.#notices.length === 0) {
      const events = this.#over ? null : await this.#call.take(false);
      if (!events) return { done: true, value: undefined };
      this.#over = events.at(-1).type !== 'notice';
      this.#notices = events.filter((one) => one.notice).map((one) => one.notice);
      this.#notices.reverse();
    }
    return { done: false, value: this.#notices.pop() };
  }

  async return() {
    this.#over = true;
    this.#call.cancel(true);
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}

module.exports = { Stream, Watch };
