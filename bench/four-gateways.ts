/** Four gateways that share a Redis, beside one: how many provider calls do the same requests make, and how fast? */
import { Agent, request } from 'undici';
import { startRedisProcess } from '../scripts/services/redis-process.ts';
import { chatHeaders, chatPath } from './load.ts';
import { inParallel } from './measure.ts';
import { type Running, startGateway, startServer } from './processes.ts';
import { chatText } from './requests.ts';
import type { Measured } from './rows.ts';

const questions = 400;
const asks = 16_000;
const atOnce = 64;

interface Outcome {
  readonly calls: number;
  /** Requests per second. */
  readonly rate: number;
}

export async function* measure(): AsyncIterable<Measured> {
  const one = await load(1);
  const four = await load(4);
  yield { row: 'four-gateways-calls', ours: four.calls, beside: one.calls };
  yield { row: 'four-gateways-throughput', ours: four.rate, beside: one.rate };
}

/** The same load on so many gateways; one is by itself on SQLite, several share a Redis. */
async function load(count: number): Promise<Outcome> {
  const upstream = await startServer('counting-upstream');
  const redis = count === 1 ? undefined : await startRedisProcess();
  const environment =
    redis === undefined
      ? undefined
      : { REDIS_URL: `redis://127.0.0.1:${redis.port}`, ASKONCE_SECRET: 'a secret for the benchmark' };
  const gateways: Running[] = [];
  const agent = new Agent({ connections: atOnce });
  try {
    for (let index = 0; index < count; index++) gateways.push(await startGateway(upstream.url, environment));
    const rate = await asked(gateways, agent);
    const answer = await request(`${upstream.url}/calls`);
    return { calls: Number(await answer.body.text()), rate };
  } finally {
    await agent.destroy();
    for (const running of [...gateways, upstream]) await running.stop();
    await redis?.stop();
  }
}

/**
 * Asks each question equally often, in an order that is the same for all, of one gateway after the other. Requests per
 * second.
 */
async function asked(gateways: readonly Running[], dispatcher: Agent): Promise<number> {
  const bodies = Array.from({ length: questions }, (_, question) => chatText(question));
  const start = performance.now();
  await inParallel(asks, atOnce, async (number) => {
    // A prime step meets all questions in turn; neighbours on other gateways ask the same.
    const body = bodies[(Math.floor(number / 8) * 7919) % questions] ?? '';
    const { url = '' } = gateways[number % gateways.length] ?? {};
    const answer = await request(url + chatPath, { method: 'POST', dispatcher, headers: chatHeaders, body });
    await answer.body.dump();
    if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}`);
  });
  return asks / ((performance.now() - start) / 1000);
}
