/**
 * One stream of server-sent events (HTML Living Standard, section 9.2): from the feed to one client, whose buffer is bounded.
 */
import type { ServerResponse } from 'node:http';
import type { DroppedEvents, EventFeed, FeedEvent } from './feed.ts';
import type { EventType } from './types.ts';

export interface StreamOptions {
  readonly feed: EventFeed;
  /** Types of the events that the client wants; undefined for all. */
  readonly types: ReadonlySet<EventType> | undefined;
  /** The event that the client had last. */
  readonly lastEventId: string | undefined;
  /** Whether the stream must end: the gateway shuts down, or the caller's token has expired. Asked at each tick of the feed. */
  readonly isEnding: () => boolean;
}

/** Bytes that wait for a client. One that reads too slowly misses events, and gets their number. */
const mostWaiting = 262_144;
/** Ticks of the feed between comments that keep the connection: 15 s. */
const heartbeatTicks = 60;
/** Ticks after which a stream ends, so that its caller is admitted anew: an hour. */
const lifetimeTicks = 14_400;
/** Time after which a client that was disconnected begins anew, in ms. */
const retryMs = 2_000;

/** Streams until the client leaves. @throws AskonceError `events_limited`, before anything is sent. */
export function openStream({ feed, types, lastEventId, isEnding }: StreamOptions) {
  let response: ServerResponse | undefined;
  let ticks = 0;
  let missed = new Map<string, number>();

  const wants = (type: EventType) => types?.has(type) ?? true;

  /** False if there is no room: the caller counts what it would have sent. */
  function write(text: string): boolean {
    if (response === undefined || response.writableLength > mostWaiting) return false;
    response.write(text);
    return true;
  }

  function count(type: string, times: number): void {
    missed.set(type, (missed.get(type) ?? 0) + times);
  }

  function event({ id, type, data }: FeedEvent): void {
    if (wants(type) && !write(`id: ${id}\nevent: ${type}\ndata: ${data}\n\n`)) count(type, 1);
  }

  function tick(): void {
    ticks += 1;
    if (missed.size > 0 && write(messageOf('dropped', { events: Object.fromEntries(missed) })))
      missed = new Map();
    if (ticks % heartbeatTicks === 0) write(': alive\n\n');
    if (isEnding() || ticks >= lifetimeTicks) response?.end();
  }

  const listening = feed.listen({
    event,
    dropped(events: DroppedEvents) {
      for (const [type, times] of Object.entries(events))
        if (types === undefined || has(types, type)) count(type, times);
    },
    tick,
  });

  /** Events between the last one that the client had and now; a gap is reported. */
  function catchUp(): void {
    if (lastEventId === undefined) return;
    const since = listening.since(lastEventId);
    if (since === undefined) write(messageOf('dropped', { gap: true }));
    else for (const one of since) event(one);
  }

  return (opened: ServerResponse, { requestId }: { readonly requestId: string }): void => {
    if (opened.destroyed) {
      listening.stop();
      return;
    }
    opened.once('close', () => listening.stop());
    opened.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // nginx and others buffer answers otherwise.
      'x-accel-buffering': 'no',
      'x-request-id': requestId,
    });
    response = opened;
    write(`retry: ${retryMs}\n\n`);
    catchUp();
  };
}

function has(types: ReadonlySet<string>, type: string): boolean {
  return types.has(type);
}

function messageOf(type: string, data: unknown): string {
  return `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}
