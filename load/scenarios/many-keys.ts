/**
 * A thousand different questions, each of which calls the provider once and is a hit from then on; then a thousand requests
 * a second, nine of ten for these, every tenth for a new one.
 */
import { Agent } from 'undici';
import { inParallel } from '../../bench/measure.ts';
import { type Running, startGateway, startServer } from '../../bench/processes.ts';
import { arriving } from '../arrivals.ts';
import { ask, callsOf } from '../client.ts';
import { counted, type Finding, notSent, quantile, timed } from '../findings.ts';

const keys = 1000;
const perSecond = 1000;
const newEvery = 10;
const atOnce = 64;

interface Servers {
  readonly provider: Running;
  readonly gateway: Running;
  readonly agent: Agent;
}

export async function manyKeys({ seconds, warmUpSeconds }: { seconds: number; warmUpSeconds: number }) {
  const provider = await startServer('counting-upstream');
  const gateway = await startGateway(provider.url);
  const agent = new Agent({ connections: 256 });
  try {
    const servers = { provider, gateway, agent };
    return [...(await distinct(servers)), ...(await steady(servers, seconds, warmUpSeconds))];
  } finally {
    await agent.destroy();
    await gateway.stop();
    await provider.stop();
  }
}

async function distinct({ provider, gateway, agent }: Servers): Promise<readonly Finding[]> {
  let failed = 0;
  const round = async () => {
    const before = await callsOf(provider);
    await inParallel(keys, atOnce, async (n) => {
      if ((await ask(gateway, n, agent)).failed) failed += 1;
    });
    return (await callsOf(provider)) - before;
  };
  const scenario = 'distinct keys';
  return [
    counted(scenario, `provider calls of ${keys} distinct keys`, await round(), keys),
    counted(scenario, 'provider calls when they are asked again', await round(), 0),
    counted(scenario, 'failed answers', failed, 0),
  ];
}

async function steady(
  { provider, gateway, agent }: Servers,
  seconds: number,
  warmUpSeconds: number,
): Promise<readonly Finding[]> {
  await arriving({ perSecond, seconds: warmUpSeconds }, (n) => ask(gateway, n % keys, agent));
  const before = await callsOf(provider);
  // A prime step meets all known questions in turn.
  const question = (n: number) => (n % newEvery === 0 ? keys + n : (n * 7919) % keys);
  const { answers, unsent } = await arriving({ perSecond, seconds }, (n) => ask(gateway, question(n), agent));
  const calls = (await callsOf(provider)) - before;
  const times = answers.map(({ ms }) => ms);
  const hits = answers.flatMap(({ answer, ms }) => (answer.isHit ? [ms] : []));
  const failed = answers.filter(({ answer }) => answer.failed).length;
  // Each new question that was sent is one call, however far the machine was behind.
  const isNew = (n: number) => n % newEvery === 0;
  const sentNew = answers.filter(({ n }) => isNew(n)).length;
  const scenario = `${perSecond}/s`;
  return [
    counted(scenario, `provider calls in ${seconds} s, one in ${newEvery} new`, calls, sentNew),
    counted(scenario, 'failed answers', failed, 0),
    notSent(scenario, unsent),
    timed(scenario, 'p95 of all', quantile(times, 0.95), { below: 100 }),
    timed(scenario, `p95 of ${hits.length} hits`, quantile(hits, 0.95), { most: 10 }),
    timed(scenario, 'p50 of hits', quantile(hits, 0.5), { most: 10 }),
  ];
}
