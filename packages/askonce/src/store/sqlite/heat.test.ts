/** Hits that are not written yet belong to the entry that was found, not to one that has its key later. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { fakeClock } from '../../testing/fake-clock.ts';
import { sampleEntry } from '../../testing/sample-entry.ts';
import { sqliteStore } from './store.ts';

async function setUp() {
  const folder = mkdtempSync(join(tmpdir(), 'askonce-heat-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const clock = fakeClock();
  const open = async () => {
    const store = await sqliteStore({ folder, clock });
    onTestFinished(() => store.close());
    return store;
  };
  const [one, other] = [await open(), await open()];
  const set = async (created = clock.now()) => {
    await one.set(sampleEntry({ key: 'k', now: clock.now(), created, lease: clock.now() }));
    await one.flush();
  };
  await set();
  return { clock, one, other, set };
}

it('hits of a removed entry that another process has not written yet are not those of its successor', async () => {
  const { clock, one, other, set } = await setUp();
  for (let uses = 0; uses < 3; uses++) await other.get('k');
  await one.delete('k');
  clock.advance(1_000);
  await set();
  await other.flush();
  expect(one.heat('k')?.hits).toBe(0);
  await other.get('k');
  await other.flush();
  expect(one.heat('k')?.hits).toBe(1);
});

it('hits of an answer that another process has not written yet count for it once it is refreshed', async () => {
  const { clock, one, other, set } = await setUp();
  const created = clock.now();
  for (let uses = 0; uses < 3; uses++) await other.get('k');
  clock.advance(1_000);
  await set(created);
  await other.flush();
  expect(one.heat('k')?.hits).toBe(3);
});

it('hits that this process has not written yet go with the entry that it removes', async () => {
  const { one, other, set } = await setUp();
  for (const remove of [() => one.delete('k'), () => one.deleteMany(['k'])]) {
    await one.get('k');
    await remove();
    await set();
    expect(one.heat('k')?.hits).toBe(0);
  }
  await one.get('k');
  const { maintenance } = one;
  for await (const page of maintenance?.survey({ mayFit: () => true }) ?? [])
    expect(await page.remove(page.entries, { unlessHit: false })).toHaveLength(1);
  await set();
  expect(other.heat('k')?.hits).toBe(0);
});
