/**
 * Event ids for those who ask for them: `recordingId:n` on the n-th event, from 1, so that a client can go on
 * behind the last event that it saw (WHATWG HTML, section 9.2.4, Last-Event-ID).
 */
import { EventCutter } from '../entry/sse.ts';
import type { LiveBody } from './live-body.ts';
import { iterate } from './live-body.ts';

const CR = 13;
const LF = 10;

/** The number of the event that `lastEventId` names in this recording; 0 where it names another recording or nothing. */
export function resumePoint(lastEventId: string | undefined, recordingId: string): number {
  const match = /^([0-9a-f]{1,64}):(\d{1,9})$/.exec(lastEventId ?? '');
  return match !== null && match[1] === recordingId ? Number(match[2]) : 0;
}

/** The same stream with ids, without its first `skip` events. Holds no more of it than one byte. */
export function withEventIds(body: LiveBody, recordingId: string, skip: number): LiveBody {
  const numbered: LiveBody = {
    subscribe(sink) {
      const numbering = new Numbering(recordingId, skip);
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

/** Puts the id before the blank line that ends an event: it counts over an id that the provider gave. */
class Numbering {
  readonly #recordingId: string;
  readonly #skip: number;
  readonly #cutter = new EventCutter();
  #number = 1;
  /** A CR at the end of what came: it may be the blank line of an event whose end isn't told yet. */
  #held: Uint8Array = new Uint8Array();
  #offset = 0;

  constructor(recordingId: string, skip: number) {
    this.#recordingId = recordingId;
    this.#skip = skip;
  }

  push(piece: Uint8Array): Uint8Array {
    const ends = this.#cutter.push(piece);
    const bytes = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]);
    const first = this.#offset - this.#held.length;
    this.#offset += piece.length;
    const written: Uint8Array[] = [];
    let start = 0;
    for (const end of ends) {
      this.#write(written, bytes.subarray(start, end - first), true);
      start = end - first;
    }
    const tail = bytes.subarray(start);
    const open = tail.at(-1) === CR ? tail.length - 1 : tail.length;
    this.#write(written, tail.subarray(0, open), false);
    this.#held = tail.subarray(open);
    return Buffer.concat(written);
  }

  finish(): Uint8Array {
    const written: Uint8Array[] = [];
    this.#write(written, this.#held, this.#cutter.finish() !== undefined);
    return Buffer.concat(written);
  }

  /** `bytes` go to the event under way, which they end where `ends`. */
  #write(written: Uint8Array[], bytes: Uint8Array, ends: boolean): void {
    if (this.#number > this.#skip) {
      const blankLine = !ends ? 0 : bytes.at(-1) === LF && bytes.at(-2) === CR ? 2 : 1;
      const lines = bytes.subarray(0, bytes.length - blankLine);
      if (lines.length > 0) written.push(lines);
      if (ends) written.push(Buffer.from(`id: ${this.#recordingId}:${this.#number}\n`));
      if (ends) written.push(bytes.subarray(bytes.length - blankLine));
    }
    if (ends) this.#number++;
  }
}
