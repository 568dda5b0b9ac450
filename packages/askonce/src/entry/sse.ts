/**
 * Server-sent events as bytes: cuts a stream into events without decoding it, and reads the events of a finished
 * recording. WHATWG HTML, section 9.2 (event stream interpretation).
 */
import type { EventMarks, Recording } from './entry.ts';

const LF = 10;
const CR = 13;

/**
 * Finds the ends of events in a stream that arrives in pieces, wherever they are cut. A line ends with LF, CR or CR LF;
 * an event ends after a blank line.
 *
 * A CR that closes an event may still be followed by its LF, so such an end is reported with the next byte, or by
 * {@link EventCutter.finish}.
 */
export class EventCutter {
  #offset = 0;
  #lineIsBlank = true;
  #afterCr = false;
  #endPending = false;

  /** The offsets, from the start of the stream, after each event that `piece` completes. */
  push(piece: Uint8Array): number[] {
    const ends: number[] = [];
    for (let index = 0; index < piece.length; index++) {
      const byte = piece[index];
      if (this.#afterCr) {
        this.#afterCr = false;
        const isLf = byte === LF;
        if (this.#endPending) ends.push(this.#offset + index + (isLf ? 1 : 0));
        this.#endPending = false;
        if (isLf) continue;
      }
      if (byte === LF) {
        if (this.#lineIsBlank) ends.push(this.#offset + index + 1);
        this.#lineIsBlank = true;
      } else if (byte === CR) {
        this.#endPending = this.#lineIsBlank;
        this.#afterCr = true;
        this.#lineIsBlank = true;
      } else {
        this.#lineIsBlank = false;
      }
    }
    this.#offset += piece.length;
    return ends;
  }

  /** The end of an event whose last byte so far is a CR, which may be followed by its LF. */
  get pendingEnd(): number | undefined {
    return this.#endPending ? this.#offset : undefined;
  }

  /** The end of an event that only the end of the stream reveals, or undefined. */
  finish(): number | undefined {
    if (!this.#endPending) return undefined;
    this.#endPending = false;
    return this.#offset;
  }
}

/** One event of a stream as a client sees it. */
export interface ServerSentEvent {
  /** The `event` field; undefined if it is absent or empty, which both mean `message`. */
  readonly type: string | undefined;
  /** The `data` lines joined by LF; undefined if the block has none (a comment, a lone `retry`). */
  readonly data: string | undefined;
}

/** All events of a recorded stream, in order; bytes after the end of the last event are not an event. */
export function readEvents(recording: Recording): ServerSentEvent[] {
  const bytes = Buffer.from(recording.body.buffer, recording.body.byteOffset, recording.body.byteLength);
  const events: ServerSentEvent[] = [];
  let start = 0;
  for (const end of recording.events?.ends ?? []) {
    const block = bytes.toString('utf8', start, end);
    // It is a byte order mark only at the start of the stream.
    events.push(readEvent(start === 0 ? block.replace(/^\uFEFF/, '') : block));
    start = end;
  }
  return events;
}

function readEvent(block: string): ServerSentEvent {
  let type: string | undefined;
  let data: string | undefined;
  for (const line of block.split(/\r\n|\n|\r/)) {
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (name === 'data') data = data === undefined ? value : `${data}\n${value}`;
    else if (name === 'event') type = value === '' ? undefined : value;
  }
  return { type, data };
}

/** One event as bytes on the wire, with `data` on one line (JSON has no line breaks of its own). */
export function writeEvent(data: string, type?: string): string {
  return type === undefined ? `data: ${data}\n\n` : `event: ${type}\ndata: ${data}\n\n`;
}

/** The body and the marks of a stream whose events are all known. */
export function streamOf(events: readonly string[]): {
  readonly body: Uint8Array;
  readonly events: EventMarks;
} {
  const pieces = events.map((event) => Buffer.from(event, 'utf8'));
  const ends = new Uint32Array(pieces.length);
  let offset = 0;
  pieces.forEach((piece, index) => {
    offset += piece.length;
    ends[index] = offset;
  });
  return { body: Buffer.concat(pieces), events: { ends, at: new Uint32Array(pieces.length) } };
}
