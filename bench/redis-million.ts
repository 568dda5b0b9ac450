/** Redis: does a hit take longer where the server holds a million entries? */
import process from 'node:process';
import { redisStore } from 'askonce/redis';
import { startRedisProcess } from '../scripts/services/redis-process.ts';
import { Skipped } from './measure.ts';
import { manyBesideFew } from './million.ts';
import type { Measured } from './rows.ts';

const neededBytes = 4_000_000_000;

export async function* measure(): AsyncIterable<Measured> {
  if (process.availableMemory() < neededBytes) throw new Skipped('less than 4 GB of memory are free');
  const servers = [await startRedisProcess(), await startRedisProcess()] as const;
  const open = ({ port }: { readonly port: number }) =>
    redisStore({ url: `redis://127.0.0.1:${port}`, budgetMs: 10_000 });
  const [many, few] = [await open(servers[0]), await open(servers[1])];
  try {
    yield { row: 'redis-million', ...(await manyBesideFew(many, few)) };
  } finally {
    for (const store of [many, few]) await store.close();
    for (const server of servers) await server.stop();
  }
}
