/**
 * The vectors of one cache by place: an index for each partition, frame and language, so that no search crosses a wall.
 *
 * All of them together are bounded in bytes. Beyond that the place that was used longest ago is dropped as a whole; if
 * there is only one, its oldest vectors are.
 */
import type { Clock } from '../../clock.ts';
import { nextTurn } from '../../store/filter.ts';
import type { Neighbour } from '../contract.ts';
import { type GrowingIndex, growingIndex } from './growing.ts';
import { byNearness } from './order.ts';
import type { Usearch } from './usearch.ts';
import { type WideMap, wideMap } from './wide-map.ts';

/** The place of a question: its vector is compared with the others there. */
export interface Place {
  readonly partition: string;
  readonly frame: string;
  readonly language: string;
}

/**
 * Where to search: in one place; without a language, in all languages of a frame; with the partition alone, in all of it,
 * which takes longer the more frames it has.
 */
export type Searched =
  | Place
  | {
      readonly partition: string;
      readonly frame?: string | undefined;
      readonly language?: undefined;
    };

export interface PlacesOptions {
  readonly clock: Clock;
  /** Bound on all indexes together, in bytes. */
  readonly maxBytes: number;
  readonly usearch: () => Promise<Usearch | undefined>;
  /** Called with one sentence for the operator. */
  readonly onTrouble?: ((message: string) => void) | undefined;
}

export interface Places {
  readonly size: number;
  readonly places: number;
  /** Estimate of the memory that all indexes take. */
  readonly bytes: number;
  /** Vectors that were dropped to stay within the bounds. */
  readonly dropped: number;
  has(key: string): boolean;
  /**
   * Adds the vector of an entry, or replaces it. False if the entry has expired, or the place has vectors of another
   * dimension.
   *
   * @throws AskonceError `invalid_vector` if the vector has no direction.
   */
  add(key: string, place: Place, vector: Float32Array, expires: number): boolean;
  remove(key: string): boolean;
  /** The nearest entries that have not expired, at most `count` of them, nearest first. */
  nearest(place: Searched, vector: Float32Array, count: number): readonly Neighbour[];
  /** Resolves once what was added lies where it stays. */
  settled(): Promise<void>;
  clear(): void;
}

/** An index, and what it does not know of its vectors. */
interface Held extends Place {
  readonly index: GrowingIndex;
  /** Expiry of each entry in ms since the epoch. */
  readonly expires: WideMap<number>;
  /** As last counted. */
  bytes: number;
}

/** Keys of a closed place that are released in one turn of the event loop. */
const releasedAtOnce = 1_000;
/** Most places. Beyond it the one that was used longest ago is dropped. */
const mostPlaces = 20_000;
/** Memory of an index without vectors, in bytes. */
const placeBytes = 4_096;
/** Memory of an entry's rows in the maps of expiries and of places, in bytes. */
const rowBytes = 112;

export function placedVectors({ clock, maxBytes, usearch, onTrouble }: PlacesOptions): Places {
  /** By name; the one that was used longest ago comes first. */
  const places = new Map<string, Held>();
  /** The places of each partition, and of each of its frames. */
  const groups = new Map<string, Set<Held>>();
  /** By key; a place that has been closed may still stand in it. */
  const placeOf = wideMap<Held>();
  const unsettled = new Set<GrowingIndex>();
  let size = 0;
  let bytes = 0;
  let dropped = 0;

  function open(place: Place, dimension: number): Held {
    const { partition, frame, language } = place;
    const onMoved = () => {
      count(held);
      makeRoom(held);
    };
    const index = growingIndex({ dimension, usearch, onMoved, onTrouble });
    const held: Held = { partition, frame, language, index, expires: wideMap(), bytes: 0 };
    places.set(nameOf(place), held);
    for (const group of [partition, frameOf(place)])
      groups.set(group, (groups.get(group) ?? new Set()).add(held));
    return held;
  }

  function isOpen(held: Held): boolean {
    return places.get(nameOf(held)) === held;
  }

  function heldOf(key: string): Held | undefined {
    const held = placeOf.get(key);
    return held !== undefined && isOpen(held) ? held : undefined;
  }

  /** The keys of a closed place leave the table in the background: there may be a hundred thousand. */
  async function release(held: Held): Promise<void> {
    let released = 0;
    for (const key of held.expires.keys()) {
      if (placeOf.get(key) === held) placeOf.delete(key);
      released += 1;
      if (released % releasedAtOnce === 0) await nextTurn();
    }
  }

  function close(held: Held): void {
    size -= held.expires.size;
    places.delete(nameOf(held));
    for (const group of [held.partition, frameOf(held)]) {
      groups.get(group)?.delete(held);
      if (groups.get(group)?.size === 0) groups.delete(group);
    }
    unsettled.delete(held.index);
    held.index.close();
    bytes -= held.bytes;
    held.bytes = 0;
    void release(held);
  }

  function used(held: Held): void {
    const name = nameOf(held);
    places.delete(name);
    places.set(name, held);
  }

  function count(held: Held): void {
    if (!isOpen(held)) return;
    const now = held.index.bytes + held.expires.size * rowBytes + placeBytes;
    bytes += now - held.bytes;
    held.bytes = now;
  }

  function makeRoom(held: Held): void {
    while (held.index.size > held.index.most) dropOldest(held);
    while (bytes > maxBytes || places.size > mostPlaces) {
      const [coldest] = places.values();
      if (coldest === undefined) return;
      if (places.size === 1) dropOldest(coldest);
      else if (coldest === held) used(held);
      else {
        dropped += coldest.expires.size;
        close(coldest);
      }
    }
  }

  function dropOldest(held: Held): void {
    const oldest = held.expires.oldest();
    if (oldest !== undefined && remove(oldest)) dropped += 1;
    else close(held);
  }

  function remove(key: string): boolean {
    const held = heldOf(key);
    if (held === undefined) return false;
    placeOf.delete(key);
    if (held.expires.delete(key)) size -= 1;
    held.index.remove(key);
    if (held.expires.size === 0) close(held);
    else count(held);
    return true;
  }

  function add(key: string, place: Place, vector: Float32Array, expires: number): boolean {
    remove(key);
    if (expires <= clock.now()) return false;
    const held = places.get(nameOf(place)) ?? open(place, vector.length);
    if (held.index.dimension !== vector.length) return false;
    try {
      held.index.add(key, vector);
    } catch (error) {
      if (held.expires.size === 0) close(held);
      throw error;
    }
    held.expires.set(key, expires);
    placeOf.set(key, held);
    size += 1;
    unsettled.add(held.index);
    used(held);
    count(held);
    makeRoom(held);
    return true;
  }

  function searched(place: Searched): readonly Held[] {
    const { partition, frame, language } = place;
    if (frame === undefined) return [...(groups.get(partition) ?? [])];
    if (language === undefined) return [...(groups.get(frameOf({ partition, frame })) ?? [])];
    const held = places.get(nameOf({ partition, frame, language }));
    return held === undefined ? [] : [held];
  }

  /** Those near that have not expired. What has expired is removed, and then there is room for others. */
  function nearestIn(held: Held, vector: Float32Array, count: number): readonly Neighbour[] {
    const { index, expires } = held;
    if (index.dimension !== vector.length) return [];
    used(held);
    while (true) {
      const found = index.nearest(vector, count);
      const now = clock.now();
      const gone = found.filter(({ id }) => (expires.get(id) ?? 0) <= now);
      if (gone.length === 0) return found;
      for (const { id } of gone) if (!remove(id)) index.remove(id);
    }
  }

  return {
    get size() {
      return size;
    },
    get places() {
      return places.size;
    },
    get bytes() {
      return bytes;
    },
    get dropped() {
      return dropped;
    },
    has: (key) => heldOf(key) !== undefined,
    add,
    remove,
    nearest(place, vector, count) {
      const found = searched(place).map((held) => nearestIn(held, vector, count));
      if (found.length === 1) return found[0] ?? [];
      return found.flat().sort(byNearness).slice(0, count);
    },
    async settled() {
      const waiting = [...unsettled];
      unsettled.clear();
      for (const index of waiting) await index.settled();
    },
    clear() {
      for (const held of [...places.values()]) close(held);
    },
  };
}

/** No partition has a line break, so that none of these names is another's. */
const frameOf = ({ partition, frame }: Omit<Place, 'language'>) => `${partition}\n${frame}`;
const nameOf = (place: Place) => `${frameOf(place)}\n${place.language}`;
