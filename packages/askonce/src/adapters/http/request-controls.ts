/**
 * Request controls: the request headers that steer the cache, as the caller's context and directives. Headers only
 * narrow what the credential may see.
 */
import type { CallerContext, Directives, HeaderFields } from '../../identity/request.ts';
import { askonceHeaders } from './askonce-headers.ts';
import { heededDirectives, type RequestCacheControl } from './cache-control.ts';

/** What the headers say beyond the request itself. */
export interface RequestControls {
  readonly context: CallerContext;
  readonly directives: Directives;
}

const noControls: RequestControls = Object.freeze({
  context: Object.freeze({}),
  directives: Object.freeze({}),
});

const maxEventIdLength = 256;

const ownPrefix = 'askonce-';

/** Whether a header, its name in lower case, is a control of askonce's own. Such a header never goes to a provider. */
export function isOwnHeader(name: string): boolean {
  return name.startsWith(ownPrefix);
}

/**
 * Reads `Cache-Control`, `Last-Event-ID` and the `Askonce-*` headers. With `trusted` false (a shared scope whose
 * callers are not trusted) the only own headers read are Askonce-Sensitive, Askonce-Event-Ids, Askonce-Semantic and
 * Askonce-Warm: any other would let one caller choose the answers of others. `question` then has no effect: it would show one caller's text
 * to another; and a request that warms counts as any other, a look as one with only-if-cached. `heeded` limits `Cache-Control` alone.
 * @throws AskonceError `invalid_request`, naming the header.
 */
export function readControls(
  headers: HeaderFields,
  trusted: boolean,
  heeded: RequestCacheControl = 'heed',
): RequestControls {
  const cacheControl = headers['cache-control'];
  const lastEventId = headers['last-event-id'];
  const own = hasOwnHeader(headers);
  if (!own && cacheControl === undefined && lastEventId === undefined) return noControls;
  const standard: Directives = {
    ...(cacheControl === undefined ? {} : heededDirectives(textOf(cacheControl), heeded)),
    ...(typeof lastEventId === 'string' && lastEventId.length <= maxEventIdLength ? { lastEventId } : {}),
  };
  if (!own) return { context: noControls.context, directives: standard };
  const semantic = askonceHeaders.semantic(headers);
  const warm = askonceHeaders.warm(headers);
  const forAll = {
    context: { sensitive: askonceHeaders.sensitive(headers) },
    directives: {
      ...standard,
      eventIds: askonceHeaders.eventIds(headers),
      ...(trusted ? { warm } : warm === 'look' ? { onlyIfCached: true } : {}),
      semantic: semantic === undefined || trusted ? semantic : { ...semantic, question: undefined },
    },
  };
  return trusted ? withTrusted(headers, forAll) : forAll;
}

function withTrusted(headers: HeaderFields, forAll: RequestControls): RequestControls {
  return {
    context: {
      ...forAll.context,
      tenant: askonceHeaders.tenant(headers),
      user: askonceHeaders.user(headers),
      session: askonceHeaders.session(headers),
      language: askonceHeaders.language(headers),
      template: askonceHeaders.template(headers),
      indexVersion: askonceHeaders.indexVersion(headers),
      character: askonceHeaders.character(headers),
      locale: askonceHeaders.locale(headers),
      category: askonceHeaders.category(headers),
      tags: askonceHeaders.tags(headers),
      confidence: askonceHeaders.confidence(headers),
    },
    directives: {
      ...forAll.directives,
      ttl: askonceHeaders.ttl(headers),
      staleAfter: askonceHeaders.staleAfter(headers),
    },
  };
}

function textOf(value: string | readonly string[]): string {
  return typeof value === 'string' ? value : value.join(', ');
}

function hasOwnHeader(headers: HeaderFields): boolean {
  for (const name in headers) {
    if (isOwnHeader(name)) return true;
  }
  return false;
}
