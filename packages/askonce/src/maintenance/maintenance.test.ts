import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createCache } from '../cache.ts';
import type { ObservedEvent } from '../observe/events.ts';
import type { Store } from '../store/contract.ts';
import { memoryStore } from '../store/memory/store.ts';
import { sqliteStore } from '../store/sqlite/store.ts';
import { tieredStore } from '../store/stack/tiered.ts';
import { type FakeClock, fakeClock } from '../testing/fake-clock.ts';
import { sampleEntry } from '../testing/sample-entry.ts';

const day = 86_400_000;
const start = 1_700_000_000_000;

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'askonce-maintenance-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

const stores: Readonly<Record<string, (clock: FakeClock) => Store | Promise<Store>>> = {
  memory: (clock) => memoryStore({ clock }),
  SQLite: (clock) => sqliteStore({ folder: folder(), clock }),
  'memory above SQLite': async (clock) =>
    tieredStore({
      upper: memoryStore({ clock }),
      lower: await sqliteStore({ folder: folder(), clock }),
      clock,
    }),
};

async function setUp(storeOf: (clock: FakeClock) => Store | Promise<Store>, settings = {}) {
  const clock = fakeClock(start);
  const store = await storeOf(clock);
  const events: ObservedEvent[] = [];
  const cache = createCache({ store, clock, settings, observe: (event) => events.push(event) });
  onTestFinished(() => cache.close(0));
  return { clock, store, cache, events };
}

const keyOf = (name: string) => `askonce:v1:aabb:en:{${name}}`;

async function keysIn(store: Store): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const batch of store.scan?.walk() ?? []) keys.push(...batch.map(({ key }) => key));
  return keys.map((key) => key.slice('askonce:v1:aabb:en:{'.length, -1)).sort();
}

/** Entries of each kind, and some beside each that only just do not fit it. */
async function filled(store: Store, clock: FakeClock): Promise<void> {
  const entry = (name: string, meta: object) =>
    sampleEntry({ key: keyOf(name), now: start, lease: 1, expires: start + 400 * day, ...meta });
  await store.setMany([
    entry('past', { expires: start + 10 * day }),
    entry('old-unused', {}),
    entry('old-used', {}),
    entry('short-half', { refreshed: start + 20 * day, expires: start + 42 * day }),
    entry('short-not-half', { refreshed: start + 20 * day, expires: start + 43 * day }),
    entry('doubtful', { confidence: 0.49, refreshed: start + 31 * day }),
    entry('sure-enough', { confidence: 0.5, refreshed: start + 31 * day }),
    entry('unstated', { refreshed: start + 31 * day }),
  ]);
  await store.flush();
  clock.advance(5 * day);
  for (let uses = 0; uses < 2; uses++) await store.get(keyOf('old-used'));
  await store.get(keyOf('old-unused'));
  clock.advance(26 * day);
}

describe.each(Object.entries(stores))('a %s store', (_name, storeOf) => {
  it('loses what has expired, what is hardly used and what is doubtful, and nothing else', async () => {
    const { clock, store, cache } = await setUp(storeOf);
    await filled(store, clock);
    const report = await cache.maintain();
    expect(report).toMatchObject({ outcome: 'complete', complete: true, dryRun: false, refused: [] });
    expect(report.kinds).toMatchObject({ 'low-value': { count: 2 }, 'low-quality': { count: 1 } });
    expect(report.kinds['low-value']?.bytes).toBeGreaterThan(0);
    expect(await keysIn(store)).toEqual(['old-used', 'short-not-half', 'sure-enough', 'unstated']);
    expect(cache.maintenance()).toMatchObject({ last: { complete: true }, lastSuccessAt: clock.now() });
    expect(cache.maintenance().running).toBe(undefined);
  });

  it('is maintained by the kinds that are asked for, and by no other', async () => {
    const { clock, store, cache } = await setUp(storeOf);
    await filled(store, clock);
    const report = await cache.maintain({ kinds: ['low-quality'] });
    expect(Object.keys(report.kinds)).toEqual(['low-quality']);
    expect(await keysIn(store)).not.toContain('doubtful');
    expect(await keysIn(store)).toContain('old-unused');
  });

  it('counts in a dry run what a run then removes, byte for byte', async () => {
    const { clock, store, cache, events } = await setUp(storeOf);
    await filled(store, clock);
    const before = await keysIn(store);
    const dry = await cache.maintain({ dryRun: true });
    expect(await keysIn(store)).toEqual(before);
    expect(events.filter(({ type }) => type === 'maintenance')).toEqual([]);
    expect(cache.maintenance().last).toBe(undefined);
    const report = await cache.maintain();
    const { defragment: _dry, ...counted } = dry.kinds;
    const { defragment: _run, ...removed } = report.kinds;
    expect(removed).toEqual(counted);
  });

  it('judges by the numbers of the settings', async () => {
    const settings = {
      maintenanceMinHits: 1,
      maintenanceDays: 365,
      maintenanceLifetimeShare: 1,
      maintenanceMinConfidence: 0.6,
    };
    const { clock, store, cache } = await setUp(storeOf, settings);
    await filled(store, clock);
    const { kinds } = await cache.maintain();
    expect(kinds).toMatchObject({ 'low-value': { count: 0 }, 'low-quality': { count: 2 } });
  });

  it('reports each run by one event with its figures', async () => {
    const { clock, store, cache, events } = await setUp(storeOf);
    await filled(store, clock);
    await cache.maintain({ kinds: ['low-value', 'low-quality'] });
    expect(events.filter(({ type }) => type === 'maintenance')).toMatchObject([
      { outcome: 'complete', removed: { 'low-value': 2, 'low-quality': 1 } },
    ]);
    const removals = events.flatMap((event) => (event.type === 'removed' ? [event] : []));
    const maintained = removals.filter(({ cause }) => cause === 'maintained');
    expect(maintained.reduce((sum, { entries }) => sum + entries, 0)).toBe(3);
  });
});

it('what expired in a file is counted, also what a batch of the run removes on the side', async () => {
  const { clock, store, cache } = await setUp(stores['SQLite'] ?? (() => memoryStore()));
  const entries = Array.from({ length: 3_000 }, (_none, at) =>
    sampleEntry({ key: keyOf(`${at}`), now: start, expires: start + 5_000 }),
  );
  await store.setMany(entries);
  await store.flush();
  clock.advance(6_000);
  const dry = await cache.maintain({ kinds: ['expired'], dryRun: true });
  expect(dry.kinds.expired?.count).toBe(3_000);
  expect((await store.statistics()).entries).toBe(3_000);
  const { kinds } = await cache.maintain({ kinds: ['expired'] });
  expect(kinds).toEqual(dry.kinds);
  expect((await store.statistics()).entries).toBe(0);
});

it('a second run is refused while one is in progress, and a closed cache begins none', async () => {
  const { store, clock, cache } = await setUp((clock_) => memoryStore({ clock: clock_ }));
  await filled(store, clock);
  const first = cache.maintain();
  await expect(cache.maintain({ dryRun: true })).rejects.toMatchObject({ code: 'maintenance_running' });
  expect(cache.maintenance().running).toMatchObject({ dryRun: false });
  await first;
  await cache.close(0);
  await expect(cache.maintain()).rejects.toMatchObject({ code: 'closed' });
});

it('an aborted run ends with a report that says so', async () => {
  const { store, clock, cache } = await setUp((clock_) => memoryStore({ clock: clock_ }));
  await filled(store, clock);
  const report = await cache.maintain({ signal: AbortSignal.abort() });
  expect(report).toMatchObject({ outcome: 'aborted', complete: false });
  expect(await keysIn(store)).toContain('old-unused');
});

it('an unknown kind is refused', async () => {
  const { cache } = await setUp((clock) => memoryStore({ clock }));
  await expect(cache.maintain({ kinds: [] })).rejects.toMatchObject({ code: 'invalid_request' });
});

it('a store that cannot be maintained, and one that counts no hits, are reported', async () => {
  const { maintenance, ...without } = memoryStore();
  const bare = await setUp(() => without);
  expect((await bare.cache.maintain()).skipped).toHaveLength(4);
  const { cache } = await setUp(() => ({
    ...without,
    ...(maintenance && {
      maintenance: {
        ...maintenance,
        async *survey() {
          const entries = [{ key: 'k', refreshed: 0, expires: start * 2, bytes: 1 }];
          yield { looked: 1, entries, remove: async () => [] };
        },
      },
    }),
  }));
  const report = await cache.maintain({ kinds: ['low-value'] });
  expect(report.skipped).toMatchObject([{ kind: 'low-value', store: 'memory' }]);
  expect(report.kinds['low-value']?.count).toBe(0);
});

it('rows that an invalidation left are counted as they are deleted, in pages that a dry run counts alike', async () => {
  const { clock, store, cache } = await setUp((clock_) => sqliteStore({ folder: folder(), clock: clock_ }));
  const count = 2_000;
  const entries = Array.from({ length: count }, (_none, at) =>
    sampleEntry({ key: keyOf(`${at}`), now: start, expires: start + 400 * day, tagDigests: ['aa'] }),
  );
  await store.setMany(entries);
  for (let at = 0; at < 700; at++) await store.shared?.marks?.put(`mark ${at}`, start + 60_000);
  await store.flush();
  clock.advance(120_000);
  // Clock and steps of its own stand still: nothing but maintenance deletes the rows.
  let removed = 0;
  for await (const { keys } of store.tags?.find({ clauses: [['aa']] }) ?? [])
    removed += await store.deleteMany(keys, { toMakeRoom: true });
  expect(removed).toBe(count);
  const { kinds } = await cache.maintain({ kinds: ['expired'], dryRun: true });
  expect(kinds.expired).toMatchObject({ count: 0, remains: count + 700 });
  expect((await cache.maintain({ kinds: ['expired'] })).kinds).toEqual(kinds);
  const after = await cache.maintain({ kinds: ['expired'], dryRun: true });
  expect(after.kinds.expired).toMatchObject({ count: 0, bytes: 0, remains: 0 });
});
