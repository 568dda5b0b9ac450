/**
 * An example of a store of your own: entries in a Map, the oldest write evicted first.
 */
import type { Clock, Entry, Store } from 'askonce';
import type { Found, WriteResult } from 'askonce/store';

export interface MapStoreOptions {
  /** Bound on bodies and their overhead, in bytes. */
  readonly maxBytes: number;
  readonly clock: Clock;
}

/** Memory of an entry besides its body, in bytes: key, metadata, objects. */
const overheadBytes = 2_048;

export function mapStore({ maxBytes, clock }: MapStoreOptions): Store {
  const entries = new Map<string, Entry>();
  const counted = { hits: 0, misses: 0, evictions: 0, unreadable: 0 };
  const refused: Partial<Record<WriteResult, number>> = {};
  let bytes = 0;
  let isClosed = false;

  function live(key: string): Entry | undefined {
    const entry = entries.get(key);
    if (entry === undefined || entry.meta.expires > clock.now()) return entry;
    drop(entry);
    return undefined;
  }

  function drop(entry: Entry): boolean {
    bytes -= sizeOf(entry);
    return entries.delete(entry.key);
  }

  function get(key: string): Found | undefined {
    const entry = live(key);
    if (entry === undefined) counted.misses += 1;
    else counted.hits += 1;
    return entry && { entry: copyOf(entry), tier: 'map' };
  }

  function write(entry: Entry): WriteResult {
    if (isClosed) return 'failed';
    if (entry.meta.expires <= clock.now()) return 'expired';
    const there = live(entry.key);
    if (there !== undefined && there.meta.lease > entry.meta.lease) return 'superseded';
    if (sizeOf(entry) > maxBytes) return 'too-large';
    if (there !== undefined) drop(there);
    entries.set(entry.key, copyOf(entry));
    bytes += sizeOf(entry);
    for (const oldest of entries.values()) {
      if (bytes <= maxBytes) break;
      drop(oldest);
      counted.evictions += 1;
    }
    return 'stored';
  }

  function set(entry: Entry): WriteResult {
    const result = write(entry);
    if (result !== 'stored') refused[result] = (refused[result] ?? 0) + 1;
    return result;
  }

  function remove(key: string): boolean {
    const entry = live(key);
    return entry !== undefined && drop(entry);
  }

  return {
    name: 'map',
    get,
    getMany: (keys) => keys.map(get),
    set,
    setMany: (written) => written.map(set),
    delete: remove,
    deleteMany: (keys) => keys.filter(remove).length,
    statistics: () => ({
      name: 'map',
      entries: entries.size,
      bytes,
      ...counted,
      refused: { ...refused },
    }),
    flush: () => Promise.resolve(),
    close() {
      isClosed = true;
      entries.clear();
      bytes = 0;
      return Promise.resolve();
    },
  };
}

function sizeOf({ recording }: Entry): number {
  return overheadBytes + recording.body.length;
}

/** A change to an entry that was passed in or returned must not change the stored one. */
function copyOf({ key, meta, recording }: Entry): Entry {
  // The body first: it may be a part of a larger buffer, all of which would be cloned.
  const body = new Uint8Array(recording.body);
  return structuredClone({ key, meta, recording: { ...recording, body } });
}
