/**
 * Event ids for those who ask for them: `recordingId:n` on the n-th event, from 1, so that a client can go on
 * behind the last event that it saw (WHATWG HTML, section 9.2.4, Last-Event-ID).
 */
import { EventCutter } from '../entry/sse.ts';
import type { LiveBody } from './live-body.ts';
import { iterate } from './transcript.ts';

/** The number of the event that `lastEventId` names in this recording; 0 where it names another recording or nothing. */
export function resumePoint(lastEventId: string | undefined, recordingId: string): number {
  const match = /^([0-9a-f]{1,64}):(\d{1,9})$/.exec(lastEventId ?? '');
  return match !== null && match[1] === recordingId ? Number(match[2]) : 0;
}

/** The same stream with ids, without its first `skip` events. */
export function withEventIds(body: LiveBody, recordingId: string, skip: number): LiveBody {
  const numbered: LiveBody = {
    subscribe(sink) {
      const cutter = new EventCutter();
      let held: Buffer = Buffer.alloc(0);
      let heldFrom = 0;
      let number = 0;
      const take = (end: number): Buffer => {
        const event = held.subarray(0, end - heldFrom);
        held = held.subarray(end - heldFrom);
        heldFrom = end;
        number++;
        return number > skip ? withId(event, `${recordingId}:${number}`) : Buffer.alloc(0);
      };
      const flush = () => {
        const last = cutter.finish();
        const rest = Buffer.concat([last === undefined ? Buffer.alloc(0) : take(last), held]);
        if (rest.length > 0) sink.write(rest);
      };
      return body.subscribe({
        write(piece) {
          held = Buffer.concat([held, piece]);
          const events = Buffer.concat(cutter.push(piece).map(take));
          return events.length === 0 ? true : sink.write(events);
        },
        end() {
          flush();
          sink.end();
        },
        fail: (error) => sink.fail(error),
      });
    },
    [Symbol.asyncIterator]: () => iterate(numbered),
  };
  return numbered;
}

/** Puts the id behind the event's last line: it counts over an id that the provider gave. */
function withId(event: Buffer, id: string): Buffer {
  const blankLine = event.subarray(-2).equals(Buffer.from('\r\n')) ? 2 : 1;
  const lines = event.subarray(0, event.length - blankLine);
  return Buffer.concat([lines, Buffer.from(`id: ${id}\n`), event.subarray(event.length - blankLine)]);
}
