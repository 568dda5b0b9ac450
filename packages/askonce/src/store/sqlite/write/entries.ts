/**
 * Writes of entries: accepted while the queue has room for them, and otherwise once it has.
 */
import { type Awaitable, type Clock, isPending } from '../../../clock.ts';
import { encodeEntry } from '../../../entry/codec.ts';
import type { Entry } from '../../../entry/entry.ts';
import type { WriteResult } from '../../contract.ts';
import type { Tally } from '../../tally.ts';
import { vectorRecordOf } from '../../vector-record.ts';
import type { Connection } from '../file/connection.ts';
import type { checkedOptions } from '../options.ts';
import type { OwnVector } from './messages.ts';
import { vectorBytes } from './packing.ts';
import { pendingPut, type QueueBounds, type Settled, type WriteQueue } from './queue.ts';
import { Room } from './room.ts';
import type { Writing } from './writing.ts';

export interface EntryWritesOptions
  extends Pick<ReturnType<typeof checkedOptions>, 'encoding' | 'maxValueBytes'> {
  readonly queue: WriteQueue;
  readonly bounds: QueueBounds;
  readonly connection: Connection;
  readonly writing: Writing;
  readonly tally: Tally;
  readonly clock: Clock;
}

export interface EntryWrites {
  set(entry: Entry): Awaitable<WriteResult>;
  setMany(entries: readonly Entry[]): Awaitable<readonly WriteResult[]>;
  /** The entry that the last write of a key is compressing. */
  waiting(key: string): Entry | undefined;
  /** The result of that write. */
  compressing(key: string): Promise<WriteResult> | undefined;
  /** Resolves once every entry that is being compressed is queued, or refused. */
  compressed(): Promise<void>;
  /** Drops the writes of a key that are not queued yet. */
  forget(key: string): void;
  /** Accepts no write any more, and ends those that wait for room. */
  close(): void;
}

interface Compressing {
  readonly entry: Entry;
  readonly writes: Promise<WriteResult>;
}

export function entryWrites(options: EntryWritesOptions): EntryWrites {
  const { queue, bounds, connection, writing, tally, clock, encoding, maxValueBytes } = options;
  const room = new Room({
    queue,
    bounds,
    counted: (result) => tally.outcome(result),
    hurry: () => writing.hurry(),
  });
  /** The last write of each key whose entry is being compressed; reads find it meanwhile. */
  const compressing = new Map<string, Compressing>();
  let leased = false;
  let isClosed = false;

  function set(entry: Entry): Awaitable<WriteResult> {
    if (isClosed || connection.writer === undefined) return tally.outcome('failed');
    if (room.isFreeFor(entry.recording.body.length)) return write(entry);
    return room.whenFree(entry, write);
  }

  /** Has each entry wait for the room that it needs, one after another: however many they are, the queue loses none. */
  function setMany(entries: readonly Entry[]): Awaitable<readonly WriteResult[]> {
    const isFree = ({ recording }: Entry) => room.isFreeFor(recording.body.length);
    const writes: Awaitable<WriteResult>[] = [];
    for (const entry of entries) {
      if (!isFree(entry)) break;
      writes.push(set(entry));
    }
    return writes.length === entries.length ? together(writes) : setEach(entries, writes);
  }

  async function setEach(entries: readonly Entry[], begun: Awaitable<WriteResult>[]) {
    const results = await Promise.all(begun);
    for (const entry of entries.slice(begun.length)) results.push(await set(entry));
    return results;
  }

  function write(entry: Entry): Awaitable<WriteResult> {
    const now = clock.now();
    if (isClosed || connection.writer === undefined) return tally.outcome('failed');
    if (entry.meta.expires <= now) return tally.outcome('expired');
    if (isLeased(entry) && presentLease(entry.key, now) > entry.meta.lease)
      return tally.outcome('superseded');
    // First: the encoded form lacks it, and the memory tier may let go of the metadata afterwards.
    const vector = vectorOf(entry);
    const encoded = encodeEntry(entry, encoding);
    compressing.delete(entry.key);
    return isPending(encoded) ? enqueueCompressed(entry, vector, encoded) : enqueue(entry, vector, encoded);
  }

  function vectorOf({ key, meta }: Entry): OwnVector {
    if (meta.embedder === undefined) return undefined;
    return vectorRecordOf(key, meta, encoding.keys) ?? 'stays';
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

  function enqueue(entry: Entry, vector: OwnVector, value: Uint8Array | undefined): WriteResult {
    if (value === undefined || connection.writer === undefined) return tally.outcome('failed');
    if (value.length + vectorBytes(vector) > maxValueBytes) return tally.outcome('too-large');
    const { key } = entry;
    const { lease, created, expires, tagDigests = [] } = entry.meta;
    writing.add({ type: 'put', key, value, digests: tagDigests, vector, lease, created, expires }, counted);
    return 'stored';
  }

  /** Counts a write that failed after it had been accepted. */
  function counted(outcome: Settled): void {
    if (outcome === 'failed' || outcome === 'superseded') tally.outcome(outcome);
  }

  /** Stores the entry unless the key was written or deleted meanwhile, which is newer. */
  function enqueueCompressed(
    entry: Entry,
    vector: OwnVector,
    encoding: Promise<Uint8Array | undefined>,
  ): Promise<WriteResult> {
    const { key } = entry;
    const release = queue.reserve(entry.recording.body.length);
    const written = encoding.then(
      (value) => {
        if (compressing.get(key)?.writes !== writes) return tally.outcome('superseded');
        compressing.delete(key);
        return enqueue(entry, vector, value);
      },
      () => {
        if (compressing.get(key)?.writes === writes) compressing.delete(key);
        return tally.outcome('failed');
      },
    );
    // Only now is its value counted among those that wait.
    const writes = written.finally(release);
    compressing.set(key, { entry, writes });
    return writes;
  }

  return {
    set,
    setMany,
    waiting: (key) => compressing.get(key)?.entry,
    compressing: (key) => compressing.get(key)?.writes,
    async compressed() {
      await Promise.all([...compressing.values()].map(({ writes }) => writes));
    },
    forget(key) {
      compressing.delete(key);
      room.forget(key);
    },
    close() {
      isClosed = true;
      room.close();
    },
  };
}

/** The answers, at once if each of them is there. */
export function together<T>(answers: readonly Awaitable<T>[]): Awaitable<readonly T[]> {
  const now: T[] = [];
  for (const answer of answers) {
    if (isPending(answer)) return Promise.all(answers);
    now.push(answer);
  }
  return now;
}
