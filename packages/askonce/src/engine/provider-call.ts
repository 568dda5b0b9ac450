/**
 * Reporting a provider call: that it was made, and what came of it.
 */
import { isStream, type Usage } from '../entry/entry.ts';
import type { AskonceError } from '../errors.ts';
import { type Ask, report } from './ask.ts';
import { type Engine, isObserved } from './engine.ts';

/** What an answer was found to hold, if it was read. */
interface AnswerRead {
  readonly usage?: Usage | undefined;
  readonly model?: string | undefined;
}

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
  engine: Pick<Engine, 'clock' | 'observe' | 'digestTag'>,
  ask: Pick<Ask, 'identity' | 'request' | 'requestId' | 'cause'>,
): ReportedCall {
  const { clock } = engine;
  const started = clock.monotonic();
  const durationMs = () => clock.monotonic() - started;
  const causeOf = (isAbandoned: boolean) => (isAbandoned ? 'abandoned' : ask.cause);
  report(engine, ask, {
    type: 'provider-call',
    cause: ask.cause,
    streamed: isStream(ask.identity.form),
  });
  return {
    answered(status, bytes, read, isAbandoned = false) {
      if (!isObserved(engine, 'provider-answer')) return;
      const { usage, model } = read?.() ?? {};
      report(engine, ask, {
        type: 'provider-answer',
        cause: causeOf(isAbandoned),
        status,
        durationMs: durationMs(),
        bytes,
        usage,
        model,
      });
    },
    failed: ({ code }, isAbandoned = false) =>
      report(engine, ask, {
        type: 'provider-failure',
        cause: causeOf(isAbandoned),
        code,
        durationMs: durationMs(),
      }),
  };
}
