/**
 * A process that starts beside 100 000 vectors in one place: when is the last of them found, and how long is the event loop
 * held meanwhile, and while the graph is built afterwards? Beside it: what the graph alone costs, with the same vectors.
 *
 * Both are processor time, since the load of the machine is not the question; on a machine that is otherwise idle the last
 * vector is found after about so many seconds of waiting.
 */
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { redisStore } from 'askonce/redis';
import { sqliteStore } from 'askonce/sqlite';
import { z } from 'zod';
import { startRedisProcess } from '../scripts/services/redis-process.ts';
import type { Measured } from './rows.ts';
import { storeVectors, usearchAlone, vectorSource } from './semantic-vectors.ts';
import { loopTime } from './turns.ts';

const count = 100_000;
const script = fileURLToPath(new URL('./servers/semantic-start.ts', import.meta.url));
const started = z.object({ found: z.number(), built: z.number(), turn: z.number() });

export async function* measure(wanted: (row: string) => boolean): AsyncIterable<Measured> {
  for (const dimension of [256, 384]) {
    const rows = (['sqlite', 'redis'] as const).filter((kind) =>
      ['found', 'beside', 'turn'].some((what) => wanted(`semantic-start-${kind}-${dimension}-${what}`)),
    );
    let vectors: readonly Float32Array[] = [];
    const starts = new Map<string, z.output<typeof started>>();
    for (const kind of rows) {
      const filled = kind === 'sqlite' ? inSqlite : inRedis;
      const { made, start } = await filled(dimension);
      vectors = made;
      starts.set(kind, start);
    }
    if (vectors.length === 0) continue;
    const from = loopTime();
    usearchAlone(vectors, dimension);
    const alone = (loopTime() - from) / 1e6;
    for (const [kind, { found, turn }] of starts) {
      const name = `semantic-start-${kind}-${dimension}`;
      yield { row: `${name}-found`, ours: found };
      yield { row: `${name}-beside`, ours: found, beside: alone, ratio: found / alone };
      yield { row: `${name}-turn`, ours: turn };
    }
  }
}

async function inSqlite(dimension: number) {
  const file = join(tmpdir(), `semantic-start-${dimension}.db`);
  const store = await sqliteStore({ file, maxBytes: 8e9 });
  const made = await storeVectors(store, count, vectorSource(dimension)).finally(() => store.close());
  return { made, start: await startBeside('sqlite', file, dimension) };
}

async function inRedis(dimension: number) {
  const server = await startRedisProcess();
  const url = `redis://127.0.0.1:${server.port}`;
  try {
    const store = await redisStore({ url, budgetMs: 10_000 });
    const made = await storeVectors(store, count, vectorSource(dimension)).finally(() => store.close());
    return { made, start: await startBeside('redis', url, dimension) };
  } finally {
    await server.stop();
  }
}

async function startBeside(kind: string, location: string, dimension: number) {
  const args = ['--conditions=askonce-source', script, kind, location, `${count}`, `${dimension}`];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return started.parse(JSON.parse(stdout));
}
