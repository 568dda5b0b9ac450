/** Four gateways that share a Redis, beside one: how many provider calls do the same requests make, and how fast? */
import { Agent, request } from 'undici';
import { startRedisProcess } from '../scripts/services/redis-process.ts';
import { atLeast, atMost, type Figure, perSecond } from './measure.ts';
import { type Running, startGateway, startServer } from './processes.ts';
import { chatBody } from './requests.ts';

const questions = 400;
const asks = 16_000;
const atOnce = 64;

interface Outcome {
  readonly calls: number;
  /** Requests per second. */
  readonly rate: number;
}

export async function fourGateways(): Promise<Figure[]> {
  const one = await measured(1);
  const four = await measured(4);
  return [
    atMost(1.02, {
      question: `four gateways on one Redis, ${asks} requests for ${questions} questions: provider calls`,
      ours: String(four.calls),
      beside: `one gateway on SQLite ${one.calls}`,
      ratio: four.calls / one.calls,
    }),
    atLeast(0.8, {
      question: 'the same requests: throughput of all four on the same two cores',
      ours: perSecond(four.rate),
      beside: `one gateway ${perSecond(one.rate)}`,
      ratio: four.rate / one.rate,
    }),
  ];
}

async function measured(count: number): Promise<Outcome> {
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
    const rate = await load(gateways, agent);
    const cacheStatus = await request(`${upstream.url}/calls`);
    return { calls: Number(await cacheStatus.body.text()), rate };
  } finally {
    await agent.destroy();
    for (const running of [...gateways, upstream]) await running.stop();
    await redis?.stop();
  }
}

/** Asks each question equally often, in an order that is the same for all, of one gateway after the other. */
async function load(gateways: readonly Running[], dispatcher: Agent): Promise<number> {
  const bodies = Array.from({ length: questions }, (_, question) => JSON.stringify(chatBody(question)));
  let next = 0;
  async function asker(): Promise<void> {
    while (next < asks) {
      const number = next++;
      // A prime step meets all questions in turn; neighbours on other gateways ask the same.
      const body = bodies[(Math.floor(number / 8) * 7919) % questions] ?? '';
      const { url = '' } = gateways[number % gateways.length] ?? {};
      const answer = await request(`${url}/v1/chat/completions`, {
        method: 'POST',
        dispatcher,
        headers: { 'content-type': 'application/json', authorization: 'Bearer sk-bench' },
        body,
      });
      await answer.body.dump();
      if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}`);
    }
  }
  const started = performance.now();
  await Promise.all(Array.from({ length: atOnce }, asker));
  return asks / ((performance.now() - started) / 1000);
}
