/**
 * Server-sent events (WHATWG HTML, section 9.2): `data:` lines, ended by a blank line.
 */
import { EventCutter, readEvents, streamOf, writeEvent } from '../../entry/sse.ts';
import {
  type EventNumbering,
  endsAfterEvent,
  type Framing,
  mediaTypeOf,
  type StreamEnding,
} from '../framing.ts';

const LF = 0x0a;
const CR = 0x0d;

export const serverSentEvents: Framing = {
  name: 'server-sent-events',
  contentType: 'text/event-stream; charset=utf-8',
  isStream: (answer) => mediaTypeOf(answer) === 'text/event-stream',
  cutter: () => new EventCutter(),
  read: readEvents,
  isWhole: endsAfterEvent,
  write: writeEvent,
  join: streamOf,
  ending,
  numbering: (recordingId, skip) => new ServerSentNumbering(recordingId, skip),
};

/** Looks at the last four bytes only, since every follower of a stream has an ending of its own. */
function ending(): StreamEnding {
  let tail: readonly number[] = [];
  return {
    push(bytes) {
      tail = bytes.length >= 4 ? [...bytes.subarray(-4)] : [...tail, ...bytes].slice(-4);
    },
    last: (event) => (endsEvent(tail) ? event : undefined),
  };
}

/** Whether a stream that ends so has no unfinished event: nothing at all, or a blank line. */
function endsEvent(tail: readonly number[]): boolean {
  if (tail.length === 0) return true;
  const [third, second, last] = [tail.at(-3), tail.at(-2), tail.at(-1)];
  if (last === CR) return second === CR;
  if (last !== LF) return false;
  return second === LF || (second === CR && (third === LF || third === CR));
}

/** Puts the id before the blank line that ends an event: a later `id` line overrides one that the provider wrote. */
export class ServerSentNumbering implements EventNumbering {
  readonly #recordingId: string;
  readonly #skip: number;
  readonly #cutter = new EventCutter();
  #number = 1;
  /** A CR at the end of the bytes so far: it may be the blank line of an event whose end is not yet known. */
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

  /** Adds `bytes` to the event in progress; `ends` says whether they complete it. */
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
