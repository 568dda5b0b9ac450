/** A hundred callers ask the same at once of two gateways that share a Redis: the provider is called once. */
import { Agent } from 'undici';
import { type Running, startGateway, startServer } from '../../bench/processes.ts';
import { findProgram } from '../../scripts/services/programs.ts';
import { startRedisProcess } from '../../scripts/services/redis-process.ts';
import { ask, callsOf } from '../client.ts';
import { counted, type Finding, type Skipped } from '../findings.ts';

const callers = 100;
const providerMs = 1000;
const scenario = 'two gateways';

export async function twoGateways(): Promise<readonly Finding[] | Skipped> {
  const found = findProgram('redis', 'redis-server');
  if (typeof found === 'string') return { scenario, why: found };
  const redis = await startRedisProcess();
  const provider = await startServer('counting-upstream', String(providerMs));
  const environment = {
    REDIS_URL: `redis://127.0.0.1:${redis.port}`,
    ASKONCE_SECRET: 'a secret for the load test',
    // A busy machine must not make the gateways do without the shared store.
    ASKONCE_STORE_BUDGET_MS: '5000',
  };
  const gateways: Running[] = [];
  const agent = new Agent({ connections: callers });
  try {
    for (let index = 0; index < 2; index += 1) gateways.push(await startGateway(provider.url, environment));
    const asked = Array.from({ length: callers }, (_, n) => gateways[n % gateways.length]);
    const answers = await Promise.all(asked.flatMap((gateway) => (gateway ? [ask(gateway, 0, agent)] : [])));
    return [
      counted(scenario, `provider calls of ${callers} callers at once`, await callsOf(provider), 1),
      counted(scenario, 'failed answers', answers.filter(({ failed }) => failed).length, 0),
    ];
  } finally {
    await agent.destroy();
    for (const running of [...gateways, provider]) await running.stop();
    await redis.stop();
  }
}
