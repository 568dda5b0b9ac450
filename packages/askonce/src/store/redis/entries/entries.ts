/**
 * Entries in Redis: each value is a front (`front.ts`), followed by the entry as `entry/codec` encodes it without its vector,
 * which lies beside it (`vectors/`).
 */
import { hash } from 'node:crypto';
import { type Awaitable, andThen, isPending, TimeLimit, tooSlow } from '../../../clock.ts';
import { decodeEntry, encodeEntry } from '../../../entry/codec.ts';
import type { Entry } from '../../../entry/entry.ts';
import { reportTrouble } from '../../../observe/report.ts';
import type {
  Found,
  LeasedLook,
  LeasedLookTerms,
  LeaseToRelease,
  OnRemoved,
  WriteResult,
} from '../../contract.ts';
import type { Tally } from '../../tally.ts';
import { vectorKey } from '../keys.ts';
import { leaseKey } from '../leases.ts';
import type { CheckedOptions } from '../options.ts';
import { bySlot, type Reply, send } from '../server/client.ts';
import type { RedisConnection } from '../server/connection.ts';
import { listOf, unforeseen } from '../server/replies.ts';
import { redisError } from '../server/trouble.ts';
import { type WrittenVector, writtenVector } from '../vectors/value.ts';
import { afterFront, frontOf, isFrontOf } from './front.ts';
import { GatheredReads } from './gathered-reads.ts';
import { GatheredWrites, type IndexEntries } from './gathered-writes.ts';
import { LeasedLooks, leasedLookScripts } from './leased-looks.ts';
import { deletedMany, deletedOne, failedToRead } from './removal.ts';
import { deleteEntries, deleteEntry, discardEntry, setEntries } from './scripts.ts';

export const tier = 'redis';

/** Unreadable values in a row after which the connection is doubted: they may be replies to other commands. */
const doubtfulInARow = 3;

/** Scripts that are loaded when the store opens. */
export const entryScripts = [
  setEntries,
  deleteEntry,
  deleteEntries,
  discardEntry,
  ...leasedLookScripts,
] as const;

export class RedisEntries {
  readonly #connection: RedisConnection;
  readonly #settings: CheckedOptions;
  readonly #tally: Tally;
  readonly #reads: GatheredReads;
  readonly #looks: LeasedLooks;
  readonly #writing: GatheredWrites;
  readonly #limit: TimeLimit;
  readonly #onRemoved: OnRemoved;
  readonly #noteHit: (key: string, now: number) => void;
  /** The last write of each key whose entry is being compressed. */
  readonly #compressing = new Map<string, Entry>();
  readonly #writes = new Set<Promise<WriteResult>>();
  #queuedBytes = 0;
  #unreadableInARow = 0;

  constructor(
    connection: RedisConnection,
    settings: CheckedOptions,
    tally: Tally,
    onRemoved: OnRemoved,
    noteHit: (key: string, now: number) => void,
  ) {
    this.#onRemoved = onRemoved;
    this.#noteHit = noteHit;
    this.#connection = connection;
    this.#settings = settings;
    this.#tally = tally;
    this.#reads = new GatheredReads(connection, settings.budgetMs);
    this.#looks = new LeasedLooks(connection, settings.timeoutMs, this.#reads);
    this.#writing = new GatheredWrites(connection, settings.timeoutMs);
    this.#limit = new TimeLimit(settings.clock, settings.budgetMs);
  }

  /** Sets the function that runs before an entry is written, so that a search finds every entry that exists. */
  indexBy(index: IndexEntries): void {
    this.#writing.indexBy(index);
  }

  /** @throws AskonceError `store_failed` */
  get(key: string): Promise<Found | undefined> {
    return this.#reads.read(key).then((reply) => this.#found(key, reply), failedToRead);
  }

  /** What is found comes within the budget of a read, or rejects; the lease comes however late the server grants it. */
  lookAndLease(key: string, { beside, lease }: LeasedLookTerms): LeasedLook {
    if (lease === undefined) return { found: this.getMany([key, ...beside]), lease: undefined };
    const { leaseMs, deadAfterMs, token } = lease;
    const terms = { token, leaseMs, deadAfterMs, lease: leaseKey(key, lease.name) };
    const { reply, values } = this.#looks.look({ ...terms, key, beside });
    const inTime = this.#limit.settle(
      values,
      (found) => found,
      (error) => {
        if (error !== tooSlow) return failedToRead(error);
        this.#connection.doubt();
        return failedToRead(new Error('it does not answer in time'));
      },
    );
    const found = inTime.then(([value, ...others]) =>
      Promise.all([
        this.#found(key, value),
        ...beside.map((other, at) =>
          Buffer.isBuffer(others[at]) ? this.#found(other, others[at]) : undefined,
        ),
      ]),
    );
    const granted = reply.then(({ grant }) => grant);
    // A caller that no longer waits for the lease need not know that it failed.
    granted.catch(() => {});
    return { found, lease: granted };
  }

  /** One command, or in a Cluster one for each slot, all at once. */
  async getMany(keys: readonly string[]): Promise<readonly (Found | undefined)[]> {
    const values = await this.#values(keys, this.#settings.budgetMs);
    return await Promise.all(keys.map((key) => this.#found(key, values.get(key))));
  }

  async #values(keys: readonly string[], timeoutMs: number): Promise<ReadonlyMap<string, Reply>> {
    const { client } = this.#connection;
    const values = new Map<string, Reply>();
    const read = async (group: readonly string[]) => {
      const replies = listOf(await send(client, 'mget', group, timeoutMs));
      for (const [index, key] of group.entries()) values.set(key, replies[index]);
    };
    await Promise.all(bySlot(client, [...new Set(keys)]).map(read)).catch(failedToRead);
    return values;
  }

  #found(key: string, reply: Reply): Awaitable<Found | undefined> {
    if (reply === null) return this.#missed();
    if (!Buffer.isBuffer(reply)) return this.#misread();
    return andThen(this.#decode(key, reply), (entry) => this.#judged(key, reply, entry));
  }

  #judged(key: string, value: Buffer, entry: Entry | undefined): Found | undefined {
    if (entry === undefined) return this.#discard(key, value);
    this.#unreadableInARow = 0;
    const now = this.#settings.clock.now();
    if (entry.meta.expires <= now) return this.#missed();
    this.#tally.hits += 1;
    this.#noteHit(key, now);
    return { tier, entry };
  }

  /**
   * Entries as a walk reads them: without counting, and without removing those that cannot be read.
   *
   * @throws AskonceError `store_failed`
   */
  async peek(keys: readonly string[]): Promise<readonly (Entry | undefined)[]> {
    const values = await this.#values(keys, this.#settings.timeoutMs);
    const now = this.#settings.clock.now();
    const each = keys.map(async (key) => {
      const value = values.get(key);
      const entry = Buffer.isBuffer(value) ? await this.#decode(key, value) : undefined;
      return entry !== undefined && entry.meta.expires > now ? entry : undefined;
    });
    return await Promise.all(each);
  }

  /** The entry in a stored value, if it can be read, belongs to `key` and matches its front. */
  #decode(key: string, value: Buffer): Awaitable<Entry | undefined> {
    const encoded = afterFront(value);
    if (encoded === undefined) return undefined;
    return andThen(decodeEntry(key, encoded, this.#settings.encoding.keys), (entry) =>
      entry !== undefined && isFrontOf(value, entry.meta) ? entry : undefined,
    );
  }

  #missed(): undefined {
    this.#tally.misses += 1;
  }

  #misread(): never {
    this.#connection.doubt();
    return unforeseen();
  }

  #discard(key: string, value: Uint8Array): undefined {
    this.#tally.unreadable += 1;
    this.#unreadableInARow += 1;
    if (this.#unreadableInARow >= doubtfulInARow) this.#connection.doubt();
    const { client } = this.#connection;
    const discarding = discardEntry.run(
      client,
      [key, vectorKey(key)],
      [hash('sha1', value, 'hex')],
      this.#settings.timeoutMs,
    );
    // If it fails, the next lookup of the entry tries again.
    discarding.then(
      (gone) => gone === 1 && this.#onRemoved([key], 'unreadable'),
      () => {},
    );
    return this.#missed();
  }

  /** @param lease is released once the entry is there, or superseded. */
  set(entry: Entry, lease?: LeaseToRelease): Promise<WriteResult> {
    const writing = this.#set(entry, lease).finally(() => this.#writes.delete(writing));
    this.#writes.add(writing);
    return writing;
  }

  /** Resolves once all writes so far have been answered. */
  async flush(): Promise<void> {
    await Promise.all(this.#writes);
  }

  async #set(entry: Entry, lease: LeaseToRelease | undefined): Promise<WriteResult> {
    const { encoding, maxValueBytes, maxQueueBytes, clock } = this.#settings;
    const { key } = entry;
    if (!this.#connection.isReady) return this.#tally.outcome('failed');
    if (entry.meta.expires <= clock.now()) return this.#tally.outcome('expired');
    const reserved = entry.recording.body.length;
    if (this.#queuedBytes + reserved > maxQueueBytes) return this.#tally.outcome('queue-full');
    this.#queuedBytes += reserved;
    try {
      // Before the entry is encoded: memory above may then let go of the metadata.
      const vector = writtenVector(entry, encoding.keys);
      const encoded = encodeEntry(entry, encoding);
      this.#compressing.delete(key);
      const value = isPending(encoded) ? await this.#compressed(entry, encoded) : encoded;
      if (value === 'superseded') return this.#tally.outcome('superseded');
      if (value === undefined) return this.#tally.outcome('failed');
      if (value.length > maxValueBytes) return this.#tally.outcome('too-large');
      return this.#tally.outcome(await this.#indexAndWrite(entry, value, vector, lease));
    } catch (error) {
      this.#reportFailedWrite(error);
      return this.#tally.outcome('failed');
    } finally {
      this.#queuedBytes -= reserved;
    }
  }

  /** The compressed value, unless the key was written or deleted meanwhile, which is newer. */
  async #compressed(entry: Entry, encoded: Promise<Uint8Array | undefined>) {
    const { key } = entry;
    this.#compressing.set(key, entry);
    const value = await encoded;
    if (this.#compressing.get(key) !== entry) return 'superseded';
    this.#compressing.delete(key);
    return value;
  }

  /** An entry that could not be indexed is removed: a search would not find it. */
  async #indexAndWrite(
    entry: Entry,
    encoded: Uint8Array,
    vector: WrittenVector,
    lease: LeaseToRelease | undefined,
  ): Promise<WriteResult> {
    const { key, meta } = entry;
    const lifeMs = Math.ceil(meta.expires - this.#settings.clock.now());
    if (lifeMs <= 0) return 'expired';
    const value = Buffer.concat([frontOf(meta), encoded]);
    const { lease: number, expires, tagDigests = [] } = meta;
    const write = { key, number, expires, tagDigests, value, vector, lifeMs, lease };
    const { result, indexed } = await this.#writing.write(write);
    try {
      await indexed;
    } catch (error) {
      if (result === 'stored') await this.delete(key);
      throw error;
    }
    if (typeof result !== 'string') throw result;
    return result;
  }

  #reportFailedWrite(error: unknown): void {
    const cause = redisError(error);
    const message = `The Redis tier could not store an entry: ${cause.reason}.`;
    reportTrouble(this.#settings.onTrouble, { store: tier, operation: 'set', message, cause });
  }

  /** @throws AskonceError `store_failed` if it is not certain that the entry is gone. */
  delete(key: string): Promise<boolean> {
    this.#compressing.delete(key);
    this.#writing.send();
    return deletedOne(this.#connection, this.#settings, key);
  }

  /** @throws AskonceError `store_failed` if it is not certain that all are gone. */
  deleteMany(keys: readonly string[]): Promise<number> {
    for (const key of keys) this.#compressing.delete(key);
    this.#writing.send();
    return deletedMany(this.#connection, this.#settings, keys);
  }
}
