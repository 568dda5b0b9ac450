/**
 * For how long a provider that has no room, or fails, is left alone.
 */
import type { AnswerHeaders } from '../flight/flight.ts';

const firstMs = 1_000;
const longestMs = 300_000;
/** What a provider may ask for at most. */
const longestAskedMs = 3_600_000;

/** A day's name begins each of the three forms of a date (RFC 9110, section 5.6.7). */
const date = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/;

/**
 * Milliseconds to wait after so many failures in a row: a second, doubled by each, five minutes at most; longer where
 * the provider asks for it, an hour at most.
 */
export function holdMs(failures: number, headers: AnswerHeaders, now: number): number {
  const usual = Math.min(firstMs * 2 ** (failures - 1), longestMs);
  return Math.max(usual, Math.min(retryAfterMs(headers, now) ?? 0, longestAskedMs));
}

/** `Retry-After` (RFC 9110, section 10.2.3), or the `retry-after-ms` of OpenAI and Azure; undefined where neither says anything. */
function retryAfterMs(headers: AnswerHeaders, now: number): number | undefined {
  const exact = numberIn(headers['retry-after-ms']);
  if (exact !== undefined) return exact;
  const told = headers['retry-after'];
  const seconds = numberIn(told);
  if (seconds !== undefined) return seconds * 1000;
  if (typeof told !== 'string' || !date.test(told)) return undefined;
  const at = Date.parse(told);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

function numberIn(value: string | readonly string[] | undefined): number | undefined {
  return typeof value === 'string' && /^\d+(?:\.\d+)?$/.test(value.trim()) ? Number(value) : undefined;
}
