/**
 * A vector index of any size: a scan up to a few hundred vectors, and a graph beyond.
 *
 * A vector always goes into the scan first, which takes microseconds. Once there is a graph, vectors move there in the
 * background, a few in each turn of the event loop. Both are searched, so that a vector is found from the moment at which
 * it was added.
 */
import { type Awaitable, andThen, isPending } from '../../clock.ts';
import { messageOf } from '../../observe/report.ts';
import type { Neighbour, VectorIndex } from '../contract.ts';
import { nearestFew } from './order.ts';
import { scanIndex } from './scan.ts';
import type { Turns } from './turns.ts';
import { type GraphIndex, type LoadedUsearch, type Usearch, usearchIndex } from './usearch.ts';

/** Vectors that are scanned while there is no graph yet: beyond them, all vectors move there. */
const mostScanned = 512;
/** Vectors, and components of all of them, that may be scanned if there is no usearch: some milliseconds a search. */
const scannedAlone = { vectors: 20_000, components: 5_120_000 } as const;
/** Components that are added to the graph in one turn of the event loop: some milliseconds. */
const componentsAtOnce = 2_048;

export interface GrowingIndexOptions {
  /** Components of each vector. */
  readonly dimension: number;
  /** Loaded once the scan is full. Without it, everything is scanned. */
  readonly usearch: Pick<LoadedUsearch, 'load' | 'loaded'>;
  readonly turns: Turns;
  /** While it is true, many vectors are being added, and none moves: a graph takes twenty times as long for each. */
  readonly isFilling?: (() => boolean) | undefined;
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
  const { dimension, usearch, turns, isFilling = () => false, onMoved, onTrouble } = options;
  const recent = scanIndex(dimension, usearch.loaded);
  const mostWithoutGraph = Math.min(scannedAlone.vectors, Math.ceil(scannedAlone.components / dimension));
  /** The vector that is being moved. */
  const taken = new Float32Array(dimension);
  let graph: GraphIndex | undefined;
  let most = Number.POSITIVE_INFINITY;
  let isClosed = false;
  let moving: Promise<void> | undefined;

  const size = () => recent.size + (graph?.size ?? 0);

  /** Moves vectors until none is left to be scanned. If they cannot be moved, all further ones are scanned. */
  async function move(): Promise<void> {
    const loaded = await usearch.load();
    if (loaded === undefined) most = mostWithoutGraph;
    else {
      while (recent.size > 0 && !isFilling() && (await turns.background(() => moveSome(loaded)))) onMoved?.();
    }
    moving = undefined;
  }

  function moveSome(loaded: Usearch): boolean {
    if (isClosed) return false;
    graph ??= usearchIndex(loaded, dimension);
    for (let moved = 0; moved < componentsAtOnce; moved += dimension) {
      const id = recent.take(taken);
      if (id === undefined) break;
      try {
        graph.add(id, taken);
      } catch (error) {
        recent.add(id, taken);
        most = Math.max(mostWithoutGraph, size());
        onTrouble?.(`usearch took no further vector (${messageOf(error)}); the index grows no more`);
        return false;
      }
    }
    return true;
  }

  function moveIfFull(): void {
    if (isClosed || most < Number.POSITIVE_INFINITY) return;
    if (recent.size <= (graph === undefined ? mostScanned : 0)) return;
    // usearch is loaded even so: it searches a large scan.
    if (isFilling() && usearch.loaded() !== undefined) return;
    moving ??= move();
  }

  /** A vector that moves meanwhile goes from a block that is searched later, or not at all, to what is searched after it. */
  function nearest(vector: Float32Array, count: number): Awaitable<readonly Neighbour[]> {
    const question = recent.asked(vector);
    const few = nearestFew(count);

    function from(block: number): Awaitable<void> {
      for (let at = block; at >= 0; at--) {
        const searched = turns.search(() => recent.offer(at, question, few));
        if (isPending(searched)) return searched.then(() => from(at - 1));
      }
      return turns.search(() => {
        for (const { id, similarity } of graph?.nearest(vector, count) ?? []) few.offer(id, similarity);
      });
    }

    return andThen(from(recent.blocks - 1), few.found);
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
    nearest,
    async settled() {
      moveIfFull();
      while (moving !== undefined) await moving;
    },
    close() {
      isClosed = true;
      recent.close();
      graph?.close();
    },
  };
}
