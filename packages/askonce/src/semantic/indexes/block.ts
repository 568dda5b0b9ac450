/**
 * Rows of vectors: 16-bit numbers, each row scaled to its own largest component.
 *
 * A large block has the upper byte of each number in an array of its own as well. usearch compares a question with those
 * many times as fast as JavaScript does; what seems near by them is compared by all bits.
 */
import { checkedLength, type NearestFew } from './order.ts';
import type { Usearch } from './usearch.ts';

export interface Block {
  readonly dimension: number;
  readonly rows: Int16Array;
  /** By which the dot product with a row is multiplied: 1 / the length of the row. */
  readonly scales: Float32Array;
  /** The upper byte of each number, in a buffer of its own: usearch reads a buffer from its start. */
  readonly upper: Int8Array | undefined;
}

/** A vector that is compared with rows. */
export interface Asked {
  readonly vector: Float32Array;
  readonly length: number;
  /** In signed bytes. */
  readonly bytes: Int8Array;
}

const largest = 32_767;
const largestByte = 127;
/** Rows that are compared by all bits, for each neighbour wanted and besides: upper bytes change a cosine by 0.004 at most. */
const [comparedEach, comparedBesides] = [2, 16];

/** @param hasUpper whether it is large enough to be compared by usearch */
export function openBlock(dimension: number, room: number, hasUpper: boolean): Block {
  return {
    dimension,
    rows: new Int16Array(room * dimension),
    scales: new Float32Array(room),
    upper: hasUpper ? new Int8Array(room * dimension) : undefined,
  };
}

export function blockBytes({ rows, scales, upper }: Block): number {
  return rows.byteLength + scales.byteLength + (upper?.byteLength ?? 0);
}

/** @throws AskonceError `invalid_vector` if the vector has another dimension, or no direction. */
export function asked(vector: Float32Array, dimension: number): Asked {
  const length = checkedLength(vector, dimension);
  const scale = largestByte / peakOf(vector);
  return { vector, length, bytes: Int8Array.from(vector, (component) => Math.round(component * scale)) };
}

export function writeRow(
  { dimension, rows, scales, upper }: Block,
  row: number,
  vector: ArrayLike<number>,
): void {
  const scale = largest / peakOf(vector);
  const from = row * dimension;
  let squares = 0;
  for (let at = 0; at < dimension; at++) {
    const rounded = Math.round((vector[at] ?? 0) * scale);
    rows[from + at] = rounded;
    if (upper !== undefined) upper[from + at] = Math.round(rounded / 256);
    squares += rounded * rounded;
  }
  scales[row] = 1 / Math.sqrt(squares);
}

/** Copies rows from a block, which may be the same. */
export function copyRows(into: Block, row: number, from: Block, start: number, count: number): void {
  const { dimension, rows, scales, upper } = into;
  const [first, last] = [start * dimension, (start + count) * dimension];
  const copied = from.rows.subarray(first, last);
  rows.set(copied, row * dimension);
  scales.set(from.scales.subarray(start, start + count), row);
  if (upper === undefined) return;
  let at = row * dimension;
  for (const component of copied) upper[at++] = Math.round(component / 256);
}

/** Writes the vector of a row, of length 1, into `vector`. */
export function readRow({ dimension, rows, scales }: Block, row: number, vector: Float32Array): void {
  const scale = scales[row] ?? 0;
  const from = row * dimension;
  for (let at = 0; at < dimension; at++) vector[at] = (rows[from + at] ?? 0) * scale;
}

/** Offers the nearest of the first `count` rows by their numbers. */
export function offerNearest(
  block: Block,
  count: number,
  question: Asked,
  few: NearestFew,
  idOf: (row: number) => string,
  usearch: Usearch | undefined,
): void {
  const { dimension, rows, scales, upper } = block;
  const { vector, length } = question;

  function offer(row: number): void {
    let sum = 0;
    const from = row * dimension;
    for (let at = 0; at < dimension; at++) sum += (rows[from + at] ?? 0) * (vector[at] ?? 0);
    const similarity = (sum * (scales[row] ?? 0)) / length;
    if (similarity >= few.least) few.offer(idOf(row), similarity);
  }

  const compared = few.count * comparedEach + comparedBesides;
  if (usearch === undefined || upper === undefined || compared * 4 > count) {
    for (let row = 0; row < count; row++) offer(row);
  } else {
    const { exactSearch, MetricKind } = usearch;
    const held = upper.subarray(0, count * dimension);
    const found = exactSearch(held, question.bytes, dimension, compared, MetricKind.Cos, 1);
    for (const row of found.keys) offer(Number(row));
  }
}

function peakOf(vector: ArrayLike<number>): number {
  let peak = 0;
  for (let at = 0; at < vector.length; at++) peak = Math.max(peak, Math.abs(vector[at] ?? 0));
  return peak;
}
