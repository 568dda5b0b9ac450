/**
 * For how long a provider that limits requests, or fails, is not called.
 */
import type { AnswerHeaders } from '../flight/plan.ts';

const firstMs = 1_000;
const maxMs = 300_000;
/** The longest wait that a provider may ask for. */
const maxAskedMs = 3_600_000;

/** A day's name begins each of the three forms of a date (RFC 9110, section 5.6.7). */
const date = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/;

/**
 * Milliseconds to wait after so many failures in a row: a second, doubled by each, five minutes at most; longer if
 * the provider asks for it, an hour at most.
 */
export function holdMs(failures: number, headers: AnswerHeaders, now: number): number {
  const usual = Math.min(firstMs * 2 ** (failures - 1), maxMs);
  return Math.max(usual, Math.min(retryAfterMs(headers, now) ?? 0, maxAskedMs));
}

/** `Retry-After` (RFC 9110, section 10.2.3), or the `retry-after-ms` of OpenAI and Azure; undefined if neither says anything. */
export function retryAfterMs(headers: AnswerHeaders, now: number): number | undefined {
  const exact = numberIn(headers['retry-after-ms']);
  if (exact !== undefined) return exact;
  const retryAfter = headers['retry-after'];
  const seconds = numberIn(retryAfter);
  if (seconds !== undefined) return seconds * 1000;
  if (typeof retryAfter !== 'string' || !date.test(retryAfter)) return undefined;
  const at = Date.parse(retryAfter);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

function numberIn(value: string | readonly string[] | undefined): number | undefined {
  return typeof value === 'string' && /^\d+(?:\.\d+)?$/.test(value.trim()) ? Number(value) : undefined;
}
