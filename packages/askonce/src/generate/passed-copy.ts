/**
 * A copy of an answer that passes by, for what it used. The client's bytes are not held back for it; it is read once the
 * answer has ended, and dropped.
 */
import type { Engine } from '../engine/engine.ts';
import type { AnswerRead } from '../engine/provider-call.ts';
import { assessed } from '../engine/read-by-protocol.ts';
import { recordedHeaders } from '../engine/reply-headers.ts';
import { isSuccess, type Recording } from '../entry/entry.ts';
import { EventRecorder } from '../flight/event-recorder.ts';
import type { ProviderAnswer } from '../flight/provider.ts';
import type { Protocol } from '../protocol/contract.ts';

/** Of a longer answer nothing is held, and what it used is not known. */
const maxBytes = 1024 * 1024;
/** Bytes that the copies of one cache hold at once. Beyond it an answer is passed on without a copy. */
const maxAllBytes = 32 * 1024 * 1024;
/** Bytes of an answer for each event that is noted. */
const minBytesAnEvent = 16;

export interface PassedCopy {
  push(piece: Uint8Array): void;
  /** Bytes that came so far. */
  readonly bytes: number;
  /**
   * What the answer was found to hold, which has ended at `end` or with the last byte. Read once; the copy is dropped.
   */
  read(end: number | undefined): AnswerRead;
  /** Lets go of a copy that is not read. */
  drop(): void;
}

/** The copies of one cache. Each that is begun must be read or dropped in the end. */
export interface PassedCopies {
  /** @param isWanted whether an observer listens to what is read */
  begin(protocol: Protocol | undefined, answer: ProviderAnswer, isWanted: boolean): PassedCopy;
}

export function passedCopies(engine: Pick<Engine, 'finishWords'>): PassedCopies {
  let held = 0;
  return {
    begin: (protocol, answer, isWanted) =>
      passedCopy(engine, protocol, answer, isWanted, (bytes) => {
        if (held + bytes > maxAllBytes) return false;
        held += bytes;
        return true;
      }),
  };
}

/** @param reserve takes so many bytes of all that may be held, or returns some; false if there are not as many */
function passedCopy(
  engine: Pick<Engine, 'finishWords'>,
  protocol: Protocol | undefined,
  answer: ProviderAnswer,
  isWanted: boolean,
  reserve: (bytes: number) => boolean,
): PassedCopy {
  const { status, headers } = answer;
  // What was not decoded here can't be read, and an error uses nothing.
  const isReadable = headers['content-encoding'] === undefined && isSuccess(answer);
  let pieces: Buffer[] | undefined = isWanted && isReadable && protocol !== undefined ? [] : undefined;
  let bytes = 0;
  let reserved = 0;
  let held: AnswerRead | undefined;

  function drop(): void {
    pieces = undefined;
    reserve(-reserved);
    reserved = 0;
  }

  /** By the protocol's own framing: another one that the request asked for is not known here. */
  function recordingOf(protocol: Protocol, body: Uint8Array): Recording {
    const { framing } = protocol;
    const streamed = framing.isStream(answer, undefined);
    const as = { status, headers: recordedHeaders(protocol, { status, headers, streamed }), body } as const;
    if (!streamed) return { ...as, form: 'body' };
    const recorder = new EventRecorder(framing.cutter(), maxBytes / minBytesAnEvent);
    recorder.push(body, 0);
    return { ...as, form: 'stream', events: recorder.finish(0) };
  }

  function readNow(all: readonly Buffer[], end: number | undefined): AnswerRead {
    if (protocol === undefined) return {};
    try {
      const recording = recordingOf(protocol, Buffer.concat(all).subarray(0, end));
      return assessed(engine, protocol, recording) ?? {};
    } catch {
      // A caller's own framing may throw at bytes that it does not know.
      return {};
    }
  }

  return {
    push(piece) {
      bytes += piece.length;
      if (pieces === undefined) return;
      if (bytes > maxBytes || !reserve(piece.length)) {
        drop();
        return;
      }
      reserved += piece.length;
      // A copy: the maker of a piece may use its memory again.
      pieces.push(Buffer.from(piece));
    },
    get bytes() {
      return bytes;
    },
    read(end) {
      held ??= pieces === undefined ? {} : readNow(pieces, end);
      drop();
      return held;
    },
    drop,
  };
}
