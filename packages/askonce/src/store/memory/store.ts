/**
 * The memory tier: bounded in bytes, evicts the least recently used entry first.
 *
 * Holds decoded entries, as copies unless they are the cache's own. A body that is found is the buffer that goes on the
 * wire, and must not be modified.
 */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../clock.ts';
import { systemClock } from '../../clock.ts';
import type { Entry } from '../../entry/entry.ts';
import { heldEntry, OwnEntry } from '../../entry/own-entry.ts';
import { AskonceError } from '../../errors.ts';
import type { Browse } from '../browse.ts';
import type { Found, OnRemoved, Scan, Store, StoreStatistics, TagIndex, WriteResult } from '../contract.ts';
import { nextTurn } from '../filter.ts';
import { Listeners } from '../listeners.ts';
import { logBytesWithin } from '../log-rows.ts';
import type { LogStore } from '../shared.ts';
import { Tally } from '../tally.ts';
import { memoryBrowse } from './browse.ts';
import type { EntriesInMemory, HeldEntry } from './held-entry.ts';
import { memoryLog } from './log.ts';
import { memoryMaintenance } from './maintenance.ts';
import { keysByTag } from './tagged-keys.ts';
import { memoryTags } from './tags.ts';

export interface MemoryStoreOptions {
  /** Bound on keys, estimated metadata, the index of their tags and bodies together, in bytes. Default 268 435 456 (256 MB). */
  readonly maxBytes?: number | undefined;
  /** Default: the system clock. */
  readonly clock?: Clock | undefined;
}

/** A store that answers every call synchronously. */
export interface MemoryStore extends Store {
  get(key: string): Found | undefined;
  getMany(keys: readonly string[]): readonly (Found | undefined)[];
  set(entry: Entry): WriteResult;
  setMany(entries: readonly Entry[]): readonly WriteResult[];
  delete(key: string): boolean;
  deleteMany(keys: readonly string[]): number;
  forget(): void;
  onRemoved(listener: OnRemoved): () => void;
  holds(key: string): boolean;
  sweep(isDead: (found: Found) => boolean): Promise<number>;
  readonly shared: { readonly log: LogStore };
  readonly tags: TagIndex;
  readonly scan: Scan;
  readonly browse: Browse;
  statistics(): StoreStatistics;
}

const memoryStoreDefaults = { maxBytes: 268_435_456 } as const;

const tier = 'memory';
/** Memory of an entry's objects besides their text and bytes, in bytes: measured on 64-bit V8, rounded up. */
const objectBytes = 1_024;
const addedTagBytes = 128;
/** Entries that a sweep examines in one turn of the event loop: about a millisecond. */
const sweptAtOnce = 2_000;

/** What an entry has of the one before it, if there was none. */
const neverFound = { hits: 0, lastHit: 0, added: undefined } as const;

/** @throws AskonceError `invalid_settings` if `maxBytes` is not a positive whole number. */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const { maxBytes = memoryStoreDefaults.maxBytes, clock = systemClock } = options;
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) {
    throw new AskonceError(
      'invalid_settings',
      'maxBytes of the memory store must be a positive whole number.',
    );
  }
  const tally = new Tally(clock);
  const removed = new Listeners<Parameters<OnRemoved>>();
  let isClosed = false;
  /** What was evicted and is not reported yet. */
  let evicted: string[] = [];
  const entries = new LRUCache<string, HeldEntry>({
    maxSize: maxBytes,
    sizeCalculation: sizeOfHeld,
    // Not `disposeAfter`: `clear` would call it in a time that grows with the square of the number of entries.
    dispose: (held, key, reason) => {
      byTag.remove(key, held);
      if (reason === 'evict') evicted.push(key);
    },
  });
  const byTag = keysByTag({ keys: () => entries.keys(), peek: (key) => entries.peek(key), makeRoom });

  function put(key: string, held: HeldEntry, size?: number): void {
    entries.set(key, held, size === undefined ? {} : { size });
    if (entries.peek(key) === held) byTag.add(key, held);
    // Added tags have made it larger than all that fits.
    else evicted.push(key);
    makeRoom();
  }

  /** Counts the index of tags against the bound, and reports what has been evicted. */
  function makeRoom(): void {
    while (entries.size > 0 && entries.calculatedSize + byTag.bytes > maxBytes) entries.pop();
    if (evicted.length === 0) return;
    const keys = evicted;
    evicted = [];
    tally.evictions += keys.length;
    for (const key of keys) removed.call([key], 'evicted');
  }

  /** The entry under the key, counted neither as a use nor as a hit. */
  function live(key: string): HeldEntry | undefined {
    const found = entries.peek(key);
    return found === undefined || found.entry.meta.expires > clock.now() ? found : expired(key);
  }

  function expired(key: string): undefined {
    entries.delete(key);
    removed.call([key], 'expired');
  }

  function get(key: string): Found | undefined {
    const found = entries.get(key);
    const now = clock.now();
    if (found !== undefined && found.entry.meta.expires > now) {
      tally.hits += 1;
      found.hits += 1;
      found.lastHit = now;
      return found;
    }
    if (found !== undefined) expired(key);
    tally.misses += 1;
    return undefined;
  }

  function write(entry: Entry): WriteResult {
    if (isClosed) return 'failed';
    if (entry.meta.expires <= clock.now()) return 'expired';
    const there = live(entry.key);
    if (there !== undefined && there.entry.meta.lease > entry.meta.lease) return 'superseded';
    const size = sizeOf(entry);
    if (size + byTag.bytesFor(entry.meta.tagDigests?.length ?? 0) > maxBytes) return 'too-large';
    const held = heldEntry(entry);
    // As in the other stores, hits are those of the key.
    const { hits, lastHit, added } = there ?? neverFound;
    const fresh: HeldEntry = { entry: held, tier, places: undefined, hits, lastHit };
    if (added === undefined) put(entry.key, fresh, size);
    else put(entry.key, { ...fresh, added: stillHeld(added, clock.now()) });
    held.release();
    if (there !== undefined) removed.call([entry.key], 'replaced');
    return 'stored';
  }

  const remove = (key: string) => live(key) !== undefined && entries.delete(key);

  async function sweep(isDead: (found: Found) => boolean): Promise<number> {
    let gone = 0;
    let looked = 0;
    for (const key of [...entries.keys()]) {
      looked += 1;
      if (looked % sweptAtOnce === 0) await nextTurn();
      const found = entries.peek(key);
      if (found !== undefined && isDead(found) && entries.delete(key)) gone += 1;
    }
    return gone;
  }

  const set = (entry: Entry) => tally.outcome(write(entry));

  const log = memoryLog(logBytesWithin(maxBytes));
  const inMemory: EntriesInMemory = {
    keys: () => entries.keys(),
    live,
    replace: put,
  };
  const index = memoryTags(inMemory, byTag);

  function forget(): void {
    byTag.forget();
    entries.clear();
  }

  return {
    name: tier,
    get,
    getMany: (keys) => keys.map(get),
    set,
    setMany: (written) => written.map(set),
    delete: remove,
    deleteMany: (keys) => keys.filter(remove).length,
    forget,
    onRemoved: (listener) => removed.add(listener),
    holds: (key) => (entries.peek(key)?.entry.meta.expires ?? 0) > clock.now(),
    sweep,
    tags: index,
    scan: index,
    maintenance: memoryMaintenance({
      clock,
      keys: () => entries.keys(),
      peek: (key) => entries.peek(key),
      delete: (key) => entries.delete(key),
      bytesOf: (held) => sizeOfHeld(held) + byTag.bytesFor(held.places?.length ?? 0),
    }),
    browse: memoryBrowse(inMemory),
    shared: { log },
    statistics: () => ({
      name: tier,
      entries: entries.size,
      bytes: entries.calculatedSize + byTag.bytes,
      maxBytes,
      ...tally.snapshot(),
    }),
    flush: () => Promise.resolve(),
    close() {
      isClosed = true;
      forget();
      log.close();
      return Promise.resolve();
    },
  };
}

/** An added tag outlives the replacement of its entry: the request that added it may not know of the new entry. */
function stillHeld(added: ReadonlyMap<string, number>, now: number): ReadonlyMap<string, number> {
  return new Map(Array.from(added).filter(([, until]) => until > now));
}

function sizeOfHeld({ entry, added }: HeldEntry): number {
  return sizeOf(entry) + (added?.size ?? 0) * addedTagBytes;
}

/** Estimate of an entry's memory in bytes: two for each character, and each buffer in full. */
function sizeOf(entry: Entry): number {
  const { key, meta, recording } = entry;
  let characters = key.length + meta.upstream.length + meta.subject.length;
  characters +=
    (meta.semanticText?.length ?? 0) + (meta.questionText?.length ?? 0) + (meta.vector?.length ?? 0);
  for (const tag of meta.tags) characters += tag.length;
  for (const digest of meta.tagDigests ?? []) characters += digest.length;
  for (const name in meta.fields) characters += name.length + (meta.fields[name]?.length ?? 0);
  for (const name in recording.headers) characters += name.length + (recording.headers[name]?.length ?? 0);
  const bodyBytes = entry instanceof OwnEntry ? entry.bodyBytes : recording.body.length;
  return objectBytes + characters * 2 + bodyBytes + (recording.events?.ends.length ?? 0) * 8;
}
