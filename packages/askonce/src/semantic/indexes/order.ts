/** What all vector indexes share: which vectors they take, and the order of neighbours. */
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
