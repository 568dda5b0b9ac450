/**
 * A vector index that compares with every vector that it holds: exact, and up to a few hundred vectors faster than any
 * other. The vectors lie in one array of 16-bit numbers, each scaled to its own largest component.
 */
import type { Neighbour, VectorIndex } from '../contract.ts';
import { byNearness, checkedLength, idBytes } from './order.ts';

/** A vector index whose vectors can be moved to another. */
export interface ScanIndex extends VectorIndex {
  has(id: string): boolean;
  /** Removes a vector and returns it, with its id; undefined if there is none. */
  take(): { readonly id: string; readonly vector: Float32Array } | undefined;
}

const fewestRows = 4;
const largest = 32_767;

/** @param dimension components of each vector */
export function scanIndex(dimension: number): ScanIndex {
  const rowOf = new Map<string, number>();
  const ids: string[] = [];
  let rows = new Int16Array(0);
  /** By which the dot product with a row is multiplied: 1 / the length of the row. */
  let scales = new Float32Array(0);
  let bytesOfIds = 0;

  function resize(count: number): void {
    const before = rows;
    rows = new Int16Array(count * dimension);
    rows.set(before.subarray(0, Math.min(before.length, rows.length)));
    const scalesBefore = scales;
    scales = new Float32Array(count);
    scales.set(scalesBefore.subarray(0, count));
  }

  function rowFor(id: string): number {
    const known = rowOf.get(id);
    if (known !== undefined) return known;
    const row = ids.length;
    if (row === scales.length) resize(Math.max(fewestRows, row * 2));
    ids.push(id);
    rowOf.set(id, row);
    bytesOfIds += idBytes(id);
    return row;
  }

  function add(id: string, vector: Float32Array): void {
    checkedLength(vector, dimension);
    let peak = 0;
    for (const component of vector) peak = Math.max(peak, Math.abs(component));
    const row = rowFor(id);
    let at = row * dimension;
    let squares = 0;
    for (const component of vector) {
      const rounded = Math.round((component / peak) * largest);
      rows[at++] = rounded;
      squares += rounded * rounded;
    }
    scales[row] = 1 / Math.sqrt(squares);
  }

  function remove(id: string): boolean {
    const row = rowOf.get(id);
    if (row === undefined) return false;
    rowOf.delete(id);
    bytesOfIds -= idBytes(id);
    const moved = ids.pop();
    const last = ids.length;
    if (moved !== undefined && row < last) {
      ids[row] = moved;
      rowOf.set(moved, row);
      rows.copyWithin(row * dimension, last * dimension, (last + 1) * dimension);
      scales.copyWithin(row, last, last + 1);
    }
    if (last === 0) resize(0);
    else if (last < scales.length / 4 && scales.length > fewestRows) resize(Math.ceil(scales.length / 2));
    return true;
  }

  function take() {
    const id = ids.at(-1);
    if (id === undefined) return undefined;
    const from = (ids.length - 1) * dimension;
    const scale = scales[ids.length - 1] ?? 0;
    const vector = Float32Array.from(rows.subarray(from, from + dimension), (rounded) => rounded * scale);
    remove(id);
    return { id, vector };
  }

  function similarity(row: number, vector: Float32Array): number {
    let sum = 0;
    const from = row * dimension;
    for (let at = 0; at < dimension; at++) sum += (rows[from + at] ?? 0) * (vector[at] ?? 0);
    return sum * (scales[row] ?? 0);
  }

  function nearest(vector: Float32Array, count: number): readonly Neighbour[] {
    const length = checkedLength(vector, dimension);
    const found: Neighbour[] = [];
    if (count <= 0) return found;
    let leastNear = Number.NEGATIVE_INFINITY;
    for (let row = 0; row < ids.length; row++) {
      const near = similarity(row, vector);
      if (near < leastNear) continue;
      found.push({ id: ids[row] ?? '', similarity: near / length });
      // Sorted in batches: most vectors are farther than those that have been found already.
      if (found.length < count * 2) continue;
      found.sort(byNearness).length = count;
      leastNear = (found.at(-1)?.similarity ?? 0) * length;
    }
    found.sort(byNearness).length = Math.min(count, found.length);
    return found;
  }

  return {
    get size() {
      return ids.length;
    },
    get bytes() {
      return rows.byteLength + scales.byteLength + bytesOfIds;
    },
    add,
    has: (id) => rowOf.has(id),
    remove,
    take,
    nearest,
    close() {
      rowOf.clear();
      ids.length = 0;
      bytesOfIds = 0;
      resize(0);
    },
  };
}
