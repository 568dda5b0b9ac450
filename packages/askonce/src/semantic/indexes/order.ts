/** What all vector indexes share: which vectors they take, and the nearest few of many. */
import { AskonceError } from '../../errors.ts';
import type { Neighbour } from '../contract.ts';

/** Memory of an id in an index beside its characters, in bytes: a string's head, a row of a map and one of a list. */
const idRowBytes = 80;

/** Estimate of the memory that an id takes in an index, in bytes. */
export function idBytes(id: string): number {
  return id.length + idRowBytes;
}

/**
 * The length of a vector.
 *
 * @throws AskonceError `invalid_vector` if it has another dimension, or no direction.
 */
export function checkedLength(vector: Float32Array, dimension: number): number {
  if (vector.length !== dimension) {
    throw new AskonceError(
      'invalid_vector',
      `The vector has ${vector.length} components, and those of the index have ${dimension}. Give each embedder an index of its own.`,
    );
  }
  let squares = 0;
  for (const component of vector) squares += component * component;
  if (squares > 0 && squares < Number.POSITIVE_INFINITY) return Math.sqrt(squares);
  throw new AskonceError(
    'invalid_vector',
    'The vector has no direction: its components are all zero, or not all numbers. Leave such a text out.',
  );
}

/** The order of neighbours: nearest first, and equally near ones by their ids. */
export function byNearness(one: Neighbour, other: Neighbour): number {
  if (one.similarity !== other.similarity) return other.similarity - one.similarity;
  return one.id < other.id ? -1 : 1;
}

/** Collects the nearest of many. */
export interface NearestFew {
  readonly count: number;
  /** What is less similar is not among the nearest: it need not be offered. */
  readonly least: number;
  offer(id: string, similarity: number): void;
  /** The nearest first. An id that was offered twice comes once. */
  found(): readonly Neighbour[];
}

export function nearestFew(count: number): NearestFew {
  const offered: Neighbour[] = [];
  let least = Number.NEGATIVE_INFINITY;

  function cut(): void {
    const ids = new Set<string>();
    let held = 0;
    for (const one of offered.sort(byNearness)) {
      if (held >= count || ids.has(one.id)) continue;
      ids.add(one.id);
      offered[held++] = one;
    }
    offered.length = held;
  }

  return {
    count,
    get least() {
      return least;
    },
    offer(id, similarity) {
      offered.push({ id, similarity });
      // Sorted in batches: most vectors are farther than those that have been found already.
      if (offered.length < count * 2) return;
      cut();
      if (offered.length === count) least = offered.at(-1)?.similarity ?? least;
    },
    found() {
      cut();
      return offered;
    },
  };
}
