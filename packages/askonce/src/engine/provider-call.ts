/**
 * Reporting a provider call: that it was made, and what came of it.
 */
import { isStream } from '../entry/entry.ts';
import type { AskonceError } from '../errors.ts';
import type { CallCause } from '../observe/causes.ts';
import type { RequestEvent } from '../observe/events.ts';
import type { Assessment } from '../protocol/contract.ts';
import { type Ask, report } from './ask.ts';
import { type Engine, isObserved } from './engine.ts';

/** What an answer was found to hold, if it was read. */
export type AnswerRead = Partial<
  Pick<Assessment, 'usage' | 'model' | 'id' | 'finishReason' | 'finishReasons'>
>;

export interface ReportedCall {
  /**
   * The answer has ended; `bytes` are those of its body. `read` is called only if an observer listens. `isAbandoned`: all
   * callers had left before.
   */
  answered(status: number, bytes: number, read?: () => AnswerRead | undefined, isAbandoned?: boolean): void;
  failed(error: AskonceError, isAbandoned?: boolean): void;
}

/** Reports that a call is made. */
export function reportCall(
  engine: Pick<Engine, 'clock' | 'observe' | 'digestCaller'>,
  ask: Pick<Ask, 'identity' | 'request' | 'requestId' | 'cause'>,
): ReportedCall {
  const streamed = isStream(ask.identity.form);
  return reportedCall(engine, { cause: ask.cause, streamed }, (event) => report(engine, ask, event));
}

/** The same for a request that `report` knows. */
export function reportedCall(
  engine: Pick<Engine, 'clock' | 'observe'>,
  { cause, streamed }: { readonly cause: CallCause; readonly streamed: boolean },
  report: (event: RequestEvent) => void,
): ReportedCall {
  const { clock } = engine;
  const started = clock.monotonic();
  const durationMs = () => clock.monotonic() - started;
  const causeOf = (isAbandoned: boolean) => (isAbandoned ? 'abandoned' : cause);
  report({ type: 'provider-call', cause, streamed });
  return {
    answered(status, bytes, read, isAbandoned = false) {
      if (!isObserved(engine, 'provider-answer')) return;
      const { usage, model, id, finishReason, finishReasons } = read?.() ?? {};
      report({
        type: 'provider-answer',
        cause: causeOf(isAbandoned),
        status,
        durationMs: durationMs(),
        bytes,
        usage,
        model,
        answerId: id,
        finishReasons: finishReasons ?? (finishReason ? [finishReason] : undefined),
      });
    },
    failed: ({ code }, isAbandoned = false) =>
      report({
        type: 'provider-failure',
        cause: causeOf(isAbandoned),
        code,
        durationMs: durationMs(),
      }),
  };
}
