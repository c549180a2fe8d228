// SPDX-License-Identifier: LGPL-2.1-or-later
/* exported Question, answerWith, ask, failed, waitFor */

// Promises of what the library calls back with, and exceptions on their way through it.
//
// The library knows errors of GLib and no exceptions. So what is thrown goes through it as an error that has a
// number, and whoever waits for that key finds the exception again: itself, with its stack.

const {GLib, Gio, GObject} = imports.gi;
const System = imports.system;

// Of errors that stand for exceptions; their codes count these.
const EXCEPTION = GLib.quark_from_string('memo-js-exception');

// How many exceptions of a key one waits for at most, and how many are kept for a loader that remembers its errors.
const MAX_FAILURES = 16;
const MAX_REMEMBERED = 1000;

let lastCode = 0;

function describe(exception) {
  try {
    return String(exception);
  } catch (e) {
    return 'an exception that cannot be written as text';
  }
}

/** What was thrown, and the error that stands for it. */
class Failure {
  constructor(exception) {
    this.exception = exception;
    if (exception instanceof GLib.Error) {
      this.error = exception;
    } else {
      lastCode = lastCode % GLib.MAXINT32 + 1;
      this.error = new GLib.Error(EXCEPTION, lastCode, describe(exception));
    }
  }

  isOf(error) {
    return error instanceof GLib.Error && error.domain === this.error.domain &&
      error.code === this.error.code && error.message === this.error.message;
  }
}

/** Who waits: for each key, what was thrown since by a load of it. */
class Waiting {
  constructor() {
    this._waiters = new Map();
    this._remembered = [];
  }

  enter(key) {
    const failures = [];
    if (!this._waiters.has(key))
      this._waiters.set(key, new Set());
    this._waiters.get(key).add(failures);
    return failures;
  }

  leave(key, failures) {
    const waiters = this._waiters.get(key);
    waiters.delete(failures);
    if (waiters.size === 0)
      this._waiters.delete(key);
  }

  failed(keys, failure, remember) {
    for (const failures of keys.flatMap(key => [...this._waiters.get(key) ?? []])) {
      failures.push(failure);
      if (failures.length > MAX_FAILURES)
        failures.shift();
    }

    if (remember) {
      this._remembered.push(failure);
      if (this._remembered.length > MAX_REMEMBERED)
        this._remembered.shift();
    }
  }

  exceptionOf(error, failures) {
    const found = failures.find(failure => failure.isOf(error)) ??
      (error.domain === EXCEPTION ? this._remembered.find(failure => failure.isOf(error)) : undefined);
    return found !== undefined ? found.exception : error;
  }
}

const waiting = new Waiting();

/**
 * Says that a load has failed.
 *
 * @param {string[]} keys - its keys
 * @param {any} exception - what was thrown
 * @param {boolean} remember - whether who asks later gets it as well
 * @returns {GLib.Error} the error to answer with
 */
function failed(keys, exception, remember) {
  const failure = new Failure(exception);
  waiting.failed(keys, failure, remember);
  return failure.error;
}

/** A call of a function: on what, and with what, and what it has thrown. */
var Question = GObject.registerClass({
  GTypeName: 'MemoJsQuestion',
}, class Question extends GObject.Object {
  constructor(self, args) {
    super();
    this.self = self;
    this.args = args;
    this.failure = null;
  }

  // Keeps what was thrown for whoever asks, and gives the error to answer with.
  fail(exception) {
    this.failure = new Failure(exception);
    return this.failure.error;
  }

  exceptionOf(error) {
    return this.failure?.isOf(error) ? this.failure.exception : error;
  }
});

// --- cancelling ---

// As AbortSignal is known from the web. Not every GJS has one: any object will do that has its properties.
function watchSignal(signal, cancellable) {
  const cancel = () => cancellable.cancel();
  signal.addEventListener('abort', cancel);
  return () => signal.removeEventListener('abort', cancel);
}

class Patience {
  constructor({cancellable = null, signal = null}) {
    if (cancellable !== null && !(cancellable instanceof Gio.Cancellable))
      throw new TypeError('cancellable has to be a Gio.Cancellable; an AbortSignal is given as signal');
    if (signal !== null && typeof signal.addEventListener !== 'function')
      throw new TypeError('signal has to be an AbortSignal; a Gio.Cancellable is given as cancellable');
    if (signal !== null && cancellable !== null)
      throw new TypeError('either signal or cancellable may be given, and not both');

    this._signal = signal;
    this._unwatch = null;
    this.cancellable = cancellable;

    if (signal !== null) {
      this.cancellable = new Gio.Cancellable();
      if (signal.aborted)
        this.cancellable.cancel();
      else
        this._unwatch = watchSignal(signal, this.cancellable);
    }
  }

  end() {
    this._unwatch?.();
  }

  // Who cancels by a signal gets the reason of the signal.
  reasonOf(error) {
    return this._signal?.aborted && error instanceof GLib.Error &&
      error.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED) ? this._signal.reason ?? error : error;
  }
}

// --- promises ---

// While GJS is in the middle of collecting its garbage in slices, it calls nobody back, and what was lost so is lost: a promise
// would never be settled. It collects in slices when much garbage has come together; so that never is much of what comes from here.
const CALLS_A_COLLECTION = 500;

let calls = 0;

function collectInTime() {
  calls = (calls + 1) % CALLS_A_COLLECTION;
  if (calls === 0)
    System.gc();
}

/**
 * Asks the library for something.
 *
 * @param {object} options - cancellable or signal: who ends the wait
 * @param {Function} start - starts with a cancellable and a callback
 * @param {Function} finish - makes the answer of what is called back with, or throws
 * @param {Function} [exceptionOf] - gives the exception that an error stands for
 * @returns {Promise<any>} the answer
 */
function ask(options, start, finish, exceptionOf = error => error) {
  return new Promise((resolve, reject) => {
    const patience = new Patience(options);

    collectInTime();
    start(patience.cancellable, (_source, result) => {
      patience.end();
      try {
        resolve(finish(result));
      } catch (e) {
        reject(exceptionOf(patience.reasonOf(e)));
      }
    });
  });
}

/**
 * Waits for keys.
 *
 * @param {string[]} keys - the keys
 * @param {object} options - cancellable or signal: who ends the wait
 * @param {Function} start - starts with a cancellable and a callback
 * @param {Function} finish - makes the answer of what is called back with, or throws; it is given the function that
 *   makes the exception of an error of a key
 * @returns {Promise<any>} the answer
 */
async function waitFor(keys, options, start, finish) {
  const entered = new Map(keys.map(key => [key, waiting.enter(key)]));
  const exceptionOf = (error, key = keys[0]) => waiting.exceptionOf(error, entered.get(key));

  try {
    return await ask(options, start, result => finish(result, exceptionOf), exceptionOf);
  } finally {
    entered.forEach((failures, key) => waiting.leave(key, failures));
  }
}

/**
 * Has a function answer a call, now or when the promise that it returns is settled.
 *
 * @param {Function} func - gives the answer, or throws
 * @param {Function} give - answers with what it gives, or throws
 * @param {Function} fail - answers with what was thrown
 */
function answerWith(func, give, fail) {
  const attempt = value => {
    try {
      give(value);
    } catch (e) {
      fail(e);
    }
  };

  let answer;
  try {
    answer = func();
  } catch (e) {
    fail(e);
    return;
  }

  if (typeof answer?.then === 'function')
    answer.then(attempt, fail);
  else
    attempt(answer);
}
