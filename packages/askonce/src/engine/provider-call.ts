/**
 * Telling of a provider call: that it was made, and what it came to.
 */
import { isStream } from '../entry/entry.ts';
import type { AskonceError } from '../errors.ts';
import { type Ask, type Engine, named } from './ask.ts';

export interface ToldCall {
  /** The whole answer is here; `bytes` are those of its body. */
  answered(status: number, bytes: number): void;
  failed(error: AskonceError): void;
}

/** Tells that the call was made. */
export function toldCall({ clock, observe }: Engine, ask: Pick<Ask, 'identity' | 'requestId'>): ToldCall {
  const started = clock.monotonic();
  const durationMs = () => clock.monotonic() - started;
  observe({ ...named(ask), type: 'provider-call', streamed: isStream(ask.identity.form) });
  return {
    answered: (status, bytes) =>
      observe({ ...named(ask), type: 'provider-answer', status, durationMs: durationMs(), bytes }),
    failed: ({ code }) =>
      observe({ ...named(ask), type: 'provider-failure', code, durationMs: durationMs() }),
  };
}
