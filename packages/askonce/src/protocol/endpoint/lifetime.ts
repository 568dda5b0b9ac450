/**
 * How old an answer is when it comes, how long it is fresh, and what may be done with it once it is stale (RFC 9111,
 * section 4.2; RFC 5861).
 */
import type { AnswerDefaults, AnswerHeaderFields, AnswerLifetime, StaleUse } from '../answer-rules.ts';
import type { AnswerControl } from './answer-control.ts';
import { httpDate } from './http-date.ts';

/** Seconds past freshness for which an entry is there at most for requests that accept stale answers (`max-stale`). */
const maxGraceSeconds = 3600;
/** Seconds past freshness for which an answer that the origin can confirm (304) is there at least. */
const validationSeconds = 3600;
/** A `Date` has whole seconds: an answer that was made just now may seem to be that old. */
const dateToleranceMs = 2000;

/** The value of a field; several lines are one list. */
export function fieldOf(headers: AnswerHeaderFields, name: string): string | undefined {
  const value = headers[name];
  return value === undefined || typeof value === 'string' ? value : value.join(', ');
}

/** Seconds for which the answer says that it is fresh; undefined if it does not say. */
export function statedLifetime(
  headers: AnswerHeaderFields,
  { sharedMaxAge, maxAge }: AnswerControl,
  now: number,
): number | undefined {
  const stated = sharedMaxAge ?? maxAge;
  if (stated !== undefined) return stated;
  const expires = fieldOf(headers, 'expires');
  if (expires === undefined) return undefined;
  const end = httpDate(expires, now);
  // An invalid date, `0` above all, is one in the past (section 5.3).
  if (end === undefined) return 0;
  return Math.max(0, (end - (httpDate(fieldOf(headers, 'date') ?? '', now) ?? now)) / 1000);
}

/** Seconds that an answer had spent in other caches, or since its `Date`, when this cache asked for it. */
export function initialAge(headers: AnswerHeaderFields, began: number): number {
  const [first = ''] = (fieldOf(headers, 'age') ?? '').split(',', 1);
  const stated = /^\s*\d+\s*$/.test(first) ? Number(first) : 0;
  const date = httpDate(fieldOf(headers, 'date') ?? '', began);
  const sinceDate = date === undefined || began - date < dateToleranceMs ? 0 : (began - date) / 1000;
  return Math.max(stated, sinceDate);
}

/** Whether an answer is stale when it comes, by its own fields alone: then it answers no other request (section 4). */
export function comesStale(headers: AnswerHeaderFields, control: AnswerControl): boolean {
  const made = httpDate(fieldOf(headers, 'date') ?? '', 0) ?? 0;
  const fresh = statedLifetime(headers, control, made);
  return fresh !== undefined && fresh <= initialAge(headers, made);
}

/** What may be done with the answer once it is stale. */
export function staleUse(control: AnswerControl, defaults: AnswerDefaults): StaleUse {
  const { noCache, mustRevalidate, proxyRevalidate, sharedMaxAge } = control;
  if (noCache || mustRevalidate || proxyRevalidate)
    return { isAllowed: false, whileRevalidate: 0, ifError: 0 };
  // `s-maxage` forbids stale answers as `proxy-revalidate` does (section 5.2.2.10), unless the answer itself asks for more.
  const isStrict = sharedMaxAge !== undefined;
  return {
    isAllowed: !isStrict,
    whileRevalidate: control.staleWhileRevalidate ?? (isStrict ? 0 : (defaults.staleWhileRevalidate ?? 0)),
    ifError: control.staleIfError ?? (isStrict ? 0 : (defaults.staleIfError ?? 0)),
  };
}

/** The lifetime of an answer that is fresh for `fresh` seconds from its making. */
export function lifetimeOf(fresh: number, age: number, use: StaleUse, hasValidator: boolean): AnswerLifetime {
  const grace = use.isAllowed ? Math.min(fresh, maxGraceSeconds) : 0;
  const stale = fresh - age;
  const usable = stale + Math.max(use.whileRevalidate, use.ifError, grace);
  // One with a validator is there a while longer, to be confirmed: what it says need not be made and sent again.
  return {
    age,
    stale,
    expires: hasValidator ? Math.max(usable, Math.max(stale, 0) + validationSeconds) : usable,
  };
}
