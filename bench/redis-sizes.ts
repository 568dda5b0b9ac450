/** Redis: invalidation and erasure on a server of a thousand, a hundred thousand and a million entries. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { redisStore } from 'askonce/redis';
import { Redis } from 'ioredis';
import { type RedisProcess, startRedisProcess } from '../scripts/services/redis-process.ts';
import { Skipped } from './measure.ts';
import type { Measured } from './rows.ts';
import { atSizes, type Place } from './sizes.ts';

const neededBytes = 4_000_000_000;

export function measure(wanted: (row: string) => boolean): AsyncIterable<Measured> {
  if (process.availableMemory() < neededBytes) throw new Skipped('less than 4 GB of memory are free');
  return atSizes('redis', onServer, wanted);
}

async function onServer(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'askonce-sizes-'));
  const saved = join(folder, 'saved.rdb');
  let server: RedisProcess | undefined;
  async function open(budgetMs?: number) {
    await server?.stop();
    server = await startRedisProcess({ folder });
    return await redisStore({ url: urlOf(server), budgetMs });
  }
  return {
    create: () => open(10_000),
    async save(store) {
      await store.close();
      const client = new Redis(urlOf(server));
      await client.save();
      client.disconnect();
      copyFileSync(join(folder, 'dump.rdb'), saved);
    },
    async restore() {
      await server?.stop();
      copyFileSync(saved, join(folder, 'dump.rdb'));
      return await open();
    },
    async remove() {
      await server?.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function urlOf(server: RedisProcess | undefined): string {
  return `redis://127.0.0.1:${server?.port}`;
}
