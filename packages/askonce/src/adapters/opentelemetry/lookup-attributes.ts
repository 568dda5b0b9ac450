/**
 * What the span of a lookup says of its outcome. Keys are shortened as in the log: enough to see that two requests are
 * one question, too little to address an entry.
 */
import type { Attributes } from '@opentelemetry/api';
import { shortKey } from '../../identity/key.ts';
import type { RequestEvent, RequestFacts } from '../../observe/events.ts';

/** What ends a lookup. */
export type LookupEvent = RequestFacts &
  Extract<RequestEvent, { readonly type: 'hit' | 'negative' | 'miss' | 'bypass' }>;

export function lookupAttributes(event: LookupEvent): Attributes {
  const attributes: Attributes = { 'askonce.outcome': event.type };
  if (event.subject !== '') attributes['gen_ai.request.model'] = event.subject;
  if (event.key !== undefined) attributes['askonce.entry'] = shortKey(event.key);
  if (event.type !== 'bypass') {
    attributes['askonce.key_ms'] = event.keyMs;
    attributes['askonce.store_ms'] = event.storeMs;
  }
  switch (event.type) {
    case 'hit':
      attributes['askonce.tier'] = event.tier;
      attributes['askonce.fresh'] = event.fresh;
      attributes['askonce.hit.kind'] = event.kind;
      attributes['askonce.saved_tokens'] = event.savedTokens;
      if (event.converted) attributes['askonce.converted'] = true;
      if (event.similarity !== undefined) attributes['askonce.similarity'] = event.similarity;
      if (event.model !== undefined) attributes['gen_ai.response.model'] = event.model;
      break;
    case 'miss':
    case 'bypass':
      attributes['askonce.reason'] = event.reason;
      break;
    case 'negative':
      attributes['http.response.status_code'] = event.status;
  }
  return attributes;
}
