/** A match: what feedback on a pair of questions needs. */
import type { Pool, PoolParts } from './policies/contract.ts';

/** A stored question, and one that was asked. */
export interface Match {
  /** Key of the stored entry. */
  readonly key: string;
  readonly pool: PoolName;
  readonly similarity: number;
  /** The instant in ms since the epoch at which the stored entry expires. */
  readonly expires: number;
  /** Who may judge it besides an operator: the credential that was served, and the protocol that reads credentials. */
  readonly servedTo?: { readonly credential: string; readonly protocol: string } | undefined;
}

/** What finds a pool in any process. */
export interface PoolName {
  /** The first 12 characters of its id: enough to tell a pool of another embedder or of other settings. */
  readonly mark: string;
  readonly parts: PoolParts;
}

export function nameOfPool({ id, parts }: Pick<Pool, 'id' | 'parts'>): PoolName {
  return { mark: id.slice(0, 12), parts };
}
