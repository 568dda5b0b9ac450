/**
 * Framing: how the events of a stream lie in its bytes. Each framing is an object of its own in `framings/`; a
 * protocol names the one that its vendor speaks.
 */
import type { EventMarks, Form, Recording } from '../entry/entry.ts';

/** Finds the ends of events in a stream that arrives in pieces, however it is cut. */
export interface EventCutter {
  /** The offsets, counted from the start of the stream, just after each event that `piece` completes. */
  push(piece: Uint8Array): readonly number[];
  /** Called once, when the stream has ended: the end of an event that only the stream's end reveals. */
  finish(): number | undefined;
  /** The end of an event that is complete unless the next byte still belongs to it (the LF of a CR LF). */
  readonly pendingEnd?: number | undefined;
  /** Whether the framing itself says that the stream has ended, so that nothing that follows is an event. */
  readonly isClosed?: boolean | undefined;
}

/** Follows what one reader has been sent, to know whether an error can still be written in the stream's own terms. */
export interface StreamEnding {
  push(bytes: Uint8Array): void;
  /**
   * The text that ends the stream with `event` as its last; undefined in the middle of an event, where any further
   * byte would be read as a part of that event. Then only breaking the connection shows the error.
   */
  last(event: string): string | undefined;
}

/** Writes an id into each event and leaves out the first ones. */
export interface EventNumbering {
  push(piece: Uint8Array): Uint8Array;
  finish(): Uint8Array;
}

/** One event of a recorded stream, as a client sees it. */
export interface StreamEvent {
  /** The event's type, if the framing has types and this one is not the default type. */
  readonly type: string | undefined;
  /** What the event carries, usually JSON; undefined if it carries nothing (a comment). */
  readonly data: string | undefined;
}

/**
 * How a stream says that the answer is complete. From that event on it is stored and its readers are done, whatever the
 * connection does; bytes behind it are neither recorded nor passed on.
 */
export interface EndMark {
  /** Short texts, one of which is in the bytes of every event that is the mark. Only events with one are read, for speed. */
  readonly hints: readonly string[];
  /** Whether an event is the mark; may throw, which means no. */
  isMark(event: StreamEvent): boolean;
}

/** The events that a stream had sent when it broke off. Either part may be missing if it was too large to be held. */
export interface SentEvents {
  readonly first: StreamEvent | undefined;
  /** The last few, oldest first. */
  readonly latest: readonly StreamEvent[];
}

export interface Framing {
  /** Short and unique: two framings of one name are taken to be the same. */
  readonly name: string;
  /** The `content-type` of a stream that a conversion makes. */
  readonly contentType: string;
  /**
   * Whether an answer is a stream in this framing, so that its events are recorded and passed on as they arrive.
   * `asked` is the form of the request, undefined if it is unknown: a JSON array has the content type of a body,
   * and only the request shows that it is a stream.
   */
  isStream(
    answer: {
      readonly status: number;
      readonly headers: Readonly<Record<string, string | readonly string[]>>;
    },
    asked: Form | undefined,
  ): boolean;
  cutter(): EventCutter;
  /** The events of a recorded stream, in order. Bytes after the last event's end are no event. */
  read(recording: Recording): readonly StreamEvent[];
  /** Whether a recorded stream ends after an event and, if the framing marks the end of a stream, has that mark. */
  isWhole(recording: Recording): boolean;
  /** One event; `data` has no line breaks (JSON written by `JSON.stringify` has none). */
  write(data: string, type?: string): string;
  /** The body of a stream whose events (as `write` made them) are all there at once. */
  join(events: readonly string[]): { readonly body: Uint8Array; readonly events: EventMarks };
  ending(): StreamEnding;
  /**
   * Numbers events `recordingId:n` from 1, and leaves out the first `skip`. Absent if the framing has no place for
   * ids: then a request for event ids changes nothing.
   */
  numbering?(recordingId: string, skip: number): EventNumbering;
}

/** The content type of an answer without its parameters, in lower case; '' if it has none. */
export function mediaTypeOf({
  headers,
}: {
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
}): string {
  const [type = ''] = String(headers['content-type'] ?? '').split(';', 1);
  return type.trim().toLowerCase();
}

/** The bytes of each recorded event, in order. */
export function eventBytes({ body, events }: Recording): Buffer[] {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const pieces: Buffer[] = [];
  let start = 0;
  for (const end of events?.ends ?? []) {
    pieces.push(bytes.subarray(start, end));
    start = end;
  }
  return pieces;
}

/** Whether nothing but white space follows the last event of a recorded stream. */
export function endsAfterEvent({ body, events }: Recording): boolean {
  const end = events?.ends.at(-1) ?? 0;
  return body.subarray(end).every((byte) => byte === 0x20 || byte === 0x0a || byte === 0x0d);
}

/** A body made of pieces, each with its end marked. */
export function markedBody(pieces: readonly string[]): ReturnType<Framing['join']> {
  const bytes = pieces.map((piece) => Buffer.from(piece, 'utf8'));
  const ends = new Uint32Array(bytes.length);
  let offset = 0;
  for (const [index, piece] of bytes.entries()) {
    offset += piece.length;
    ends[index] = offset;
  }
  return { body: Buffer.concat(bytes), events: { ends, at: new Uint32Array(bytes.length) } };
}
