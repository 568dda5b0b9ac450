/**
 * The embedded durable tier: one file, no server, several processes at once.
 *
 * Reads run on the caller's thread, writes on one worker thread. No state of the file is fatal: an unreadable entry is a
 * miss, a failed write is counted, a damaged file is moved aside, and without a usable file the store is empty and opens
 * it again later. The file is mapped into memory: no other program may truncate it while it is open.
 */
import { type Awaitable, isPending } from '../../clock.ts';
import { encodeEntry, openEntry } from '../../entry/codec.ts';
import type { Entry } from '../../entry/entry.ts';
import type { SoundEntry } from '../../entry/sound-entry.ts';
import type {
  Found,
  OnRemoved,
  OwnRemovalCause,
  Scan,
  Store,
  StoreStatistics,
  TagIndex,
  WriteResult,
} from '../contract.ts';
import { Listeners } from '../listeners.ts';
import type { LogStore, Marks, Notices } from '../shared.ts';
import { Tally } from '../tally.ts';
import { Connection } from './file/connection.ts';
import { fileLog } from './log/log.ts';
import { fileMarks, fileNotices } from './notices.ts';
import type { SqliteStoreOptions } from './options.ts';
import { checkedOptions } from './options.ts';
import type { Heat } from './reader.ts';
import { fileTags } from './tags/find.ts';
import { fileWalk } from './walk.ts';
import { pendingPut, type Settled, WriteQueue } from './write/queue.ts';
import { fileRemoval } from './write/removal.ts';
import { Writing } from './write/writing.ts';

export { makePrivateFolder } from './file/private.ts';
export { type SqliteStoreOptions, sqliteStoreDefaults } from './options.ts';
export type { Heat } from './reader.ts';

export interface SqliteStore extends Store {
  readonly tags: TagIndex;
  readonly scan: Scan;
  readonly shared: { readonly log: LogStore; readonly notices: Notices; readonly marks: Marks };
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
  const tally = new Tally();
  const removed = new Listeners<Parameters<OnRemoved>>();
  const queue = new WriteQueue({ maxOperations: maxQueueLength, maxBytes: maxQueueBytes });
  const connection = new Connection(settings);
  const writing = new Writing(queue, connection, tally, clock, onTrouble, reportRemoved);
  const { remove, removeMany } = fileRemoval(queue, connection, writing, (key) => compressing.delete(key));
  const index = fileTags({
    queue,
    connection,
    writing,
    clock,
    queued: (key) => compressing.get(key)?.writes,
    flush: () => flush(),
  });
  /** The last write of each key whose entry is being compressed; reads find it meanwhile. */
  const compressing = new Map<string, Compressing>();
  let closing: Promise<void> | undefined;
  let leased = false;
  await connection.open();

  /** Omits keys that were written again meanwhile, and are not in the file yet. */
  function reportRemoved(keys: readonly string[], cause: OwnRemovalCause): void {
    const gone = keys.filter((key) => !compressing.has(key) && queue.change(key) === undefined);
    if (gone.length > 0) removed.call(gone, cause);
  }

  function get(key: string): Awaitable<Found | undefined> {
    const now = clock.now();
    const waiting = compressing.get(key)?.entry;
    if (waiting !== undefined) return waiting.meta.expires > now ? waited(waiting, now) : missed();
    const change = queue.change(key);
    if (change !== undefined) {
      const put = pendingPut(change, now);
      // A copy: the bytes that wait to be written must not change with the entry that is returned.
      return put === undefined ? missed() : opened(key, new Uint8Array(put.value), now);
    }
    const bytes = connection.read('get', (reader) => reader.value(key));
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

  function set(entry: Entry): Awaitable<WriteResult> {
    const now = clock.now();
    if (closing !== undefined || connection.writer === undefined) return tally.outcome('failed');
    if (entry.meta.expires <= now) return tally.outcome('expired');
    if (isLeased(entry) && presentLease(entry.key, now) > entry.meta.lease)
      return tally.outcome('superseded');
    if (!queue.hasRoomFor(entry.recording.body.length)) return tally.outcome('queue-full');
    const encoded = encodeEntry(entry, encoding);
    compressing.delete(entry.key);
    return isPending(encoded) ? enqueueCompressed(entry, encoded) : enqueue(entry, encoded);
  }

  /**
   * Whether leases are in use. Without them, the present row need not be read before each write; the writer compares the
   * numbers in any case.
   */
  function isLeased(entry: Entry): boolean {
    leased ||= entry.meta.lease > 0;
    return leased;
  }

  /** The lease of the present entry, or a number below every lease. */
  function presentLease(key: string, now: number): number {
    const waiting = compressing.get(key)?.entry.meta;
    if (waiting !== undefined) return waiting.expires > now ? waiting.lease : -1;
    const change = queue.change(key);
    if (change !== undefined) return pendingPut(change, now)?.lease ?? -1;
    return connection.read('get', (reader) => reader.lease(key, now)) ?? -1;
  }

  function enqueue(entry: Entry, value: Uint8Array | undefined): WriteResult {
    if (value === undefined || connection.writer === undefined) return tally.outcome('failed');
    if (value.length > maxValueBytes) return tally.outcome('too-large');
    if (!queue.hasRoomFor(value.length)) return tally.outcome('queue-full');
    const { lease, created, expires, tagDigests = [] } = entry.meta;
    writing.add(
      { type: 'put', key: entry.key, value, digests: tagDigests, lease, created, expires },
      counted,
    );
    return 'stored';
  }

  /** Counts a write that failed after it had been accepted. */
  function counted(outcome: Settled): void {
    if (outcome === 'failed' || outcome === 'superseded') tally.outcome(outcome);
  }

  /** Stores the entry unless the key was written or deleted meanwhile, which is newer. */
  function enqueueCompressed(entry: Entry, encoding: Promise<Uint8Array | undefined>): Promise<WriteResult> {
    const { key } = entry;
    const release = queue.reserve(entry.recording.body.length);
    const writes = encoding.then(
      (value) => {
        release();
        if (compressing.get(key)?.writes !== writes) return tally.outcome('superseded');
        compressing.delete(key);
        return enqueue(entry, value);
      },
      () => {
        release();
        if (compressing.get(key)?.writes === writes) compressing.delete(key);
        return tally.outcome('failed');
      },
    );
    compressing.set(key, { entry, writes });
    return writes;
  }

  async function flush(): Promise<void> {
    await Promise.all([...compressing.values()].map(({ writes }) => writes));
    await writing.drained();
  }

  async function close(): Promise<void> {
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
    set,
    setMany: (entries) => together(entries.map(set)),
    delete: async (key) => closing === undefined && (await remove(key)),
    deleteMany: async (keys) => (closing === undefined ? await removeMany(keys) : 0),
    noteHit: (key) => writing.hits.note(key, clock.now()),
    onRemoved: (listener) => removed.add(listener),
    tags: index,
    scan: { keys: index.keys, walk: fileWalk({ connection, clock, keys: encoding.keys, flush }) },
    shared: {
      log: fileLog(queue, connection, writing),
      notices: fileNotices(queue, connection, writing),
      marks: fileMarks(queue, connection, writing, clock),
    },
    heat,
    statistics: () => ({
      name: tier,
      ...(connection.read('get', (reader) => reader.figures()) ?? { entries: 0, bytes: 0 }),
      ...tally.snapshot(),
    }),
    flush,
    close() {
      closing ??= close();
      return closing;
    },
  };
}

interface Compressing {
  readonly entry: Entry;
  readonly writes: Promise<WriteResult>;
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

function together<T>(answers: readonly Awaitable<T>[]): Awaitable<readonly T[]> {
  const now: T[] = [];
  for (const answer of answers) {
    if (isPending(answer)) return Promise.all(answers);
    now.push(answer);
  }
  return now;
}
