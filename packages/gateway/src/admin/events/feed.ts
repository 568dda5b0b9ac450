/**
 * What happens in the cache, for those who watch: the cache's own events, to any number of streams within a bound. Without
 * a listener an event costs one comparison. With listeners, so many events a second are passed on, and the others are counted:
 * a stream must not cost answers, however many requests there are.
 */
import { randomBytes } from 'node:crypto';
import { AskonceError, type Clock, type ObservedEvent, type Observer } from 'askonce';
import type { EventType } from './types.ts';

/** Numbers of events that were not passed on, by type. */
export type DroppedEvents = Readonly<Partial<Record<EventType, number>>>;

export interface FeedEvent {
  /** `EPOCH-NUMBER`; the epoch is that of the process. */
  readonly id: string;
  readonly type: EventType;
  /** JSON. */
  readonly data: string;
}

interface FeedListener {
  event(event: FeedEvent): void;
  /** Since the last call. */
  dropped(events: DroppedEvents): void;
  /** Once in a while. */
  tick(): void;
}

interface Listening {
  /** The events after this one that the feed still remembers; undefined if it does not remember it. */
  since(id: string): readonly FeedEvent[] | undefined;
  stop(): void;
}

export interface EventFeed {
  readonly observe: Observer;
  /** @throws AskonceError `events_limited` */
  listen(listener: FeedListener): Listening;
}

export const mostListeners = 16;
/** Events of one type that are passed on in a tick, so that frequent ones leave room for rare ones; 200 a second. */
export const mostInTick = 50;
export const tickMs = 250;
/** Events that are remembered for streams that begin anew. */
const remembered = 512;
/** They are remembered for so many ticks after the last listener has left: 30 s. */
const idleTicks = 120;

export function eventFeed(clock: Clock): EventFeed {
  const epoch = randomBytes(6).toString('hex');
  const listeners = new Set<FeedListener>();
  let isOpen = false;
  let number = 0;
  const inTick = new Map<EventType, number>();
  let idle = 0;
  let ring: FeedEvent[] = [];
  let dropped = new Map<EventType, number>();

  function observe(event: ObservedEvent): void {
    if (!isOpen) return;
    const { type } = event;
    const passedOn = inTick.get(type) ?? 0;
    if (passedOn >= mostInTick) {
      dropped.set(type, (dropped.get(type) ?? 0) + 1);
      return;
    }
    inTick.set(type, passedOn + 1);
    number += 1;
    const data = JSON.stringify({ ...event, at: new Date(clock.now()).toISOString() });
    const passed = { id: `${epoch}-${number}`, type, data };
    ring.push(passed);
    if (ring.length > 2 * remembered) ring = ring.slice(-remembered);
    for (const listener of listeners) listener.event(passed);
  }

  function tick(): void {
    inTick.clear();
    if (dropped.size > 0) {
      const counts: DroppedEvents = Object.fromEntries(dropped);
      dropped = new Map();
      for (const listener of listeners) listener.dropped(counts);
    }
    for (const listener of [...listeners]) listener.tick();
    idle = listeners.size === 0 ? idle + 1 : 0;
    if (idle < idleTicks) clock.schedule(tick, tickMs);
    else {
      isOpen = false;
      ring = [];
    }
  }

  function open(): void {
    idle = 0;
    if (isOpen) return;
    isOpen = true;
    clock.schedule(tick, tickMs);
  }

  return {
    observe,
    listen(listener) {
      if (listeners.size >= mostListeners)
        throw new AskonceError(
          'events_limited',
          `${mostListeners} streams of events are open, which is the most; close one, or try again later.`,
        );
      listeners.add(listener);
      open();
      return {
        since(id) {
          const at = ring.findIndex((one) => one.id === id);
          return at < 0 ? undefined : ring.slice(at + 1);
        },
        stop: () => listeners.delete(listener),
      };
    },
  };
}
