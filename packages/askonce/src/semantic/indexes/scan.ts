/**
 * A vector index that compares with every vector that it holds, by 16 bits a component: up to a few hundred vectors faster
 * than any other. The vectors lie in blocks, so that no growth copies more than one of them.
 */
import type { Neighbour, VectorIndex } from '../contract.ts';
import {
  type Asked,
  asked,
  type Block,
  blockBytes,
  copyRows,
  offerNearest,
  openBlock,
  readRow,
  writeRow,
} from './block.ts';
import { checkedLength, idBytes, type NearestFew, nearestFew } from './order.ts';
import type { Usearch } from './usearch.ts';
import { wideMap } from './wide-map.ts';

/** A vector index that can be searched in pieces, and whose vectors can be moved to another. */
export interface ScanIndex extends VectorIndex {
  /** Pieces to search. */
  readonly blocks: number;
  has(id: string): boolean;
  /** Removes a vector, writes it into `vector`, and returns its id; undefined if there is none. It lies in the last block. */
  take(vector: Float32Array): string | undefined;
  nearest(vector: Float32Array, count: number): readonly Neighbour[];
  /** @throws AskonceError `invalid_vector` as {@link VectorIndex.nearest} does. */
  asked(vector: Float32Array): Asked;
  /** Offers the nearest in one block, the last of which comes first: vectors move towards the first. */
  offer(block: number, question: Asked, few: NearestFew): void;
}

const fewestRows = 4;
/** Components in a full block: 3 MB. */
const componentsOfBlock = 1_048_576;
/** A block is released once so many rows before it are free. */
const spare = 0.25;

/**
 * @param dimension components of each vector
 * @param usearch compares with the rows of large blocks, once it is loaded
 */
export function scanIndex(
  dimension: number,
  usearch: () => Usearch | undefined = () => undefined,
): ScanIndex {
  const rowsOfBlock = Math.max(256, 2 ** Math.floor(Math.log2(componentsOfBlock / dimension)));
  let rowOf = wideMap<number>();
  const ids: string[] = [];
  const blocks: Block[] = [];
  let bytesOfBlocks = 0;
  let bytesOfIds = 0;

  const open = (room: number) => openBlock(dimension, room, room === rowsOfBlock);
  const within = (row: number) => row % rowsOfBlock;
  const blockOf = (row: number) => Math.floor(row / rowsOfBlock);

  function put(at: number, block: Block): void {
    const before = blocks[at];
    blocks[at] = block;
    bytesOfBlocks += blockBytes(block) - (before === undefined ? 0 : blockBytes(before));
  }

  /** The block for a row, with room for it. Only the first one grows. */
  function blockFor(row: number): Block {
    const at = blockOf(row);
    const known = blocks[at];
    if (known !== undefined && within(row) < known.scales.length) return known;
    const block = open(at > 0 ? rowsOfBlock : Math.min(rowsOfBlock, Math.max(fewestRows, row * 2)));
    if (known !== undefined) copyRows(block, 0, known, 0, known.scales.length);
    put(at, block);
    return block;
  }

  /** Releases what is not needed for so many rows, and leaves some room. */
  function shrink(count: number): void {
    const last = blocks.at(-1);
    if (count === 0) release();
    else if (last !== undefined && blocks.length > 1) {
      if (count > (blocks.length - 1 - spare) * rowsOfBlock) return;
      blocks.pop();
      bytesOfBlocks -= blockBytes(last);
    } else if (last !== undefined && count < last.scales.length / 4 && last.scales.length > fewestRows) {
      const smaller = open(Math.ceil(last.scales.length / 2));
      copyRows(smaller, 0, last, 0, count);
      put(0, smaller);
    }
  }

  function release(): void {
    blocks.length = 0;
    bytesOfBlocks = 0;
  }

  function add(id: string, vector: Float32Array): void {
    checkedLength(vector, dimension);
    const known = rowOf.get(id);
    const row = known ?? ids.length;
    writeRow(blockFor(row), within(row), vector);
    if (known !== undefined) return;
    ids.push(id);
    rowOf.set(id, row);
    bytesOfIds += idBytes(id);
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
      copyRows(blockFor(row), within(row), blockFor(last), within(last), 1);
    }
    shrink(last);
    return true;
  }

  function take(vector: Float32Array): string | undefined {
    const id = ids.at(-1);
    if (id === undefined) return undefined;
    readRow(blockFor(ids.length - 1), within(ids.length - 1), vector);
    remove(id);
    return id;
  }

  function offer(at: number, question: Asked, few: NearestFew): void {
    const block = blocks[at];
    const from = at * rowsOfBlock;
    const count = Math.min(rowsOfBlock, ids.length - from);
    if (block === undefined || count <= 0 || few.count <= 0) return;
    offerNearest(block, count, question, few, (row) => ids[from + row] ?? '', usearch());
  }

  return {
    get size() {
      return ids.length;
    },
    get bytes() {
      return bytesOfBlocks + bytesOfIds;
    },
    get blocks() {
      return blocks.length;
    },
    add,
    has: (id) => rowOf.has(id),
    remove,
    take,
    asked: (vector) => asked(vector, dimension),
    offer,
    nearest(vector, count) {
      const question = asked(vector, dimension);
      const few = nearestFew(count);
      for (let at = blocks.length - 1; at >= 0; at--) offer(at, question, few);
      return few.found();
    },
    close() {
      rowOf = wideMap();
      ids.length = 0;
      bytesOfIds = 0;
      release();
    },
  };
}
