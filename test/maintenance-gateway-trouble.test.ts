/**
 * A gateway whose Redis gets into trouble while it is maintained: requests are answered meanwhile, and the report, the metrics,
 * the ledger and the health say what became of the run, and of the next one.
 */
import { fakeClock } from 'askonce/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { gatewayForTest, json, postTo } from './support/gateway.ts';
import { day, oldAndValid, removals, validNames } from './support/maintained-store.ts';
import { startRedis, startTroubleProxy } from './support/redis-server.ts';
import { clientOf, eventually, keysOf, storeOn } from './support/redis-stores.ts';
import { chatAnswer, startRememberingProvider } from './support/remembering-provider.ts';

const adminKey = 'the-key-of-all-admin-calls';
const headers = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' };
const start = Date.UTC(2025, 10, 1, 12);
const count = 150;
const shownState = z.looseObject({
  running: z.looseObject({}).nullable(),
  last: z.looseObject({ outcome: z.string() }).nullable(),
  lastSuccessAt: z.string().nullable(),
  runs: z.array(z.looseObject({ outcome: z.string() })).nullable(),
});
const shownHealth = z.looseObject({
  components: z.looseObject({ maintenance: z.looseObject({ status: z.string() }) }),
});

async function setUp() {
  const server = await startRedis();
  const proxy = await startTroubleProxy(server.port);
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('Yes.') }));
  const clock = fakeClock(start);
  const filling = await storeOn({ url: server.url, prefix: 'askonce', clock });
  const keyOf = (name: string) => `askonce:v1:partition:en:{${name}}`;
  await filling.setMany(oldAndValid({ keyOf, now: start, count }));
  clock.advance(31 * day);
  const gateway = await gatewayForTest(
    provider.url,
    { adminKey, redisUrl: proxy.url, maintenanceSchedule: 'off', storeBudgetMs: 300 },
    clock,
  );
  const get = async (path: string) => await fetch(`${gateway.url}${path}`, { headers });
  const run = () =>
    fetch(`${gateway.url}/cache/maintenance`, {
      ...{ method: 'POST', headers },
      body: JSON.stringify({ kinds: removals }),
    });
  const command = clientOf(server.url);
  return {
    ...{ server, proxy, clock, gateway, run },
    state: async () => shownState.parse(await (await get('/cache/maintenance')).json()),
    health: async () => shownHealth.parse(await (await get('/cache/health')).json()).components.maintenance,
    metrics: async () => await (await get('/metrics')).text(),
    ask: (question: string) =>
      postTo(
        gateway.url,
        JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: question }] }),
        json,
      ),
    names: async () =>
      (await keysOf(command, 'askonce:v1:partition:*}'))
        .flatMap((key) => /\{(.*)\}/.exec(key)?.[1] ?? [])
        .toSorted(),
  };
}

type Scene = Awaited<ReturnType<typeof setUp>>;

async function expectFailedRun({ state, health, metrics, ask }: Scene): Promise<void> {
  expect((await ask('Is it answered?')).status).toBe(200);
  await expect.poll(async () => (await state()).runs?.map(({ outcome }) => outcome)).toEqual(['failed']);
  expect(await state()).toMatchObject({ running: null, last: { outcome: 'failed' }, lastSuccessAt: null });
  expect(await health()).toMatchObject({ status: 'degraded', lastOutcome: 'failed' });
  const text = await metrics();
  expect(text).toContain('askonce_maintenance_runs_total{outcome="failed"} 1');
  expect(text).not.toMatch(/^askonce_maintenance_last_success_timestamp_seconds /m);
}

async function expectWholeRun({ run, state, health, metrics, names, clock }: Scene): Promise<void> {
  clock.advance(1_000);
  await expect
    .poll(async () => {
      const answer = await run();
      return answer.status === 200 ? await answer.json() : answer.status;
    }, eventually)
    .toMatchObject({ outcome: 'complete' });
  expect(await names()).toEqual(validNames(count));
  expect(await state()).toMatchObject({
    last: { outcome: 'complete' },
    lastSuccessAt: new Date(clock.now()).toISOString(),
  });
  expect(await health()).toMatchObject({ status: 'ok', lastOutcome: 'complete' });
  expect(await metrics()).toContain('askonce_maintenance_runs_total{outcome="complete"} 1');
}

it('a Redis that is cut off in the middle of a run makes it a failed one, and the next run is complete', async () => {
  const scene = await setUp();
  scene.proxy.cutAfter(90_000, 'to client');
  const answer = await scene.run();
  expect(answer.status).toBeGreaterThanOrEqual(500);
  const { error } = z
    .object({ error: z.looseObject({ code: z.string(), message: z.string() }) })
    .parse(await answer.json());
  expect(error).toMatchObject({
    code: 'maintenance_failed',
    message: expect.stringMatching(/after \d+ entries/),
  });
  await expectFailedRun(scene);
  expect(await scene.names()).toEqual(expect.arrayContaining([...validNames(count)]));
  scene.proxy.heal();
  await expectWholeRun(scene);
}, 60_000);

it('a Redis that answers nothing lets no run begin, which counts as a failed one, and requests are answered meanwhile', async () => {
  const scene = await setUp();
  scene.server.pause();
  const running = scene.run();
  for (const question of ['One?', 'Two?', 'One?']) expect((await scene.ask(question)).status).toBe(200);
  expect(await (await running).json()).toMatchObject({ error: { code: 'maintenance_failed' } });
  await expectFailedRun(scene);
  scene.server.resume();
  await expectWholeRun(scene);
}, 60_000);

it('a Redis whose memory is full, and that evicts nothing, is maintained', async () => {
  const scene = await setUp();
  const command = clientOf(scene.server.url);
  await command.call('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
  await command.call('CONFIG', 'SET', 'maxmemory', '1');
  expect((await scene.ask('Is it answered?')).status).toBe(200);
  await expectWholeRun(scene);
}, 60_000);
