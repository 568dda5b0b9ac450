/**
 * How long what an answer holds can be used: until the first instant at which something in it expires at the provider.
 * It reads fields by their usual names, signed URLs by their parameters, and knows the few lifetimes that answers do not
 * state.
 */
import type { Recording } from '../entry/entry.ts';
import { recordedBytes, recordedText } from './recorded-json.ts';

const second = 1000;
const minute = 60 * second;

/**
 * How long an object lives that carries no expiry, in milliseconds: a container that is not used (OpenAI's is deleted after
 * 20 minutes), and an answer that the provider stores (30 days at OpenAI and Azure).
 */
const containerLifetimeMs = 20 * minute;
export const storedAnswerLifetimeMs = 30 * 24 * 60 * minute;

/** Found in every answer that states an expiry, as ASCII: searching for it is much cheaper than the expressions below. */
const expiryMark = /xpir|se=|"container/;

// A name within text that the model wrote has escaped quotes, and so does not match.
const field =
  /"(expires?_?(?:at|on|in|time|date)?|expiration(?:_?(?:at|time|date))?|expiry(?:_?(?:at|time|date))?)"\s*:\s*(?:"([^"\\]{1,64})"|(\d+(?:\.\d+)?))/gi;
const afterwards = /"expires_after"\s*:\s*\{[^{}]*?"(seconds|minutes|hours|days)"\s*:\s*(\d+)/gi;
/** The arguments of an Anthropic call, unless they nest: the model's words, in a body without escapes. */
const callInput = /"input"\s*:\s*\{[^{}]*\}/g;
const container = /"container(?:_id)?"\s*:\s*["{]/;
const address = /https?:\/\/[^\s"'\\<>()]+/g;

const unitMs: Readonly<Record<string, number>> = {
  seconds: second,
  minutes: minute,
  hours: 60 * minute,
  days: 24 * 60 * minute,
};

/**
 * The first instant, in milliseconds since the epoch, at which something in the answer expires; Infinity if nothing does.
 * `began` is when the answer was generated: what is stated as a duration counts from there.
 */
export function usableUntil(recording: Recording, began: number): number {
  if (!expiryMark.test(recordedBytes(recording))) return Number.POSITIVE_INFINITY;
  const text = recordedText(recording)
    .replaceAll('\\u0026', '&')
    .replaceAll('\\/', '/')
    .replaceAll(callInput, '');
  const earliest = began - longPastMs;
  const stated = Math.min(
    ...all(text, earliest, field, ([, name = '', quoted, number]) =>
      instant(name, quoted ?? number ?? '', began),
    ),
    ...all(
      text,
      earliest,
      afterwards,
      ([, unit = '', count]) => began + Number(count) * (unitMs[unit] ?? second),
    ),
    ...all(text, earliest, address, ([url]) => urlExpiry(url)),
  );
  return stated === Number.POSITIVE_INFINITY && container.test(text) ? began + containerLifetimeMs : stated;
}

/**
 * No provider hands out what expired more than a day before: such an instant is about something else, or from a clock that
 * is wrong.
 */
const longPastMs = 24 * 60 * minute;

/** Limit on what is read of one kind, since an answer may list thousands. */
const maxMatches = 1000;

function all(
  text: string,
  earliest: number,
  expression: RegExp,
  read: (match: RegExpExecArray) => number | undefined,
): readonly number[] {
  const found: number[] = [];
  for (const match of text.matchAll(expression)) {
    const value = read(match);
    if (value !== undefined && value > earliest) found.push(value);
    if (found.length === maxMatches) break;
  }
  return found;
}

/** Numbers below this are durations, and from the second on they are milliseconds since the epoch. */
const leastEpochSeconds = 1_000_000_000;
const leastEpochMs = 100_000_000_000;

/** How dates begin in ISO 8601 and RFC 1123. */
const dateForm = /^(?:\d{4}-\d\d-\d\d|[A-Z][a-z]{2}, \d)/;

/** The instant that a field states; undefined if it states none (0 and less mean: never). */
function instant(name: string, value: string, began: number): number | undefined {
  if (!/^\d+(?:\.\d+)?$/.test(value)) return dateForm.test(value) ? Date.parse(value) : undefined;
  const number = Number(value);
  if (number <= 0) return undefined;
  if (/in$/i.test(name) || number < leastEpochSeconds) return began + number * second;
  return number < leastEpochMs ? number * second : number;
}

/**
 * When a signed URL expires: of Azure (`se`), of Amazon, Google and their like (a date and `…-Expires` in seconds), and of
 * those that name the instant (`Expires`, in seconds since the epoch). Undefined for any other URL.
 */
function urlExpiry(url: string): number | undefined {
  if (!URL.canParse(url)) return undefined;
  const parameters = new Map(
    [...new URL(url).searchParams].map(([name, value]) => [name.toLowerCase(), value] as const),
  );
  const until = parameters.get('se');
  if (until !== undefined && parameters.has('sig')) return Date.parse(until);
  for (const [name, value] of parameters) {
    const dated = /^(x-[a-z]+-)expires$/.exec(name)?.[1];
    if (dated !== undefined) return compactDate(parameters.get(`${dated}date`)) + Number(value) * second;
    if (name === 'expires' && Number(value) >= leastEpochSeconds) return Number(value) * second;
  }
  return undefined;
}

/** `20261121T120000Z` (ISO 8601, basic format) in milliseconds since the epoch; NaN for anything else. */
function compactDate(text = ''): number {
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}
