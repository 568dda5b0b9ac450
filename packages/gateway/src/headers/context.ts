/**
 * From request headers to the caller's context and directives. Headers only narrow what the credential may see.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { CallerContext, Directives } from 'askonce';
import { parseCacheControl } from 'askonce';
import { askonceHeaders } from './askonce.ts';

/** What the headers told beyond the request itself. */
export interface Told {
  readonly context: CallerContext;
  readonly directives: Directives;
}

const nothingTold: Told = Object.freeze({ context: Object.freeze({}), directives: Object.freeze({}) });

const maxEventIdLength = 256;

/**
 * Reads them. With `heedAll` false (a shared scope whose callers are not trusted) only Askonce-Sensitive and
 * Askonce-Event-Ids are heeded: anything else would let one caller choose what others get.
 * @throws AskonceError `invalid_request`, naming the header.
 */
export function readTold(headers: IncomingHttpHeaders, heedAll: boolean): Told {
  const cacheControl = headers['cache-control'];
  const lastEventId = headers['last-event-id'];
  const own = hasOwnHeader(headers);
  if (!own && cacheControl === undefined && lastEventId === undefined) return nothingTold;
  const standard = {
    ...(cacheControl === undefined ? {} : parseCacheControl(cacheControl)),
    ...(typeof lastEventId === 'string' && lastEventId.length <= maxEventIdLength ? { lastEventId } : {}),
  };
  if (!own) return { context: nothingTold.context, directives: standard };
  const forAll = {
    context: { sensitive: askonceHeaders.sensitive(headers) },
    directives: { ...standard, eventIds: askonceHeaders.eventIds(headers) },
  };
  return heedAll ? withTrusted(headers, forAll) : forAll;
}

function withTrusted(headers: IncomingHttpHeaders, told: Told): Told {
  return {
    context: {
      ...told.context,
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
      ...told.directives,
      ttl: askonceHeaders.ttl(headers),
      staleAfter: askonceHeaders.staleAfter(headers),
    },
  };
}

function hasOwnHeader(headers: IncomingHttpHeaders): boolean {
  for (const name in headers) {
    if (name.startsWith('askonce-')) return true;
  }
  return false;
}
