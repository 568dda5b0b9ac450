/**
 * Explaining why a request would be answered from the cache, or would not.
 */
import type { Engine } from '../engine/engine.ts';
import type { Lookup } from '../engine/lookup.ts';
import type { LookedUp } from '../engine/outcome.ts';
import type { Refusal } from '../engine/refusals.ts';
import { entryIn, storeCall, trouble } from '../engine/store-call.ts';
import type { EntryMeta } from '../entry/entry.ts';
import type { Identified, Identity } from '../identity/identify.ts';
import type { CacheRequest } from '../identity/request.ts';
import type { BypassReason, MissReason } from '../observe/causes.ts';
import type { Questioner } from '../semantic/question.ts';
import type { SemanticExplanation } from '../semantic/report.ts';

/** What the request is recognised by: two requests with the same key are the same question. */
interface Explained extends Pick<Identity, 'key' | 'partition' | 'fingerprint' | 'frame' | 'language'> {
  /** Short value or digest of each field that counts, by name: two requests differ where these do. */
  readonly fields: Readonly<Record<string, string>>;
  /** Metadata of the entry under the key, whether or not it may be served. */
  readonly entry?: EntryMeta | undefined;
  /** Why and when an answer to the question was last not stored, as far as this process remembers. */
  readonly lastRefusal?: Refusal | undefined;
  /** The stored questions near to it, and what keeps each apart; absent without a semantic tier. */
  readonly semantic?: SemanticExplanation | undefined;
}

export type Explanation =
  | { readonly kind: 'bypass'; readonly reason: BypassReason }
  | (Explained & { readonly kind: 'hit'; readonly tier: string; readonly fresh: boolean })
  | (Explained & { readonly kind: 'miss'; readonly reason: MissReason });

/** Makes the function that looks up as `ask` would, calls no provider and stores nothing. */
export function explaining(
  engine: Engine,
  lookup: Lookup,
  { explain: explainSemantic }: { explain(asked: Questioner): Promise<SemanticExplanation | undefined> },
) {
  async function metaUnder(key: string, looked: LookedUp): Promise<EntryMeta | undefined> {
    if (looked.kind === 'hit') return looked.entry.meta;
    const found = await storeCall(engine, 'get', () => engine.store.get(key));
    return found === trouble ? undefined : entryIn(engine, found)?.meta;
  }

  return async (request: CacheRequest, identified: Identified): Promise<Explanation> => {
    if ('bypass' in identified) return { kind: 'bypass', reason: identified.bypass };
    const { upstream, directives } = request;
    const looked = await lookup.one({ identity: identified, upstream, directives });
    const { key, partition, fingerprint, frame, language } = identified;
    const explained = { key, partition, fingerprint, frame, language, fields: identified.fields() };
    const lastRefusal = engine.refusals.last(key);
    const entry = await metaUnder(key, looked);
    const semantic = await explainSemantic({ identity: identified, request });
    if (looked.kind === 'hit')
      return {
        ...explained,
        kind: 'hit',
        tier: looked.tier,
        fresh: looked.fresh,
        entry,
        lastRefusal,
        semantic,
      };
    return { ...explained, kind: 'miss', reason: looked.reason, entry, lastRefusal, semantic };
  };
}
