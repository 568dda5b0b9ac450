/**
 * What the result of a call says about the cache: `providerMetadata.askonce`.
 */
import type { CacheStatus, Reply } from '../../engine/reply.ts';
import type { ProviderMetadata } from './types.ts';

/** What happened to a call, in `providerMetadata.askonce` of its result. */
export type AskonceMetadata = {
  /** Where the answer came from, as in `Reply`. */
  readonly cacheStatus: CacheStatus;
  /** Names the entry, for `Cache.look`; absent if the call bypassed the cache. */
  readonly key?: string;
  /** Of a hit: seconds since the answer was generated. */
  readonly age?: number;
  /** Of a semantic hit: the cosine of the two questions' vectors. */
  readonly similarity?: number;
  /** Of a semantic hit: its id, for `Cache.feedback`. */
  readonly match?: string;
  /** Of a semantic hit: the question that the answer was first given to, if the call asks for it. */
  readonly question?: string;
  /** Correlates the call with observed events. */
  readonly requestId: string;
};

/** A reply of the cache, or of the model alone. */
export interface ModelReply extends Omit<Reply, 'body'> {
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
}

export function withMetadata(given: ProviderMetadata | undefined, reply: ModelReply): ProviderMetadata {
  const { cacheStatus, key, age, similarity, match, question, requestId } = reply;
  // JSON has no properties without a value.
  const all = { cacheStatus: defined(cacheStatus), key, age, similarity, match, question, requestId };
  return { ...given, askonce: defined(all) };
}

function defined(value: object): ProviderMetadata[string] {
  return Object.fromEntries(Object.entries(value).filter(([, property]) => property !== undefined));
}

/** Whether the request's own call gave the answer, and nothing else did. */
export function isOwnAnswer({ cacheStatus }: ModelReply): boolean {
  return cacheStatus.kind === 'forward' && cacheStatus.collapsed !== true;
}

export async function bodyOf({ body }: ModelReply): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body;
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces);
}
