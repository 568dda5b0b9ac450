/**
 * A vector index of any size: a scan up to a few hundred vectors, and a graph beyond.
 *
 * A vector always goes into the scan first, which takes microseconds. Once there is a graph, vectors move there in the
 * background, a few in each turn of the event loop. Both are searched, so that a vector is found from the moment at which
 * it was added.
 */

import { messageOf } from '../../observe/report.ts';
import { nextTurn } from '../../store/filter.ts';
import type { Neighbour, VectorIndex } from '../contract.ts';
import { byNearness } from './order.ts';
import { scanIndex } from './scan.ts';
import { type Usearch, usearchIndex } from './usearch.ts';

/** Vectors that are scanned while there is no graph yet: beyond them, all vectors move there. */
const mostScanned = 512;
/** Vectors, and components of all of them, that may be scanned if there is no graph: some milliseconds a search. */
const scannedAlone = { vectors: 20_000, components: 5_120_000 } as const;
/** Components that are added to the graph in one turn of the event loop: some milliseconds. */
const componentsAtOnce = 4_096;

export interface GrowingIndexOptions {
  /** Components of each vector. */
  readonly dimension: number;
  /** Called once the scan is full. Undefined if there is no graph: then everything is scanned. */
  readonly usearch: () => Promise<Usearch | undefined>;
  /** Called when `bytes` has changed in the background. */
  readonly onMoved?: (() => void) | undefined;
  /** Called with one sentence for the operator. */
  readonly onTrouble?: ((message: string) => void) | undefined;
}

export interface GrowingIndex extends VectorIndex {
  readonly dimension: number;
  /** Vectors that it may hold: without a graph, so many that a search does not hold the event loop for long. */
  readonly most: number;
  /** Resolves once no vector is to be moved. */
  settled(): Promise<void>;
}

export function growingIndex(options: GrowingIndexOptions): GrowingIndex {
  const { dimension, usearch, onMoved, onTrouble } = options;
  const recent = scanIndex(dimension);
  const mostWithoutGraph = Math.min(scannedAlone.vectors, Math.ceil(scannedAlone.components / dimension));
  let graph: VectorIndex | undefined;
  let most = Number.POSITIVE_INFINITY;
  let isClosed = false;
  let moving: Promise<void> | undefined;

  const size = () => recent.size + (graph?.size ?? 0);

  /** Moves vectors until none is left to be scanned. If they cannot be moved, all further ones are scanned. */
  async function move(): Promise<void> {
    const loaded = await usearch();
    if (loaded === undefined) most = mostWithoutGraph;
    else {
      graph ??= usearchIndex(loaded, dimension);
      while (!isClosed && recent.size > 0 && moveSome(graph)) {
        onMoved?.();
        await nextTurn();
      }
    }
    moving = undefined;
  }

  function moveSome(into: VectorIndex): boolean {
    for (let moved = 0; moved < componentsAtOnce; moved += dimension) {
      const next = recent.take();
      if (next === undefined) break;
      try {
        into.add(next.id, next.vector);
      } catch (error) {
        recent.add(next.id, next.vector);
        most = Math.max(mostWithoutGraph, size());
        onTrouble?.(`usearch took no further vector (${messageOf(error)}); the index grows no more`);
        return false;
      }
    }
    return true;
  }

  function moveIfFull(): void {
    if (most < Number.POSITIVE_INFINITY) return;
    if (recent.size > (graph === undefined ? mostScanned : 0)) moving ??= move();
  }

  return {
    dimension,
    get most() {
      return most;
    },
    get size() {
      return size();
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
