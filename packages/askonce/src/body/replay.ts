/**
 * Replay: a recording as a live body, all at once or paced as it was recorded.
 */
import type { Clock } from '../clock.ts';
import type { EventMarks, Recording } from '../entry/entry.ts';
import { iterate, type LiveBody, type Sink, type Subscription } from './live-body.ts';
import { Outlet } from './outlet.ts';

/** A complete body, written in one piece. */
export function wholeBody(bytes: Uint8Array): LiveBody {
  return liveBody((sink) => {
    let offset = 0;
    const go = () => {
      if (offset < bytes.length) {
        offset = bytes.length;
        outlet.write(bytes);
      }
      if (outlet.ready) outlet.end();
    };
    const outlet = new Outlet(sink, { resumed: go, gone() {} });
    queueMicrotask(go);
    return outlet;
  });
}

/** A recorded stream in which each event follows the first after the time that was recorded. */
export function pacedBody({ body, events }: Recording, clock: Clock): LiveBody {
  return events === undefined ? wholeBody(body) : liveBody((sink) => play(body, events, clock, sink));
}

function play(bytes: Uint8Array, { ends, at }: EventMarks, clock: Clock, sink: Sink): Subscription {
  const started = clock.monotonic();
  let next = 0;
  let offset = 0;
  let cancelTimer = () => {};
  const dueIn = (event: number) => (at[event] ?? 0) - (at[0] ?? 0) - (clock.monotonic() - started);

  function go(): void {
    cancelTimer();
    while (outlet.ready && offset < bytes.length) {
      // Bytes after the end of the last event belong to the body as well.
      const end = ends[next] ?? bytes.length;
      const wait = next < ends.length ? dueIn(next) : 0;
      if (wait > 0) {
        cancelTimer = clock.schedule(go, wait, true);
        return;
      }
      next++;
      const piece = bytes.subarray(offset, end);
      offset = end;
      if (piece.length > 0) outlet.write(piece);
    }
    if (outlet.ready) outlet.end();
  }

  const outlet = new Outlet(sink, { resumed: go, gone: () => cancelTimer() });
  queueMicrotask(go);
  return outlet;
}

function liveBody(subscribe: (sink: Sink) => Subscription): LiveBody {
  const live: LiveBody = { subscribe, [Symbol.asyncIterator]: () => iterate(live) };
  return live;
}
