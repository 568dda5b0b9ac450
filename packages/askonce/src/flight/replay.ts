/**
 * Replay: a kept stream given again, at once or in the rhythm in which it was recorded.
 */
import type { Clock } from '../clock.ts';
import type { EventMarks, Recording } from '../entry/recording.ts';
import type { LiveBody } from './live-body.ts';
import { iterate } from './transcript.ts';

/** A whole body as a live one: all of it at once. */
export function wholeBody(bytes: Uint8Array): LiveBody {
  return pacedBody(bytes, { ends: Uint32Array.of(bytes.length), at: Uint32Array.of(0) });
}

/** A recorded stream as a live body in which each event comes as long after the first as it once did. */
export function inRhythm(recording: Recording, clock: Clock): LiveBody {
  const { body, events } = recording;
  return events === undefined ? wholeBody(body) : pacedBody(body, events, clock);
}

function pacedBody(bytes: Uint8Array, events: EventMarks, clock?: Clock): LiveBody {
  const live: LiveBody = {
    subscribe(sink) {
      let next = 0;
      let offset = 0;
      let open = true;
      let paused = false;
      let cancelTimer = () => {};
      const started = clock?.monotonic() ?? 0;
      const firstAt = events.at[0] ?? 0;
      const dueIn = (index: number) =>
        clock === undefined ? 0 : started + (events.at[index] ?? 0) - firstAt - clock.monotonic();
      const go = () => {
        cancelTimer();
        while (open && !paused && next < events.ends.length) {
          const wait = dueIn(next);
          if (wait > 0) {
            cancelTimer = clock?.schedule(go, wait) ?? cancelTimer;
            return;
          }
          write(events.ends[next++] ?? bytes.length);
        }
        if (!open || paused) return;
        if (offset < bytes.length) return finishTail();
        open = false;
        sink.end();
      };
      const write = (end: number) => {
        const piece = bytes.subarray(offset, end);
        offset = end;
        if (piece.length > 0) paused = !sink.write(piece);
      };
      // What lies behind the last event's end belongs to the body as well.
      const finishTail = () => {
        write(bytes.length);
        go();
      };
      queueMicrotask(go);
      return {
        resume() {
          paused = false;
          go();
        },
        close() {
          open = false;
          cancelTimer();
        },
      };
    },
    [Symbol.asyncIterator]: () => iterate(live),
  };
  return live;
}
