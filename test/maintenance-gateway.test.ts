/**
 * Maintenance at a gateway: by call, by the clock, and one at a time among gateways.
 */
import { fakeClock } from 'askonce/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { runMaintenance } from '../packages/gateway/src/maintenance-command/run.ts';
import { gatewayForTest, json, postTo } from './support/gateway.ts';
import { chatAnswer, startRememberingProvider } from './support/remembering-provider.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const adminKey = 'the-key-of-all-admin-calls';
const day = 86_400_000;
const shownState = z.object({
  running: z.looseObject({}).nullable(),
  last: z.looseObject({ startedAt: z.string() }).nullable(),
  lastSuccessAt: z.string().nullable(),
  nextAt: z.string().nullable(),
  runs: z.array(z.looseObject({})).nullable(),
});
const headers = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' };

async function setUp(settings = {}, start = Date.UTC(2026, 10, 29, 12)) {
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('Yes.') }));
  const clock = fakeClock(start);
  const gateway = await gatewayForTest(
    provider.url,
    { adminKey, maintenanceTimeZone: 'UTC', ...settings },
    clock,
  );
  const ask = (question: string, more: Readonly<Record<string, string>> = {}) =>
    postTo(
      gateway.url,
      JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: question }] }),
      { ...json, ...more },
    );
  const call = (body: unknown) =>
    fetch(`${gateway.url}/cache/maintenance`, { method: 'POST', headers, body: JSON.stringify(body) });
  const state = async () =>
    shownState.parse(await (await fetch(`${gateway.url}/cache/maintenance`, { headers })).json());
  return { clock, gateway, provider, ask, call, state };
}

it('a call removes by kind, a dry run before it counts the same, and metrics count the run', async () => {
  const { clock, gateway, ask, call, state } = await setUp({
    ttlSeconds: 400 * 86_400,
    maintenanceSchedule: 'off',
  });
  await ask('Hardly used?');
  for (let uses = 0; uses < 3; uses++) await ask('Often used?');
  clock.advance(31 * day);
  const kinds = ['low-value', 'low-quality'];
  const dry = await call({ kinds, dryRun: true });
  expect(dry.status).toBe(200);
  expect(await dry.json()).toMatchObject({
    dryRun: true,
    complete: true,
    kinds: { 'low-value': { count: 1 }, 'low-quality': { count: 0 } },
  });
  expect(await state()).toMatchObject({ running: null, last: null });
  const run = await call({ kinds });
  expect(await run.json()).toMatchObject({ dryRun: false, kinds: { 'low-value': { count: 1 } } });
  expect(await state()).toMatchObject({
    last: { complete: true },
    lastSuccessAt: new Date(clock.now()).toISOString(),
  });
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  expect(text).toContain('askonce_maintenance_runs_total{outcome="complete"} 1');
  expect(text).toContain('askonce_maintenance_removed_total{kind="low-value"} 1');
  expect(text).toContain(`askonce_maintenance_last_success_timestamp_seconds ${clock.now() / 1000}`);
});

it('each run is in the ledger, which all gateways that share it show, also after a restart and by command', async () => {
  const folder = temporaryFolder();
  const environment = { ASKONCE_DATA_DIR: folder, ASKONCE_PORT: '1', ASKONCE_ADMIN_KEY: adminKey };
  const byCommand = await runMaintenance({
    ...{ kinds: 'expired', dryRun: false, url: undefined, config: undefined },
    environment,
  });
  const first = await setUp({ dataDir: folder, maintenanceSchedule: 'off', ttlSeconds: 400 * 86_400 });
  await first.ask('Hardly used?');
  first.clock.advance(31 * day);
  await first.call({ kinds: ['low-value'], dryRun: true });
  await first.call({ kinds: ['low-value', 'defragment'] });
  const shown = [
    {
      outcome: 'complete',
      startedAt: new Date(first.clock.now()).toISOString(),
      kinds: { 'low-value': { count: 1 }, defragment: { count: 0 } },
    },
    { outcome: 'complete', startedAt: byCommand.report.startedAt, kinds: { expired: { count: 0 } } },
  ].toSorted((one, other) => other.startedAt.localeCompare(one.startedAt));
  expect((await first.state()).runs).toMatchObject(shown);
  const health = async (of: typeof first) =>
    await (await fetch(`${of.gateway.url}/cache/health`, { headers })).json();
  expect(await health(first)).toMatchObject({
    components: { maintenance: { status: 'ok', running: false, lastOutcome: 'complete' } },
  });
  await first.gateway.close();
  const second = await setUp({ dataDir: folder, maintenanceSchedule: 'off' });
  expect(await second.state()).toMatchObject({ last: null, runs: shown });
});

it('without a ledger no runs of other gateways are shown', async () => {
  const { state } = await setUp({ ledger: false });
  expect((await state()).runs).toBe(null);
});

it('a call without a body means all kinds, and an unknown kind or field is refused', async () => {
  const { call, gateway } = await setUp();
  const all = await fetch(`${gateway.url}/cache/maintenance`, { method: 'POST', headers });
  expect(Object.keys(z.object({ kinds: z.looseObject({}) }).parse(await all.json()).kinds)).toEqual([
    'expired',
    'low-value',
    'low-quality',
    'defragment',
  ]);
  for (const body of [{ kinds: ['old'] }, { kinds: [] }, { dry: true }, { dryRun: 'yes' }])
    expect(await (await call(body)).json()).toMatchObject({ error: { code: 'invalid_request' } });
});

it('maintenance runs at 03:00 by the settings zone, once a day', async () => {
  const { clock, state } = await setUp();
  expect(await state()).toMatchObject({ last: null, nextAt: '2026-11-30T03:00:00.000Z' });
  const until = async (instant: number) => {
    while (clock.now() < instant) clock.advance(Math.min(1_800_000, instant - clock.now()));
    await expect.poll(async () => (await state()).running).toBe(null);
  };
  await until(Date.UTC(2026, 10, 30, 2, 59));
  expect(await state()).toMatchObject({ last: null });
  await until(Date.UTC(2026, 10, 30, 3, 0));
  await expect.poll(async () => (await state()).last?.startedAt).toBe('2026-11-30T03:00:00.000Z');
  await expect.poll(async () => (await state()).nextAt).toBe('2026-12-01T03:00:00.000Z');
});

it('a schedule that is off has no next run, and one that cannot be read ends the start with its name', async () => {
  const { state } = await setUp({ maintenanceSchedule: 'off' });
  expect(await state()).toMatchObject({ nextAt: null });
  for (const maintenanceSchedule of ['at three', '0 3 * *', '0 0 30 2 *', '* * * * * *'])
    await expect(setUp({ maintenanceSchedule })).rejects.toThrow(/maintenanceSchedule/);
  await expect(setUp({ maintenanceTimeZone: 'Mars/Olympus' })).rejects.toThrow(/IANA/);
});

it('a gateway that is closed begins no run any more', async () => {
  const { clock, gateway } = await setUp();
  await gateway.close();
  clock.advance(2 * day);
  expect(clock.now()).toBeGreaterThan(Date.UTC(2026, 10, 30, 3));
});
