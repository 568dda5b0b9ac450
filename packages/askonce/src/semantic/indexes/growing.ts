/**
 * A vector index of any size: a scan up to a few hundred vectors, and a graph for what is beyond them.
 *
 * A vector always goes into the scan first, which takes microseconds. When that is full, its vectors move to the graph in
 * the background, a few in each turn of the event loop. Both are searched, so that a vector is found from the moment at
 * which it was added.
 */

import { nextTurn } from '../../store/filter.ts';
import type { Neighbour, VectorIndex } from '../contract.ts';
import { byNearness } from './order.ts';
import { scanIndex } from './scan.ts';
import { type Usearch, usearchIndex } from './usearch.ts';

/** Vectors above which the scan is emptied, down to half of them. */
const mostScanned = 512;
/** Vectors that may be scanned if there is no graph: some milliseconds a search. */
const mostWithoutGraph = 20_000;
/** Components that are added to the graph in one turn of the event loop: some milliseconds. */
const componentsAtOnce = 4_096;

export interface GrowingIndexOptions {
  /** Components of each vector. */
  readonly dimension: number;
  /** Called once the scan is full. Undefined if there is no graph: then everything is scanned. */
  readonly usearch: () => Promise<Usearch | undefined>;
  /** Called when `bytes` has changed in the background. */
  readonly onMoved?: (() => void) | undefined;
}

export interface GrowingIndex extends VectorIndex {
  readonly dimension: number;
  /** Vectors that it may hold: without a graph, so many that a search does not hold the event loop for long. */
  readonly most: number;
  /** Resolves once no vector is to be moved. */
  settled(): Promise<void>;
}

export function growingIndex({ dimension, usearch, onMoved }: GrowingIndexOptions): GrowingIndex {
  const recent = scanIndex(dimension);
  let graph: VectorIndex | undefined;
  let hasNoGraph = false;
  let isClosed = false;
  let moving: Promise<void> | undefined;

  /** Moves vectors until the scan is half full. */
  async function move(): Promise<void> {
    const loaded = await usearch();
    if (loaded === undefined) hasNoGraph = true;
    else {
      graph ??= usearchIndex(loaded, dimension);
      while (!isClosed && recent.size > mostScanned / 2) {
        moveSome(graph);
        onMoved?.();
        await nextTurn();
      }
    }
    moving = undefined;
    if (!isClosed) moveIfFull();
  }

  function moveSome(into: VectorIndex): void {
    for (let moved = 0; moved < componentsAtOnce; moved += dimension) {
      const next = recent.take();
      if (next === undefined) return;
      into.add(next.id, next.vector);
    }
  }

  function moveIfFull(): void {
    if (recent.size > mostScanned && !hasNoGraph) moving ??= move();
  }

  return {
    dimension,
    get most() {
      return hasNoGraph ? mostWithoutGraph : Number.POSITIVE_INFINITY;
    },
    get size() {
      return recent.size + (graph?.size ?? 0);
    },
    get bytes() {
      return recent.bytes + (graph?.bytes ?? 0);
    },
    add(id, vector) {
      recent.add(id, vector);
      graph?.remove(id);
      moveIfFull();
    },
    remove: (id) => recent.remove(id) || graph?.remove(id) === true,
    nearest(vector, count) {
      const newest = recent.nearest(vector, count);
      if (graph === undefined) return newest;
      return merged(newest, graph.nearest(vector, count), count);
    },
    async settled() {
      while (moving !== undefined) await moving;
    },
    close() {
      isClosed = true;
      recent.close();
      graph?.close();
    },
  };
}

function merged(
  some: readonly Neighbour[],
  others: readonly Neighbour[],
  count: number,
): readonly Neighbour[] {
  return [...some, ...others].sort(byNearness).slice(0, count);
}
