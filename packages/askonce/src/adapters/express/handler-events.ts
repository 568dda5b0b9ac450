/**
 * The events of a response or request that concern the handler's own answer, such as `finish` and `close`: the handler's
 * listeners hear of its answer, and all others of the reply.
 */
import { EventEmitter } from 'node:events';
import type { Member } from './overlay.ts';

type Listener = (...details: unknown[]) => void;
type Name = string | symbol;

export interface HandlerEvents {
  readonly members: Readonly<Record<string, Member>>;
  /** Members that report listeners. Not for a request: Node itself asks a request for its listeners. */
  readonly reports: Readonly<Record<string, Member>>;
  emit(name: string, ...details: readonly unknown[]): void;
  /** Listeners that are added from now on hear of the reply: the handler's answer has no more events. */
  close(): void;
}

export interface HandlerEventsOptions {
  readonly names: ReadonlySet<string>;
  /** Runs code that is to see the real methods of the target. */
  readonly real: <Result>(run: () => Result) => Result;
}

export function handlerEvents(target: EventEmitter, { names, real }: HandlerEventsOptions): HandlerEvents {
  const events = new EventEmitter();
  let isClosed = false;

  const isOwn = (name: Name): boolean => !isClosed && typeof name === 'string' && names.has(name);

  /** The listener with the response as its `this`; an emitter finds it by the one that it stands for. */
  function bound(name: Name, listener: Listener, once: boolean): Listener {
    const call: Listener = (...details) => {
      if (once) events.off(name, call);
      Reflect.apply(listener, target, details);
    };
    return Object.assign(call, { listener });
  }

  const adding =
    (
      method: 'on' | 'prependListener',
      realMethod: 'on' | 'once' | 'prependListener' | 'prependOnceListener',
    ) =>
    (name: Name, listener: Listener): EventEmitter => {
      if (isOwn(name)) {
        if (typeof listener !== 'function') events[method](name, listener);
        else events[method](name, bound(name, listener, realMethod.toLowerCase().includes('once')));
      } else real(() => target[realMethod](name, listener));
      return target;
    };

  function off(name: Name, listener: Listener): EventEmitter {
    events.off(name, listener);
    if (!isOwn(name)) real(() => target.off(name, listener));
    return target;
  }

  function removeAllListeners(name?: Name): EventEmitter {
    if (name === undefined) events.removeAllListeners();
    else if (isOwn(name)) events.removeAllListeners(name);
    else real(() => target.removeAllListeners(name));
    return target;
  }

  /** Called by the handler alone, so it sees the real emitter's own methods for all other events. */
  function listed<Result>(name: Name, read: (from: EventEmitter) => Result): Result {
    return isOwn(name) ? read(events) : real(() => read(target));
  }

  const on = adding('on', 'on');
  return {
    members: {
      on: { value: on },
      addListener: { value: on },
      once: { value: adding('on', 'once') },
      prependListener: { value: adding('prependListener', 'prependListener') },
      prependOnceListener: { value: adding('prependListener', 'prependOnceListener') },
      off: { value: off },
      removeListener: { value: off },
      removeAllListeners: { value: removeAllListeners },
    },
    reports: {
      listeners: { value: (name: Name) => listed(name, (from) => from.listeners(name)) },
      rawListeners: { value: (name: Name) => listed(name, (from) => from.rawListeners(name)) },
      listenerCount: { value: (name: Name) => listed(name, (from) => from.listenerCount(name)) },
    },
    emit(name, ...details) {
      if (name !== 'error' || events.listenerCount(name) > 0) events.emit(name, ...details);
    },
    close() {
      isClosed = true;
    },
  };
}
