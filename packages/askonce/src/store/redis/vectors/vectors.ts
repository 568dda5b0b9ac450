/**
 * Vectors in Redis: each under a key beside its entry's, in the same slot (`value.ts`), so that an index is built without
 * reading answers. The scripts that write and delete entries write and delete them (`entries/scripts.ts`).
 */
import type { Entry } from '../../../entry/entry.ts';
import { metaLimits } from '../../../entry/shape.ts';
import { AskonceError } from '../../../errors.ts';
import type { Tally } from '../../tally.ts';
import { encodeVectorRecord, type VectorRecord } from '../../vector-record.ts';
import type { NewVector, StoredVector, Vectors } from '../../vectors.ts';
import { runOnPairs } from '../entries/pairs.ts';
import { failedToDelete, failedToRead } from '../entries/removal.ts';
import { pagesOf } from '../entries/scan.ts';
import { keyOfVector, vectorKey, vectorPattern } from '../keys.ts';
import type { CheckedOptions } from '../options.ts';
import type { RedisConnection } from '../server/connection.ts';
import { listOf } from '../server/replies.ts';
import { redisError } from '../server/trouble.ts';
import { pages } from '../tags/sets.ts';
import { putVector, readVectors, removeLostVectors } from './scripts.ts';
import { readVectorValue } from './value.ts';

export interface RedisVectorsOptions
  extends Pick<CheckedOptions, 'prefix' | 'timeoutMs' | 'clock' | 'encoding'> {
  readonly connection: RedisConnection;
  /** Counts vectors that cannot be read. */
  readonly tally: Tally;
  /** Reads entries without counting hits or misses; undefined for one that is gone or cannot be read. */
  readonly read: (keys: readonly string[]) => Promise<readonly (Entry | undefined)[]>;
}

export interface RedisVectors extends Vectors {
  /**
   * Removes vectors whose entries the server has evicted: those of the given keys, or of all that match the glob. Yields now
   * and then, so that the caller sees that it goes on. Rejects if it is not certain that all are gone.
   */
  removeLost(lost: { readonly keys: readonly string[] } | { readonly pattern: string }): AsyncIterable<void>;
}

/** Scripts that are loaded when the store opens. */
export const vectorScripts = [readVectors, removeLostVectors, putVector] as const;

/** Vectors in one command: decrypting them takes a few milliseconds, and in a Cluster each is a command of its own. */
const readAtOnce = 200;

export function redisVectors(options: RedisVectorsOptions): RedisVectors {
  const { connection, prefix, timeoutMs, clock, tally, read } = options;
  const { client } = connection;
  const encryption = options.encoding.keys;

  /** The readable vectors of these entries by key, whether or not they have expired by the clock. */
  async function vectorsOf(keys: readonly string[]): Promise<ReadonlyMap<string, StoredVector>> {
    const found = new Map<string, StoredVector>();
    for (const group of await runOnPairs(client, readVectors, keys, timeoutMs).catch(failedToRead)) {
      const values = listOf(group.reply);
      for (const [at, key] of group.keys.entries()) {
        const value = values[at];
        if (!Buffer.isBuffer(value)) continue;
        const vector = readVectorValue(key, value, encryption);
        if (vector === undefined) tally.unreadable += 1;
        else found.set(key, vector);
      }
    }
    return found;
  }

  async function live(keys: readonly string[]): Promise<readonly (StoredVector | undefined)[]> {
    const found = await vectorsOf(keys);
    const now = clock.now();
    return keys.map((key) => {
      const vector = found.get(key);
      return vector !== undefined && vector.expires > now ? vector : undefined;
    });
  }

  /** Keys of the entries whose vectors lie on the server, whether or not the entries do. */
  async function* keysLike(pattern: string): AsyncGenerator<readonly string[]> {
    for await (const page of pagesOf({ connection, timeoutMs }, vectorPattern(prefix, pattern)))
      yield page.flatMap((key) => keyOfVector(key) ?? []);
  }

  /** Where the vector of an entry may be looked for: its vector says so, or else the entry. */
  async function placeOf(key: string): Promise<Omit<VectorRecord, 'embedder' | 'vector'> | undefined> {
    const there = (await vectorsOf([key])).get(key);
    return there ?? (await read([key]))[0]?.meta;
  }

  async function put({ key, lease, embedder, vector }: NewVector): Promise<boolean> {
    const place = await placeOf(key);
    if (place === undefined) return false;
    if (vector.length > metaLimits.vector) return failedToPut(new Error('it is too long'));
    const record = encodeVectorRecord(key, { ...place, embedder, vector }, encryption);
    const number = Buffer.alloc(8);
    number.writeBigUInt64BE(BigInt(lease));
    const args = [number, clock.now(), record];
    return (await putVector.run(client, [key, vectorKey(key)], args, timeoutMs).catch(failedToPut)) === 1;
  }

  return {
    async getMany(keys) {
      const vectors: (StoredVector | undefined)[] = [];
      for (const page of pages(keys, readAtOnce)) vectors.push(...(await live(page)));
      return vectors;
    },
    async *walk() {
      for await (const keys of keysLike('*')) {
        // Also where there is none: the caller sees that the walk goes on.
        for (let from = 0; from === 0 || from < keys.length; from += readAtOnce) {
          const some = await live(keys.slice(from, from + readAtOnce));
          yield some.filter((vector) => vector !== undefined);
        }
      }
    },
    put,
    async *removeLost(lost) {
      for await (const keys of 'keys' in lost ? pages(lost.keys) : keysLike(lost.pattern)) {
        for (const page of pages(keys))
          await runOnPairs(client, removeLostVectors, page, timeoutMs).catch(failedToDelete);
        yield;
      }
    },
  };
}

function failedToPut(error: unknown): never {
  const cause = redisError(error);
  const message = `The Redis tier could not store a vector: ${cause.reason}.`;
  throw new AskonceError('store_failed', message, { cause });
}
