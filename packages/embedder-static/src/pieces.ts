/**
 * Words to pieces of the vocabulary: the whole word if it is a piece, else the most likely split of it.
 *
 * Pieces are found by a hash table over the bytes of the vocabulary: 55 000 strings in a Map would take ten times the
 * memory, and a split looks up every start of every rest of a word.
 */
import type { Table } from './table.ts';
import { wordStart } from './words.ts';

/** Cost of a character that is no piece, in the unit of the pieces' costs. It gives no token. */
const unknownCost = 200;
/** Space that is reused for words of up to so many bytes; a longer word gets its own for as long as it takes. */
const usualBytes = 512;
/** UTF-8 has at most three bytes for a unit of UTF-16. */
const bytesAUnit = 3;

export interface Pieces {
  /** Appends the pieces of one word to `tokens`. */
  append(word: string, tokens: number[]): void;
}

/** The best way to each byte of a word. */
interface Paths {
  readonly bytes: Uint8Array;
  readonly cost: Int32Array;
  /** Where the last step to this byte began. */
  readonly from: Int32Array;
  /** The piece of that step; -1 for an unknown character. */
  readonly piece: Int32Array;
}

export function pieces({ size, vocabulary, offsets, costs }: Table): Pieces {
  /** At least twice as many as pieces, a power of two; a slot is a piece and 1, or 0. */
  const slots = new Uint32Array(2 ** Math.ceil(Math.log2(size * 2)));
  const encoder = new TextEncoder();
  const usual = pathsFor(usualBytes);
  let longest = 0;
  for (let piece = 0; piece < size; piece++) insert(piece);
  const startBytes = encoder.encode(wordStart);
  const startPiece = find(startBytes, 0, startBytes.length, hashOf(startBytes, 0, startBytes.length));

  function insert(piece: number): void {
    const start = offsets[piece] ?? 0;
    const end = (offsets[piece + 1] ?? 0) - 1;
    longest = Math.max(longest, end - start);
    let slot = slotOf(hashOf(vocabulary, start, end));
    while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
    slots[slot] = piece + 1;
  }

  function slotOf(hash: number): number {
    return (hash ^ (hash >>> 15)) & (slots.length - 1);
  }

  /** The piece with these bytes, or -1. */
  function find(bytes: Uint8Array, start: number, end: number, hash: number): number {
    for (let slot = slotOf(hash); ; slot = (slot + 1) & (slots.length - 1)) {
      const piece = (slots[slot] ?? 0) - 1;
      if (piece < 0) return -1;
      const offset = offsets[piece] ?? 0;
      if ((offsets[piece + 1] ?? 0) - 1 - offset !== end - start) continue;
      let at = start;
      while (at < end && bytes[at] === vocabulary[offset + at - start]) at++;
      if (at === end) return piece;
    }
  }

  function append(word: string, tokens: number[]): void {
    const room = bytesAUnit * (word.length + 1);
    const paths = room <= usualBytes ? usual : pathsFor(room);
    const { bytes } = paths;
    bytes.set(startBytes);
    const length = startBytes.length + encoder.encodeInto(word, bytes.subarray(startBytes.length)).written;
    const whole = length > longest ? -1 : find(bytes, 0, length, hashOf(bytes, 0, length));
    if (whole >= 0) tokens.push(whole);
    else {
      split(paths, length);
      follow(paths, length, tokens);
    }
  }

  /** Viterbi: the cheapest way to every end of a character. Of two that cost the same, the one with the earlier start. */
  function split({ bytes, cost, from, piece }: Paths, length: number): void {
    cost.fill(2 ** 31 - 1, 0, length + 1);
    cost[0] = 0;
    for (let start = 0; start < length; start++) {
      if (isWithin(bytes, start)) continue;
      const soFar = cost[start] ?? 0;
      const last = Math.min(length, start + longest);
      let hash = emptyHash;
      let isFirst = true;
      for (let end = start + 1; end <= last; end++) {
        hash = hashed(hash, bytes[end - 1] ?? 0);
        if (end < length && isWithin(bytes, end)) continue;
        const found = find(bytes, start, end, hash);
        const reached = soFar + (found >= 0 ? (costs[found] ?? 0) : unknownCost);
        if ((found >= 0 || isFirst) && reached < (cost[end] ?? 0)) {
          cost[end] = reached;
          from[end] = start;
          piece[end] = found;
        }
        isFirst = false;
      }
    }
  }

  function follow({ from, piece }: Paths, length: number, tokens: number[]): void {
    const first = tokens.length;
    for (let end = length; end > 0; end = from[end] ?? 0) {
      const token = piece[end] ?? -1;
      const isLoneStart = from[end] === 0 && token === startPiece;
      if (token >= 0 && !isLoneStart) tokens.push(token);
    }
    reverseFrom(tokens, first);
  }

  return { append };
}

function pathsFor(length: number): Paths {
  return {
    bytes: new Uint8Array(length),
    cost: new Int32Array(length + 1),
    from: new Int32Array(length + 1),
    piece: new Int32Array(length + 1),
  };
}

/** Whether a byte continues a character of UTF-8. */
function isWithin(bytes: Uint8Array, at: number): boolean {
  return ((bytes[at] ?? 0) & 0xc0) === 0x80;
}

/** FNV-1a, 32 bits. */
const emptyHash = 0x811c9dc5 | 0;

function hashed(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01000193);
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = emptyHash;
  for (let at = start; at < end; at++) hash = hashed(hash, bytes[at] ?? 0);
  return hash;
}

function reverseFrom(tokens: number[], first: number): void {
  for (let low = first, high = tokens.length - 1; low < high; low++, high--) {
    const [left = 0, right = 0] = [tokens[low], tokens[high]];
    tokens[low] = right;
    tokens[high] = left;
  }
}
