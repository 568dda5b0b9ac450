/**
 * Parses the request's Cache-Control header (RFC 9111, section 5.2.1; RFC 5861, section 4).
 */
import type { Directives } from '../../identity/request.ts';

/**
 * How far the `Cache-Control` of requests is heeded.
 *
 * - `heed`: every directive.
 * - `narrow`: only what still lets the cache answer, and asks for no older answer than usual: `max-age`, `min-fresh` and
 *   `only-if-cached`.
 * - `ignore`: none.
 */
export const requestCacheControls = ['heed', 'narrow', 'ignore'] as const;
export type RequestCacheControl = (typeof requestCacheControls)[number];

type FromCacheControl = Pick<
  Directives,
  'noStore' | 'noCache' | 'onlyIfCached' | 'maxAge' | 'maxStale' | 'minFresh' | 'staleIfError'
>;

/** token [ "=" ( token / quoted-string ) ], and what separates it from the next. */
const directive =
  /[\t ]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:=(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)|"((?:[^"\\]|\\.)*)"))?[\t ]*(?:,|$)/y;

/** Seconds beyond which a number means "for ever" (RFC 9111, section 1.2.2). */
const greatestSeconds = 2 ** 31;

/** The directives of a header that are heeded. */
export function heededDirectives(text: string, heeded: RequestCacheControl): FromCacheControl {
  if (heeded === 'ignore' || text === '') return {};
  const parsed = parseCacheControl(text);
  if (heeded === 'heed') return parsed;
  const { onlyIfCached, maxAge, minFresh } = parsed;
  return { onlyIfCached, maxAge, minFresh };
}

/**
 * Reads the directives that a cache obeys in a request. Malformed and unknown directives are ignored; of a repeated
 * one, the stricter counts. An argument in quotes means the same as one without.
 */
export function parseCacheControl(text: string): FromCacheControl {
  const found: { -readonly [Name in keyof FromCacheControl]: FromCacheControl[Name] } = {};
  for (const [name, argument] of directives(text)) {
    const seconds = toSeconds(argument);
    if (name === 'no-store') found.noStore = true;
    else if (name === 'no-cache') found.noCache = true;
    else if (name === 'only-if-cached') found.onlyIfCached = true;
    else if (name === 'max-age' && seconds !== undefined)
      found.maxAge = Math.min(seconds, found.maxAge ?? Number.POSITIVE_INFINITY);
    else if (name === 'min-fresh' && seconds !== undefined)
      found.minFresh = Math.max(seconds, found.minFresh ?? 0);
    else if (name === 'stale-if-error' && seconds !== undefined)
      found.staleIfError = Math.min(seconds, found.staleIfError ?? Number.POSITIVE_INFINITY);
    else if (name === 'max-stale' && (seconds !== undefined || argument === undefined))
      found.maxStale = Math.min(
        seconds ?? Number.POSITIVE_INFINITY,
        found.maxStale ?? Number.POSITIVE_INFINITY,
      );
  }
  return found;
}

function* directives(text: string): Generator<readonly [name: string, argument: string | undefined]> {
  let at = 0;
  while (at < text.length) {
    directive.lastIndex = at;
    const match = directive.exec(text);
    if (match?.[1] !== undefined) {
      yield [match[1].toLowerCase(), match[2] ?? match[3]?.replace(/\\(.)/g, '$1')];
      at = directive.lastIndex;
    } else {
      at = afterNextComma(text, at);
    }
  }
}

// A comma inside quotes ends nothing, also in an element that is otherwise garbage.
function afterNextComma(text: string, from: number): number {
  let quoted = false;
  for (let at = from; at < text.length; at += 1) {
    const character = text[at];
    if (quoted && character === '\\') at += 1;
    else if (character === '"') quoted = !quoted;
    else if (character === ',' && !quoted) return at + 1;
  }
  return text.length;
}

function toSeconds(argument: string | undefined): number | undefined {
  if (argument === undefined || !/^\d+$/.test(argument)) return undefined;
  return Math.min(Number(argument), greatestSeconds);
}
