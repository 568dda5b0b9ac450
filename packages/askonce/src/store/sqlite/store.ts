/**
 * The embedded durable tier: one file, no server, several processes at once.
 *
 * Reads run on the caller's thread, writes on one worker thread. No state of the file is fatal: an unreadable entry is a
 * miss, a failed write is counted, a damaged file is moved aside, and without a usable file the store is empty and opens
 * it again later. The file is mapped into memory: no other program may truncate it while it is open.
 */
import { type Awaitable, isPending } from '../../clock.ts';
import { openEntry } from '../../entry/codec.ts';
import type { Entry } from '../../entry/entry.ts';
import type { SoundEntry } from '../../entry/sound-entry.ts';
import type { Browse } from '../browse.ts';
import type {
  Found,
  OnRemoved,
  OwnRemovalCause,
  Scan,
  Store,
  StoreStatistics,
  TagIndex,
} from '../contract.ts';
import { Listeners } from '../listeners.ts';
import type { LogStore, Marks, Notices } from '../shared.ts';
import { Tally } from '../tally.ts';
import type { Vectors } from '../vectors.ts';
import { fileBrowse } from './browse.ts';
import { Connection } from './file/connection.ts';
import { fileLog } from './log/log.ts';
import { fileMaintenance } from './maintenance/maintenance.ts';
import { fileMarks, fileNotices } from './notices.ts';
import type { SqliteStoreOptions } from './options.ts';
import { checkedOptions } from './options.ts';
import type { Heat } from './reader.ts';
import { fileTags } from './tags/find.ts';
import { fileVectors } from './vectors/vectors.ts';
import { fileWalk } from './walk.ts';
import { entryWrites, together } from './write/entries.ts';
import { pendingPut, WriteQueue } from './write/queue.ts';
import { reclaiming } from './write/reclaiming.ts';
import { fileRemoval } from './write/removal.ts';
import { Writing } from './write/writing.ts';

export { makePrivateFolder } from '../../sqlite-file/private.ts';
export type { PreparableThread, SharedThread } from '../../threads/shared-thread.ts';
export { fileThread, type SqliteStoreOptions, sqliteStoreDefaults } from './options.ts';
export type { Heat } from './reader.ts';

export interface SqliteStore extends Store {
  readonly tags: TagIndex;
  readonly scan: Scan;
  readonly browse: Browse;
  readonly vectors: Vectors;
  readonly shared: {
    readonly log: LogStore;
    readonly feed: LogStore;
    readonly notices: Notices;
    readonly marks: Marks;
  };
  onRemoved(listener: OnRemoved): () => void;
  /** Hits of an entry: those of all processes that are written, and this process's own. Undefined if there is no entry. */
  heat(key: string): Heat | undefined;
  statistics(): StoreStatistics;
}

const tier = 'sqlite';

/**
 * Resolves once the file is open, or once opening it has failed, which is reported to `onTrouble`.
 *
 * @throws AskonceError `invalid_settings`
 */
export async function sqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const settings = checkedOptions(options);
  const { clock, encoding, maxValueBytes, maxQueueLength, maxQueueBytes, onTrouble } = settings;
  const tally = new Tally(clock);
  const removed = new Listeners<Parameters<OnRemoved>>();
  const bounds = { maxOperations: maxQueueLength, maxBytes: maxQueueBytes };
  const queue = new WriteQueue(bounds);
  const connection = new Connection(settings);
  const writing = new Writing(queue, connection, tally, clock, onTrouble, reportRemoved);
  const writes = entryWrites({ queue, bounds, connection, writing, tally, clock, encoding, maxValueBytes });
  const index = fileTags({
    queue,
    connection,
    writing,
    clock,
    queued: writes.compressing,
    flush: () => flush(),
  });
  const isWaiting = (key: string) => writes.compressing(key) !== undefined || queue.change(key) !== undefined;
  const vectors = fileVectors({
    ...{ queue, connection, writing, clock, isWaiting },
    keys: encoding.keys,
    flush: () => flush(),
  });
  let closing: Promise<void> | undefined;
  await connection.open();
  const reclaim = reclaiming(connection, writing, clock);
  const { remove, removeMany } = fileRemoval({
    queue,
    connection,
    writing,
    forget: writes.forget,
    idsOf: index.idsOf,
    reclaim: reclaim.soon,
  });

  /** Omits keys that were written again meanwhile, and are not in the file yet. */
  function reportRemoved(keys: readonly string[], cause: OwnRemovalCause): void {
    const gone = keys.filter((key) => !isWaiting(key));
    if (gone.length > 0) removed.call(gone, cause);
  }

  function get(key: string): Awaitable<Found | undefined> {
    const now = clock.now();
    const waiting = writes.waiting(key);
    if (waiting !== undefined) return waiting.meta.expires > now ? waited(waiting, now) : missed();
    const change = queue.change(key);
    if (change !== undefined) {
      const put = pendingPut(change, now);
      // A copy: the bytes that wait to be written must not change with the entry that is returned.
      return put === undefined ? missed() : opened(key, new Uint8Array(put.value), now);
    }
    const bytes = connection.read('get', (reader) => reader.value(key, now));
    return bytes === undefined ? missed() : opened(key, bytes, now);
  }

  /** The body is a copy, for the same reason. */
  function waited(entry: Entry, now: number): Found {
    tally.hits += 1;
    writing.hits.note(entry.key, now);
    const { recording } = entry;
    return { tier, entry: { ...entry, recording: { ...recording, body: new Uint8Array(recording.body) } } };
  }

  function missed(): undefined {
    tally.misses += 1;
  }

  function opened(key: string, bytes: Uint8Array, now: number): Awaitable<Found | undefined> {
    const entry = openEntry(key, bytes, encoding.keys);
    if (isPending(entry)) return entry.then((unpacked) => judged(key, bytes, unpacked, clock.now()));
    return judged(key, bytes, entry, now);
  }

  function judged(
    key: string,
    bytes: Uint8Array,
    entry: SoundEntry | undefined,
    now: number,
  ): Found | undefined {
    if (entry === undefined) return unreadable(key, bytes);
    return entry.expires > now ? hit(entry, now) : missed();
  }

  function hit(entry: SoundEntry, now: number): Found {
    tally.hits += 1;
    writing.hits.note(entry.key, now);
    return new FoundInFile(entry);
  }

  function unreadable(key: string, value: Uint8Array): undefined {
    tally.unreadable += 1;
    if (queue.hasRoomFor(value.length))
      writing.add({ type: 'discard', key, value }, (outcome) => {
        if (outcome === 'gone') reportRemoved([key], 'unreadable');
      });
    return missed();
  }

  async function flush(): Promise<void> {
    await writes.compressed();
    await writing.drained();
  }

  async function close(): Promise<void> {
    writes.close();
    reclaim.stop();
    await flush();
    writing.stop();
    await connection.close();
  }

  function heat(key: string): Heat | undefined {
    const noted = writing.hits.of(key);
    const stored = connection.read('get', (reader) => reader.heat(key, clock.now()));
    return (
      stored && { hits: stored.hits + (noted?.hits ?? 0), last: Math.max(stored.last, noted?.last ?? 0) }
    );
  }

  return {
    name: tier,
    get,
    getMany: (keys) => together(keys.map(get)),
    set: writes.set,
    setMany: writes.setMany,
    async delete(key) {
      writing.hits.forget(key);
      return closing === undefined && (await remove(key));
    },
    async deleteMany(keys, options) {
      for (const key of keys) writing.hits.forget(key);
      return closing === undefined ? await removeMany(keys, options) : 0;
    },
    noteHit: (key) => writing.hits.note(key, clock.now()),
    onRemoved: (listener) => removed.add(listener),
    tags: { add: index.add, find: index.find },
    browse: fileBrowse({ connection, clock, keys: encoding.keys, flush, heat }),
    scan: { keys: index.keys, walk: fileWalk({ connection, clock, keys: encoding.keys, flush }) },
    vectors,
    maintenance: fileMaintenance({ connection, queue, writing, clock, keys: encoding.keys, isWaiting }),
    shared: {
      log: fileLog('log', queue, connection, writing),
      feed: fileLog('feed', queue, connection, writing),
      notices: fileNotices(queue, connection, writing),
      marks: fileMarks(queue, connection, writing, clock),
    },
    heat,
    statistics: () => ({
      name: tier,
      ...(connection.read('get', (reader) => reader.figures()) ?? { entries: 0, bytes: 0 }),
      maxBytes: settings.maxBytes,
      ...tally.snapshot(),
    }),
    flush,
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** A found entry that is parsed only when it is asked for. */
class FoundInFile implements Found {
  readonly tier = tier;
  readonly #sound: SoundEntry;
  #entry: Entry | undefined;

  constructor(sound: SoundEntry) {
    this.#sound = sound;
  }

  get entry(): Entry {
    this.#entry ??= this.#sound.read();
    return this.#entry;
  }
}
