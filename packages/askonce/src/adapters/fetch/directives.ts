/**
 * What the call's own headers ask of the cache: Cache-Control (RFC 9111, section 5.2.1) and Last-Event-ID.
 */
import type { Directives } from '../../identity/request.ts';

export function directivesOf(headers: Headers): Directives {
  const lastEventId = headers.get('last-event-id') ?? undefined;
  return { ...cacheControl(headers.get('cache-control')), lastEventId };
}

function cacheControl(text: string | null): Directives {
  if (text === null) return {};
  const said = new Map(
    text.split(',').map((part) => {
      const [name = '', argument] = part.split('=', 2);
      return [name.trim().toLowerCase(), argument?.trim().replaceAll('"', '')] as const;
    }),
  );
  const seconds = (name: string): number | undefined => {
    const argument = said.get(name);
    return argument !== undefined && /^\d{1,10}$/.test(argument) ? Number(argument) : undefined;
  };
  return {
    noStore: said.has('no-store'),
    noCache: said.has('no-cache'),
    onlyIfCached: said.has('only-if-cached'),
    maxAge: seconds('max-age'),
    minFresh: seconds('min-fresh'),
    maxStale: said.has('max-stale') && said.get('max-stale') === undefined ? Infinity : seconds('max-stale'),
  };
}
