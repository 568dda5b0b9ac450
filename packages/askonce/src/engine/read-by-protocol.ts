/**
 * Reading answers by their protocol, which a caller may have brought: bytes that make it throw (JSON can nest deeper than
 * the stack) are bytes that it does not recognise.
 */
import { type Form, isSuccess, type Recording } from '../entry/entry.ts';
import type { CacheRequest } from '../identity/request.ts';
import type { JsonValue } from '../json.ts';
import type { Assessment, FinishWords, Protocol } from '../protocol/contract.ts';
import type { ErrorAnswer, ErrorKind } from '../protocol/error-kind.ts';

/** What a successful answer holds; undefined for an error, and for what the protocol does not recognise. */
export function assessed(
  { finishWords }: { readonly finishWords: FinishWords },
  protocol: Protocol,
  recording: Recording,
): Assessment | undefined {
  return isSuccess(recording) ? attempt(() => protocol.assess(recording, finishWords)) : undefined;
}

/** Whether an answer calls tools as its request demands. */
export function isCalledAsAsked(
  protocol: Protocol,
  recording: Recording,
  { body }: Pick<CacheRequest, 'body'>,
): boolean {
  return attempt(() => protocol.calledAsAsked?.(recording, body)) ?? true;
}

/** The JSON of a successful answer, whatever its form; undefined if it can't be read. */
export function answerIn(protocol: Protocol, recording: Recording): JsonValue | undefined {
  return attempt(() => protocol.readAnswer(recording));
}

/**
 * The text of a successful answer that came to a natural end, if text is all that it says; what the semantic tier
 * verifies and compares.
 */
export function answerTextIn(
  engine: { readonly finishWords: FinishWords },
  protocol: Protocol,
  recording: Recording,
): string | undefined {
  if (protocol.answerText === undefined) return undefined;
  if (assessed(engine, protocol, recording)?.finish !== 'natural') return undefined;
  const answer = answerIn(protocol, recording);
  return answer === undefined ? undefined : attempt(() => protocol.answerText?.(answer));
}

/** The recording in another form; undefined if that form can't be made of it. */
export function convertedTo(protocol: Protocol, recording: Recording, form: Form): Recording | undefined {
  return attempt(() => protocol.convert(recording, form));
}

/** The kind of an error; undefined if the protocol remembers no errors, or does not recognise this one. */
export function errorKindOf(protocol: Protocol, answer: ErrorAnswer): ErrorKind | undefined {
  return attempt(() => protocol.errorKind?.(answer));
}

/** How many parts an answer has; undefined if that can't be read. */
export function partCountIn({ parts }: Protocol, recording: Recording): number | undefined {
  return attempt(() => parts?.count?.(recording));
}

function attempt<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
