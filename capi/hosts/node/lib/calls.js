'use strict';
// The open calls of one client, driven by the event loop.
const native = require('../native.js');
const { WayfareError, errorOf } = require('./errors.js');

/** One call: its events are taken when somebody asks for them. */
class Call {
  #calls;
  #id;
  #wake = null;

  constructor(calls, id) {
    this.#calls = calls;
    this.#id = id;
  }

  /** Waits for events. Returns a list of them, or null if none follows. */
  async take(holds = true) {
    for (;;) {
      const got = native.next(this.#calls.handle, this.#id);
      if (typeof got === 'string') {
        const events = JSON.parse(got);
        const { type } = events.at(-1);
        if (type === 'done' || type === 'error') this.#calls.forget(this.#id);
        return events;
      }
      if (got < 0) throw errorOf(got);
      if (got === 2) {
        this.#calls.forget(this.#id);
        return null;
      }
      if (this.#wake) throw errorOf(-5);
      if (holds) this.#calls.hold(1);
      try {
        await new Promise((resolve) => {
          this.#wake = resolve;
        });
      } finally {
        this.#wake = null;
        if (holds) this.#calls.hold(-1);
      }
    }
  }

  /** The final event. Throws the error of the call. */
  async last() {
    for (;;) {
      const events = await this.take();
      const last = events?.at(-1);
      if (last?.type === 'error') throw new WayfareError(last.error);
      if (last?.type === 'done') return last;
      if (!events) throw errorOf(-2);
    }
  }

  wake() {
    this.#wake?.();
  }

  /** Ends the call early. Its final event still comes, unless it is forgotten. */
  cancel(forget = false) {
    native.cancel(this.#calls.handle, this.#id, forget);
    if (!forget) return;
    this.#calls.forget(this.#id);
    this.wake(); // no event follows
  }

  /** Cancels the call if the signal is aborted. Returns a function that stops listening. */
  cancelBy(signal) {
    if (!signal) return () => {};
    const abort = () => this.cancel();
    signal.addEventListener('abort', abort, { once: true });
    return () => signal.removeEventListener('abort', abort);
  }
}

class Calls {
  #open = new Map();
  #held = 0;

  constructor(handle) {
    this.handle = handle;
    const weak = new WeakRef(this);
    // The addon holds it weakly while nobody waits, so that a forgotten client can be collected.
    this.onReady = () => weak.deref()?.wakeAll();
    native.watch(handle, this.onReady);
  }

  begin(request) {
    const id = native.submit(this.handle, request);
    if (id < 0) throw errorOf(id);
    const call = new Call(this, id);
    this.#open.set(id, call);
    return call;
  }

  wakeAll() {
    for (let id = native.ready(this.handle); id > 0; id = native.ready(this.handle)) {
      this.#open.get(id)?.wake();
    }
  }

  forget(id) {
    this.#open.delete(id);
  }

  /** The process stays alive while a call is waited for. */
  hold(change) {
    const before = this.#held;
    this.#held += change;
    if ((before === 0) !== (this.#held === 0)) native.hold(this.handle, this.#held > 0);
  }

  /** Cancels all calls, and lets those who wait see the ends. */
  async cancelAll() {
    for (const call of this.#open.values()) call.cancel();
    const deadline = Date.now() + 3000;
    while (this.#held > 0 && Date.now() < deadline) {
      await new Promise((resolve) => {
        setTimeout(resolve, 5);
      });
    }
  }

  wakeForClose() {
    for (const call of this.#open.values()) call.wake();
    this.#open.clear();
  }
}

module.exports = { Calls };
