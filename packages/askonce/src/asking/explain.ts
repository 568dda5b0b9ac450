/**
 * Why a request would be answered from the cache, or would not.
 */
import type { EntryMeta } from '../entry/entry.ts';
import type { Identified, Identity } from '../identity/identify.ts';
import type { CacheRequest } from '../identity/request.ts';
import type { BypassReason, MissReason } from '../observe/events.ts';
import type { House } from './ask.ts';
import { type LookedUp, lookUp } from './lookup.ts';
import { entryIn, storeCall, trouble } from './store-call.ts';

/** What the request is known by: two requests with the same key are the same question. */
interface Explained extends Pick<Identity, 'key' | 'partition' | 'fingerprint' | 'frame' | 'language'> {
  /** Short digest of each counted field, by name: two requests differ where these do. */
  readonly fields: Readonly<Record<string, string>>;
  /** What is kept under the key, whether or not it may be served. */
  readonly entry?: EntryMeta | undefined;
}

export type Explanation =
  | { readonly kind: 'bypass'; readonly reason: BypassReason }
  | (Explained & { readonly kind: 'hit'; readonly tier: string; readonly fresh: boolean })
  | (Explained & { readonly kind: 'miss'; readonly reason: MissReason });

/** Looks up as `ask` would, asks nobody and keeps nothing. */
export async function explain(
  house: House,
  request: CacheRequest,
  identified: Identified,
): Promise<Explanation> {
  if ('bypass' in identified) return { kind: 'bypass', reason: identified.bypass };
  const looked = await lookUp(house, identified, request.upstream, request.directives);
  const { key, partition, fingerprint, frame, language } = identified;
  const explained = { key, partition, fingerprint, frame, language, fields: identified.fields() };
  const entry = await keptMeta(house, key, looked);
  if (looked.kind === 'hit')
    return { ...explained, kind: 'hit', tier: looked.tier, fresh: looked.fresh, entry };
  return { ...explained, kind: 'miss', reason: looked.reason, entry };
}

async function keptMeta(house: House, key: string, looked: LookedUp): Promise<EntryMeta | undefined> {
  if (looked.kind === 'hit') return looked.entry.meta;
  const found = await storeCall(house, 'get', () => house.store.get(key));
  return found === trouble ? undefined : entryIn(house, found)?.meta;
}
