/**
 * Notes where the events of a stream end, and when they arrived, while the stream passes by.
 */
import type { EventMarks } from '../entry/entry.ts';
import type { EventCutter } from '../protocol/framing.ts';

export class EventRecorder {
  readonly #cutter: EventCutter;
  readonly #maxEvents: number;
  #ends = new Uint32Array(64);
  #at = new Uint32Array(64);
  #count = 0;

  /** Notes at most `maxEvents`, of 8 bytes each. */
  constructor(cutter: EventCutter, maxEvents: number) {
    this.#cutter = cutter;
    this.#maxEvents = maxEvents;
  }

  /** Takes the next piece of the stream, which arrived `at` milliseconds after the start. */
  push(piece: Uint8Array, at: number): void {
    for (const end of this.#cutter.push(piece)) this.#note(end, at);
  }

  /** The stream has ended. Undefined if it had more events than are noted. */
  finish(at: number): EventMarks | undefined {
    const last = this.#cutter.finish();
    if (last !== undefined) this.#note(last, at);
    if (this.#count > this.#maxEvents) return undefined;
    return { ends: this.#ends.slice(0, this.#count), at: this.#at.slice(0, this.#count) };
  }

  #note(end: number, at: number): void {
    if (this.#count < this.#maxEvents) {
      if (this.#count === this.#ends.length) {
        this.#ends = grown(this.#ends);
        this.#at = grown(this.#at);
      }
      this.#ends[this.#count] = end;
      this.#at[this.#count] = Math.round(at);
    }
    this.#count++;
  }
}

function grown(list: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(list.length * 2);
  larger.set(list);
  return larger;
}
