/** Vectors of length 1, and what makes two of them comparable. */
import { createHash } from 'node:crypto';
import type { EmbedderIdentity } from '../contract.ts';

/** Why a text has no vector. */
export type NoVector =
  /** The embedder knows nothing in it. */
  | 'unknown'
  | 'too-long'
  | 'late'
  | 'failed'
  /** The embedder has failed several times, and is not called for a while. */
  | 'open'
  | 'busy'
  /** The embedder is being started. */
  | 'loading'
  | 'aborted'
  | 'closed';

export type Embedded =
  | { readonly vector: Float32Array; readonly fingerprint: string }
  | { readonly none: NoVector };

/** The vector of length 1 in the same direction; undefined if there is none, or if a component is not finite. */
export function normalised(components: ArrayLike<number>): Float32Array | undefined {
  let square = 0;
  for (let at = 0; at < components.length; at++) square += (components[at] ?? 0) ** 2;
  const length = Math.sqrt(square);
  if (!Number.isFinite(length) || length === 0) return undefined;
  const vector = new Float32Array(components.length);
  for (let at = 0; at < vector.length; at++) vector[at] = (components[at] ?? 0) / length;
  return vector;
}

/**
 * The fingerprint of an embedder: vectors of two fingerprints are never compared, and thresholds never shared. Undefined
 * while the dimension is not known. At most 100 characters.
 */
export function fingerprintOf(identity: EmbedderIdentity): string | undefined {
  const { name, version, dimension, prefix, pooling, weights } = identity;
  if (dimension === undefined) return undefined;
  const all = JSON.stringify([name, version, dimension, prefix, pooling, weights]);
  const digest = createHash('sha256').update(all).digest('hex').slice(0, 32);
  return `${name.replace(/[^\w.-]/g, '_').slice(0, 64)}:${digest}`;
}
