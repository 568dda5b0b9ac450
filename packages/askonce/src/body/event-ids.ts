/**
 * Event ids, added to a stream on request: `recordingId:n` on the n-th event, counted from 1. A client sends the last id
 * that it saw to continue after that event (WHATWG HTML, section 9.2.4, Last-Event-ID).
 */
import type { EventNumbering } from '../protocol/framing.ts';
import { iterate, type LiveBody } from './live-body.ts';

/** The number of the event that `lastEventId` names in this recording; 0 if it names none. */
export function resumePoint(lastEventId: string | undefined, recordingId: string): number {
  const match = /^([0-9a-f]{1,64}):(\d{1,9})$/.exec(lastEventId ?? '');
  return match !== null && match[1] === recordingId ? Number(match[2]) : 0;
}

/** The same stream with ids, and without the events that the numbering skips. Each reader gets a numbering of its own. */
export function withEventIds(body: LiveBody, newNumbering: () => EventNumbering): LiveBody {
  const numbered: LiveBody = {
    subscribe(sink) {
      const numbering = newNumbering();
      return body.subscribe({
        write(piece) {
          const bytes = numbering.push(piece);
          return bytes.length === 0 ? true : sink.write(bytes);
        },
        end() {
          const rest = numbering.finish();
          if (rest.length > 0) sink.write(rest);
          sink.end();
        },
        fail: (error) => sink.fail(error),
      });
    },
    [Symbol.asyncIterator]: () => iterate(numbered),
  };
  return numbered;
}
