/**
 * A vector index by usearch: a graph (HNSW) that finds nearly all of the nearest neighbours without comparing with every
 * vector. The vectors are half-precision numbers: signed bytes, as usearch makes them, lose a ninth of the neighbours.
 */
import type { Index } from 'usearch';
import { messageOf } from '../../observe/report.ts';
import type { Neighbour, VectorIndex } from '../contract.ts';
import { byNearness, checkedLength, idBytes } from './order.ts';
import { wideMap } from './wide-map.ts';

/** The package `usearch`, once it is loaded. */
export type Usearch = typeof import('usearch');

/** The package, loaded when it is first needed. */
export interface LoadedUsearch {
  /** Resolves with undefined if it cannot be loaded. */
  load(): Promise<Usearch | undefined>;
  /** Undefined while it is not loaded. */
  loaded(): Usearch | undefined;
  /** Why it cannot be loaded, in one sentence; undefined if it can. */
  trouble(): string | undefined;
}

/** A graph answers at once. */
export interface GraphIndex extends VectorIndex {
  nearest(vector: Float32Array, count: number): readonly Neighbour[];
}

/** Neighbours of a vector in the graph. */
const connectivity = 16;
/** Candidates that are looked at to find them when a vector is added, and when neighbours are searched. */
const expansion = 64;
/** Bytes of a vector's place in the graph: its key, up to 32 neighbours, its rows in the tables of keys and of nodes. */
const nodeBytes = 190;
const componentBytes = 2;

/**
 * Loads the package.
 *
 * @throws whatever its import throws: it is not installed, or has no binary for this machine.
 */
export function loadUsearch(): Promise<Usearch> {
  return import('usearch');
}

/** @param onTrouble called once, if the package cannot be loaded */
export function usearchOnce(
  load: () => Promise<Usearch>,
  onTrouble: (message: string) => void,
): LoadedUsearch {
  let loading: Promise<Usearch | undefined> | undefined;
  let loaded: Usearch | undefined;
  let trouble: string | undefined;

  async function loadNow(): Promise<Usearch | undefined> {
    try {
      loaded = await load();
    } catch (error) {
      trouble = `the package usearch could not be loaded (${messageOf(error)}): semantic lookups scan at most 20 000 vectors a place; install usearch to hold more`;
      onTrouble(trouble);
    }
    return loaded;
  }

  return {
    load: () => (loading ??= loadNow()),
    loaded: () => loaded,
    trouble: () => trouble,
  };
}

/**
 * Its memory is released when the garbage collector finds that the index is no longer in use; a vector that is removed
 * leaves its place to the next one.
 *
 * @param dimension components of each vector
 */
export function usearchIndex(usearch: Usearch, dimension: number): GraphIndex {
  const { Index, MetricKind, ScalarKind } = usearch;
  let labelOf = wideMap<number>();
  /** The id of each label; undefined if the label is free. */
  const ids: (string | undefined)[] = [];
  const free: number[] = [];
  const label = new BigUint64Array(1);
  let graph: Index | undefined;
  let bytesOfIds = 0;

  function open(): Index {
    return new Index({
      dimensions: dimension,
      metric: MetricKind.Cos,
      quantization: ScalarKind.F16,
      connectivity,
      expansion_add: expansion,
      expansion_search: expansion,
      multi: false,
    });
  }

  /** On this thread: the graph's own threads take longer to start than one vector takes. */
  function insert(number: number, vector: Float32Array): void {
    graph ??= open();
    label[0] = BigInt(number);
    graph.add(label, vector, 1);
  }

  function add(id: string, vector: Float32Array): void {
    checkedLength(vector, dimension);
    remove(id);
    const number = free.pop() ?? ids.length;
    insert(number, vector);
    ids[number] = id;
    labelOf.set(id, number);
    bytesOfIds += idBytes(id);
  }

  function remove(id: string): boolean {
    const number = labelOf.get(id);
    if (number === undefined) return false;
    label[0] = BigInt(number);
    graph?.remove(label);
    labelOf.delete(id);
    ids[number] = undefined;
    free.push(number);
    bytesOfIds -= idBytes(id);
    if (labelOf.size === 0) clear();
    return true;
  }

  function clear(): void {
    graph = undefined;
    labelOf = wideMap();
    ids.length = 0;
    free.length = 0;
    bytesOfIds = 0;
  }

  function nearest(vector: Float32Array, count: number): readonly Neighbour[] {
    checkedLength(vector, dimension);
    const wanted = Math.min(count, labelOf.size);
    if (graph === undefined || wanted <= 0) return [];
    const found = graph.search(vector, wanted, 1);
    const neighbours: Neighbour[] = [];
    for (const [at, number] of found.keys.entries()) {
      const id = ids[Number(number)];
      if (id !== undefined) neighbours.push({ id, similarity: 1 - (found.distances[at] ?? 2) });
    }
    return neighbours.sort(byNearness);
  }

  return {
    get size() {
      return labelOf.size;
    },
    get bytes() {
      return ids.length * (dimension * componentBytes + nodeBytes) + bytesOfIds;
    },
    add,
    remove,
    nearest,
    close: clear,
  };
}
