/**
 * The vectors of one cache by place: an index for each partition, frame and language, so that no search crosses a wall.
 *
 * All of them together are bounded in bytes. Beyond that the place that was used longest ago is dropped as a whole; if
 * there is only one, its oldest vectors are.
 */
import { type Awaitable, andThen, type Clock } from '../../clock.ts';
import { nextTurn } from '../../store/filter.ts';
import type { Neighbour } from '../contract.ts';
import { type GrowingIndex, growingIndex } from './growing.ts';
import { nearestFew } from './order.ts';
import { type Place, placeTable, type Searched } from './place-table.ts';
import { turns } from './turns.ts';
import type { LoadedUsearch } from './usearch.ts';
import { type WideMap, wideMap } from './wide-map.ts';

export interface PlacesOptions {
  readonly clock: Clock;
  /** Bound on all indexes together, in bytes. */
  readonly maxBytes: number;
  readonly usearch: Pick<LoadedUsearch, 'load' | 'loaded'>;
  /** Whether many vectors are being added: while it is true, they are found, and do not yet lie where they stay. */
  readonly isFilling?: (() => boolean) | undefined;
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
  /** The entry expires at another instant, and its vector stays. */
  renew(key: string, expires: number): void;
  /** Instant in ms since the epoch at which an entry here expires; undefined if there is none. */
  expiresAt(key: string): number | undefined;
  /** All keys. One that is added or removed meanwhile may be among them. */
  keys(): Iterable<string>;
  /**
   * Adds the vector of an entry, or replaces it. False if the entry has expired, or the place has vectors of another
   * dimension.
   *
   * @throws AskonceError `invalid_vector` if the vector has no direction.
   */
  add(key: string, place: Place, vector: Float32Array, expires: number): boolean;
  remove(key: string): boolean;
  /** The nearest entries that have not expired, at most `count` of them, nearest first. */
  nearest(place: Searched, vector: Float32Array, count: number): Awaitable<readonly Neighbour[]>;
  /** Resolves once what was added lies where it stays. */
  settled(): Promise<void>;
  clear(): void;
}

/** An index, and what it does not know of its vectors. */
interface Held {
  readonly place: Place;
  readonly index: GrowingIndex;
  /** Expiry of each entry in ms since the epoch. */
  readonly expires: WideMap<number>;
  /** As last counted. */
  bytes: number;
  isOpen: boolean;
}

/** Keys of a closed place that are released in one turn of the event loop. */
const releasedAtOnce = 1_000;
/** Searches for one lookup: each looks for twice as many as the one before, where that found expired ones. */
const mostSearches = 6;
/** Most places. Beyond it the one that was used longest ago is dropped. */
const mostPlaces = 20_000;
/** Memory of an index without vectors, in bytes. */
const placeBytes = 4_096;
/** Memory of an entry's rows in the maps of expiries and of places, in bytes. */
const rowBytes = 112;

export function placedVectors({ clock, maxBytes, usearch, isFilling, onTrouble }: PlacesOptions): Places {
  const places = placeTable<Held>();
  /** By key; a place that has been closed may still stand in it. */
  const placeOf = wideMap<Held>();
  const unsettled = new Set<GrowingIndex>();
  const inTurns = turns(clock);
  let settling = Promise.resolve();
  let size = 0;
  let bytes = 0;
  let dropped = 0;

  function open(place: Place, dimension: number): Held {
    const onMoved = () => {
      count(held);
      makeRoom(held);
    };
    const index = growingIndex({ dimension, usearch, turns: inTurns, isFilling, onMoved, onTrouble });
    const held: Held = { place, index, expires: wideMap(), bytes: 0, isOpen: true };
    places.add(place, held);
    return held;
  }

  function heldOf(key: string): Held | undefined {
    const held = placeOf.get(key);
    return held?.isOpen ? held : undefined;
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
    if (!held.isOpen) return;
    held.isOpen = false;
    places.remove(held.place);
    unsettled.delete(held.index);
    held.index.close();
    size -= held.expires.size;
    bytes -= held.bytes;
    void release(held);
  }

  function count(held: Held): void {
    if (!held.isOpen) return;
    const now = held.index.bytes + held.expires.size * rowBytes + placeBytes;
    bytes += now - held.bytes;
    held.bytes = now;
  }

  /** One place after the other. */
  async function settle(): Promise<void> {
    const waiting = [...unsettled];
    unsettled.clear();
    for (const index of waiting) await index.settled();
  }

  function makeRoom(held: Held): void {
    while (held.index.size > held.index.most) dropOldest(held);
    while (bytes > maxBytes || places.size > mostPlaces) {
      const coldest = places.coldest();
      if (coldest === undefined) return;
      if (places.size === 1) dropOldest(coldest);
      else if (coldest === held) places.used(held.place);
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
    const held = places.at(place) ?? open(place, vector.length);
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
    places.used(place);
    count(held);
    makeRoom(held);
    return true;
  }

  /**
   * Those near that have not expired. What has expired is removed, and then there is room for others: not without end, since
   * all of a hundred thousand may have expired at once.
   */
  function nearestIn(
    held: Held,
    vector: Float32Array,
    count: number,
    search = 1,
  ): Awaitable<readonly Neighbour[]> {
    const { index, expires } = held;
    if (index.dimension !== vector.length) return [];
    const isCurrent = ({ id }: Neighbour) => (expires.get(id) ?? 0) > clock.now();
    return andThen(index.nearest(vector, count * 2 ** (search - 1)), (found) => {
      const current = found.filter(isCurrent);
      for (const one of found) if (!isCurrent(one) && !remove(one.id)) index.remove(one.id);
      const isEnough = current.length >= count || current.length === found.length;
      if (isEnough || search === mostSearches) return current.slice(0, count);
      return nearestIn(held, vector, count, search + 1);
    });
  }

  async function nearestInAll(
    within: readonly Held[],
    vector: Float32Array,
    count: number,
  ): Promise<readonly Neighbour[]> {
    const few = nearestFew(count);
    for (const held of within)
      for (const { id, similarity } of await nearestIn(held, vector, count)) few.offer(id, similarity);
    return few.found();
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
    renew(key, expires) {
      heldOf(key)?.expires.set(key, expires);
    },
    expiresAt: (key) => heldOf(key)?.expires.get(key),
    *keys() {
      for (const held of places.all()) yield* held.expires.keys();
    },
    add,
    remove,
    nearest(place, vector, count) {
      const within = places.searched(place);
      // A search in a whole partition is an operator's, and says nothing about which place is in use.
      if (place.frame !== undefined) for (const held of within) places.used(held.place);
      const [only, another] = within;
      if (only === undefined) return [];
      return another === undefined ? nearestIn(only, vector, count) : nearestInAll(within, vector, count);
    },
    settled() {
      settling = settling.then(settle);
      return settling;
    },
    clear() {
      for (const held of places.all()) close(held);
    },
  };
}
