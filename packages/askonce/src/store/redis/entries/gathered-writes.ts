/**
 * Writes of entries. Those of one turn of the event loop share one call of the script, and one for each tag that any of
 * them has.
 */

import type { LeaseToRelease } from '../../contract.ts';
import { vectorKey } from '../keys.ts';
import { leaseKey } from '../leases.ts';
import type { RedisConnection } from '../server/connection.ts';
import { listOf, textOf } from '../server/replies.ts';
import type { IndexedEntry } from '../tags/tags.ts';
import type { WrittenVector } from '../vectors/value.ts';
import { GatheredCalls } from './gathered-calls.ts';
import { setEntries } from './scripts.ts';

/** Indexes entries by commands that are sent at once; one promise for each entry. */
export type IndexEntries = (entries: readonly IndexedEntry[]) => readonly Promise<void>[];

interface Write extends IndexedEntry {
  /** See `EntryMeta.lease`. */
  readonly number: number;
  readonly value: Buffer;
  /** The record of its vector, or what stands for it. */
  readonly vector: WrittenVector;
  readonly lifeMs: number;
  readonly lease: LeaseToRelease | undefined;
}

interface Written {
  readonly result: 'stored' | 'superseded' | Error;
  /** Rejects if the entry could not be indexed. */
  readonly indexed: Promise<void>;
}

/** Writes in one command. */
const writesAtOnce = 32;

export class GatheredWrites {
  readonly #connection: RedisConnection;
  readonly #timeoutMs: number;
  readonly #calls: GatheredCalls<Write, Written>;
  #index: IndexEntries = () => [];

  constructor(connection: RedisConnection, timeoutMs: number) {
    this.#connection = connection;
    this.#timeoutMs = timeoutMs;
    this.#calls = new GatheredCalls({
      connection,
      atOnce: writesAtOnce,
      // What others look for or follow from now on must find the entry.
      isPrompt: true,
      run: (writes) => this.#run(writes),
    });
  }

  /** Sets the function that runs before an entry is written, so that a search finds every entry that exists. */
  indexBy(index: IndexEntries): void {
    this.#index = index;
  }

  write(write: Write): Promise<Written> {
    return this.#calls.make(write, write.value.length + write.vector.length);
  }

  /** Sends what waits at once. */
  send(): void {
    this.#calls.send();
  }

  /** Indexes before it writes, as far as one server has both, and waits for neither before the other is sent. */
  async #run(writes: readonly Write[]): Promise<readonly Written[]> {
    const indexed = this.#index(writes);
    // A write that fails before it reads these need not know that they failed as well.
    for (const one of indexed) one.catch(() => {});
    const keys: string[] = [];
    const args: (string | number | Buffer)[] = [];
    for (const { key, number, value, vector, lifeMs, lease } of writes) {
      keys.push(key, vectorKey(key));
      if (lease !== undefined) keys.push(leaseKey(key, lease.name));
      args.push(value, number, lifeMs, vector, lease?.token ?? '');
    }
    const replies = listOf(await setEntries.run(this.#connection.client, keys, args, this.#timeoutMs));
    return writes.map(({ lease }, at) => {
      const reply = replies[at];
      const result = reply === 1 ? 'stored' : reply === 0 ? 'superseded' : new Error(textOf(reply));
      if (typeof result === 'string') lease?.onReleased();
      return { result, indexed: indexed[at] ?? Promise.resolve() };
    });
  }
}
