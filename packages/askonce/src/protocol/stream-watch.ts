/**
 * Watches a stream pass by: where its events end, whether the answer has ended, and what has been sent so far.
 */
import type { Protocol } from './contract.ts';
import type { EndMark, EventCutter, Framing, SentEvents, StreamEvent } from './framing.ts';

/** Bytes of one event that are held while it arrives in pieces; a longer one is not read, and so is no end mark. */
const maxHeldBytes = 4 * 1024 * 1024;
/** Bytes of the buffer for such events at first, and at most while none is in progress. */
const usualRoom = 4 * 1024;
const largestRoom = 256 * 1024;
const colon = 0x3a;
/** How many of the latest events are held, for an error that continues them. */
const maxLatest = 4;

export class StreamWatch implements EventCutter {
  readonly #framing: Framing;
  readonly #endMark: EndMark | undefined;
  /** As bytes: looking for a text costs four times as much. */
  readonly #hints: readonly Buffer[];
  readonly #keeps: boolean;
  readonly #cutter: EventCutter;
  readonly #held = new HeldEvent();
  #offset = 0;
  /** Where the event in progress begins. */
  #start = 0;
  #end: number | undefined;
  #first: Uint8Array | undefined;
  #isFirst = true;
  #latest: Uint8Array[] = [];

  constructor(framing: Framing, { endMark, continuesErrors }: Pick<Protocol, 'endMark' | 'continuesErrors'>) {
    this.#framing = framing;
    this.#endMark = endMark;
    this.#hints = (endMark?.hints ?? []).map((hint) => Buffer.from(hint));
    this.#keeps = continuesErrors === true;
    this.#cutter = framing.cutter();
  }

  /** The offset just after the event that ends the answer, once that event has come; nothing behind it is read. */
  get end(): number | undefined {
    return this.#end;
  }

  /** Whether the answer has ended unless the next byte still belongs to its last event. */
  get isEnding(): boolean {
    if (this.#end !== undefined) return true;
    return this.#cutter.pendingEnd !== undefined && this.#isMark(this.#held.bytes());
  }

  push(piece: Uint8Array): readonly number[] {
    if (this.#end !== undefined) return [];
    const ends = this.#cutter.push(piece);
    const from = this.#offset;
    this.#offset += piece.length;
    if (this.#endMark === undefined && !this.#keeps) return this.#closedAfter(ends);
    if (this.#mayHold(piece)) {
      for (const [index, end] of ends.entries()) {
        const bytes = this.#held.completed(
          piece.subarray(Math.max(0, this.#start - from), Math.max(0, end - from)),
        );
        this.#start = end;
        this.#keep(bytes);
        if (this.#isMark(bytes)) {
          this.#end = end;
          return ends.slice(0, index + 1);
        }
      }
    } else this.#start = ends.at(-1) ?? this.#start;
    const tailAt = Math.max(0, this.#start - from);
    if (tailAt < piece.length) this.#held.append(piece.subarray(tailAt));
    return this.#closedAfter(ends);
  }

  finish(): number | undefined {
    return this.#end === undefined ? this.#cutter.finish() : undefined;
  }

  /** What has been sent, as far as it is held. */
  sent(): SentEvents {
    return {
      first: this.#first && this.#read(this.#first),
      latest: this.#latest.flatMap((bytes) => this.#read(bytes) ?? []),
    };
  }

  /** Whether the events that a piece completes must be looked at. Nearly all pieces are whole events without a hint. */
  #mayHold(piece: Uint8Array): boolean {
    return this.#keeps || !this.#held.isEmpty || this.#hasHint(piece);
  }

  #hasHint(bytes: Uint8Array): boolean {
    const text = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (const hint of this.#hints) if (text.includes(hint)) return true;
    return false;
  }

  /** The ends, after the framing's own end has been looked for. */
  #closedAfter(ends: readonly number[]): readonly number[] {
    if (this.#cutter.isClosed === true) this.#end = ends.at(-1) ?? this.#start;
    return ends;
  }

  #keep(bytes: Uint8Array | undefined): void {
    if (!this.#keeps || (bytes !== undefined && this.#isComment(bytes))) return;
    // A copy: the maker of a piece may use its memory again.
    const copy = bytes && new Uint8Array(bytes);
    if (this.#isFirst) this.#first = copy;
    this.#isFirst = false;
    this.#latest = copy === undefined ? [] : [...this.#latest.slice(1 - maxLatest), copy];
  }

  /** Comments keep a connection alive; any number of them may come in a row. */
  #isComment(bytes: Uint8Array): boolean {
    return bytes[0] === colon && this.#read(bytes)?.data === undefined;
  }

  #isMark(bytes: Uint8Array | undefined): boolean {
    const mark = this.#endMark;
    if (bytes === undefined || mark === undefined || !this.#hasHint(bytes)) return false;
    try {
      const event = this.#read(bytes);
      return event !== undefined && mark.isMark(event);
    } catch {
      return false;
    }
  }

  #read(bytes: Uint8Array): StreamEvent | undefined {
    const events = { ends: Uint32Array.of(bytes.length), at: Uint32Array.of(0) };
    const [event] = this.#framing.read({ form: 'stream', status: 200, headers: {}, body: bytes, events });
    return event;
  }
}

/** The bytes of an event that arrives in pieces. */
class HeldEvent {
  #room: Uint8Array = new Uint8Array();
  #length = 0;
  #isTooLong = false;

  get isEmpty(): boolean {
    return this.#length === 0 && !this.#isTooLong;
  }

  append(piece: Uint8Array): void {
    if (piece.length === 0 || this.#isTooLong) return;
    const length = this.#length + piece.length;
    if (length > maxHeldBytes) {
      this.#isTooLong = true;
      this.#room = new Uint8Array();
      this.#length = 0;
      return;
    }
    if (length > this.#room.length) {
      const room = Buffer.allocUnsafe(Math.max(2 * this.#room.length, length, usualRoom));
      room.set(this.#room.subarray(0, this.#length));
      this.#room = room;
    }
    this.#room.set(piece, this.#length);
    this.#length = length;
  }

  /** What is held; undefined if it was too long. */
  bytes(): Uint8Array | undefined {
    return this.#isTooLong ? undefined : this.#room.subarray(0, this.#length);
  }

  /** The whole event, whose last bytes are `piece`, until the next call; then the next event begins. */
  completed(piece: Uint8Array): Uint8Array | undefined {
    if (this.isEmpty) return piece;
    this.append(piece);
    const whole = this.bytes();
    if (this.#room.length > largestRoom) this.#room = new Uint8Array();
    this.#length = 0;
    this.#isTooLong = false;
    return whole;
  }
}
