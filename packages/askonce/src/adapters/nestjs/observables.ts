/**
 * Streams of values between RxJS, which pushes, and async iterables, which are pulled.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { isObservable, Observable } from 'rxjs';
import { AskonceError } from '../../errors.ts';

/** Values of an observable that may wait to be read; a flight reads them as they come. */
const mostWaiting = 65_536;

/** What a method returned as an async iterable: it is one, or an observable, or a plain iterable. */
export function iterableOf(returned: unknown): AsyncIterable<unknown> {
  if (isObservable(returned)) return pulled(returned);
  if (typeof returned === 'object' && returned !== null) {
    if (isAsyncIterable(returned)) return returned;
    if (isIterable(returned)) return each(returned);
  }
  throw new AskonceError(
    'invalid_settings',
    'A method that is cached as a stream returned none; leave `stream` out if it returns one value.',
  );
}

/**
 * An observable that begins anew for each subscriber, as one of a call does, and in the async context of the call. Unsubscribing
 * leaves the values, and aborts the signal if they have not begun.
 */
export function observableOf(
  begin: (signal: AbortSignal) => Promise<{ readonly values: AsyncIterator<unknown, unknown> }>,
): Observable<unknown> {
  const inContext = AsyncLocalStorage.snapshot();
  return new Observable((subscriber) => {
    const leaving = new AbortController();
    let values: AsyncIterator<unknown, unknown> | undefined;
    const leave = () => {
      if (values === undefined) leaving.abort();
      else values.return?.()?.catch(() => {});
    };
    const read = async () => {
      values = (await inContext(begin, leaving.signal)).values;
      while (!subscriber.closed) {
        const step = await values.next();
        if (step.done === true) {
          subscriber.complete();
          return;
        }
        subscriber.next(step.value);
      }
      leave();
    };
    read().catch((error: unknown) => subscriber.error(error));
    return leave;
  });
}

function isAsyncIterable(value: object): value is AsyncIterable<unknown> {
  return Symbol.asyncIterator in value;
}

function isIterable(value: object): value is Iterable<unknown> {
  return Symbol.iterator in value;
}

async function* each(values: Iterable<unknown>): AsyncGenerator<unknown, undefined> {
  yield* values;
  return undefined;
}

/** The values of an observable in order; leaving them unsubscribes. */
function pulled(observable: Observable<unknown>): AsyncIterableIterator<unknown, undefined> {
  const waiting: unknown[] = [];
  let outcome: { readonly error?: unknown } | undefined;
  let wake = () => {};
  const finish = (how: { readonly error?: unknown }) => {
    outcome ??= how;
    wake();
  };
  const subscription = observable.subscribe({
    next(value) {
      waiting.push(value);
      if (waiting.length > mostWaiting) finish({ error: tooMany() });
      wake();
    },
    error: (error: unknown) => finish({ error }),
    complete: () => finish({}),
  });
  return {
    async next() {
      while (waiting.length === 0 && outcome === undefined)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      if (waiting.length > 0 && waiting.length <= mostWaiting) return { done: false, value: waiting.shift() };
      subscription.unsubscribe();
      if (outcome !== undefined && 'error' in outcome) throw outcome.error;
      return { done: true, value: undefined };
    },
    async return() {
      waiting.length = 0;
      finish({});
      subscription.unsubscribe();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function tooMany(): AskonceError {
  return new AskonceError(
    'provider_broke_off',
    `More than ${mostWaiting} values of an observable came at once; emit fewer at a time.`,
  );
}
