/**
 * A copy of an answer that passes by, for what it used. The client's bytes are not held back for it; it is read once the
 * answer has ended, and dropped.
 */
import type { Engine } from '../engine/engine.ts';
import { assessed } from '../engine/read-by-protocol.ts';
import { isSuccess, type Recording, type Usage } from '../entry/entry.ts';
import { EventRecorder } from '../flight/event-recorder.ts';
import type { ProviderAnswer } from '../flight/provider.ts';
import type { Protocol } from '../protocol/contract.ts';

/** Of a longer answer nothing is held, and what it used is not known. */
const maxBytes = 1024 * 1024;
/** Bytes of an answer for each event that is noted. */
const minBytesAnEvent = 16;

interface Held {
  readonly usage?: Usage | undefined;
  readonly model?: string | undefined;
}

export interface PassedCopy {
  push(piece: Uint8Array): void;
  /** Bytes that came so far. */
  readonly bytes: number;
  /**
   * What the answer was found to hold, which has ended at `end` or with the last byte. Read once; the copy is dropped.
   */
  read(end: number | undefined): Held;
}

/** @param isWanted whether an observer listens to what is read */
export function passedCopy(
  engine: Pick<Engine, 'finishWords'>,
  protocol: Protocol | undefined,
  answer: ProviderAnswer,
  isWanted: boolean,
): PassedCopy {
  const { status, headers } = answer;
  // What was not decoded here can't be read, and an error uses nothing.
  const isReadable = headers['content-encoding'] === undefined && isSuccess(answer);
  let pieces: Buffer[] | undefined = isWanted && isReadable && protocol !== undefined ? [] : undefined;
  let bytes = 0;
  let held: Held | undefined;

  /** By the protocol's own framing: another one that the request asked for is not known here. */
  function recordingOf({ framing }: Protocol, body: Uint8Array): Recording {
    const as = { status, headers: {}, body } as const;
    if (!framing.isStream(answer, undefined)) return { ...as, form: 'body' };
    const recorder = new EventRecorder(framing.cutter(), maxBytes / minBytesAnEvent);
    recorder.push(body, 0);
    return { ...as, form: 'stream', events: recorder.finish(0) };
  }

  function readNow(all: readonly Buffer[], end: number | undefined): Held {
    if (protocol === undefined) return {};
    try {
      const recording = recordingOf(protocol, Buffer.concat(all).subarray(0, end));
      const { usage, model } = assessed(engine, protocol, recording) ?? {};
      return { usage, model };
    } catch {
      // A caller's own framing may throw at bytes that it does not know.
      return {};
    }
  }

  return {
    push(piece) {
      bytes += piece.length;
      if (bytes > maxBytes) pieces = undefined;
      // A copy: the maker of a piece may use its memory again.
      pieces?.push(Buffer.from(piece));
    },
    get bytes() {
      return bytes;
    },
    read(end) {
      held ??= pieces === undefined ? {} : readNow(pieces, end);
      pieces = undefined;
      return held;
    },
  };
}
