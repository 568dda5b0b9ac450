import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { sqliteStore } from '../../store/sqlite/store.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import type { Pool } from './contract.ts';
import { memoryLabels } from './labels.ts';
import { noticeLabels } from './notice-labels.ts';
import { createPools, type PoolsOptions } from './pools.ts';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function options(more: Partial<PoolsOptions> = {}): PoolsOptions {
  return {
    embedder: { name: 'static-256', version: '1', prefix: '', pooling: 'sum', weights: 'w' },
    fingerprint: 'static-256:1',
    versions: ['guards 1', 'gates 1'],
    allGuards: true,
    maxErrorRate: 0.05,
    auditShare: 0.03,
    judge: 'answers',
    labels: memoryLabels(),
    clock: fakeClock(),
    ...more,
  };
}

const near = { similarity: 0.99, vetoed: false, identical: false, verifierPresent: false };
let labels = 0;

function teach(pool: Pool, times: number): void {
  for (let n = 0; n < times; n++) {
    const { sample } = pool.decide(near);
    if (sample !== undefined) pool.learn(sample, 'same', `${labels++}`);
  }
}

it('a pool is one tenant, one language and one category, and the settings may widen it', () => {
  const separate = createPools(options());
  const ids = [
    { tenant: 'a' },
    { tenant: 'b' },
    { tenant: 'a', language: 'en' },
    { tenant: 'a', language: 'es' },
    { tenant: 'a', language: 'en', category: 'faq' },
  ].map((parts) => separate.of(parts).id);
  expect(new Set(ids).size).toBe(5);
  expect(separate.of({ tenant: 'a', language: 'en' })).toBe(separate.of({ tenant: 'a', language: 'en' }));
  const wide = createPools(options({ separateBy: [] }));
  expect(wide.of({ tenant: 'a', language: 'en' })).toBe(wide.of({ tenant: 'a', language: 'es' }));
  expect(wide.of({ tenant: 'a' })).not.toBe(wide.of({ tenant: 'b' }));
});

it('labels survive a restart, and begin anew with another embedder or other versions of guards and gates', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'askonce-pools-'));
  folders.push(folder);
  const learned = async (more: Partial<PoolsOptions>, work: (pool: Pool) => void) => {
    const store = await sqliteStore({ folder });
    if (store.shared?.notices === undefined) throw new Error('the store has no notices');
    const pools = createPools(options({ labels: noticeLabels(store.shared.notices, fakeClock()), ...more }));
    const pool = pools.of({ tenant: 'a' });
    await pools.flush();
    work(pool);
    await pools.flush();
    const report = pool.report();
    await store.close();
    return report.similar;
  };
  expect((await learned({}, (pool) => teach(pool, 400))).standing).toBe('certified');
  expect((await learned({}, () => undefined)).standing).toBe('certified');
  expect((await learned({ versions: ['guards 2', 'gates 1'] }, () => undefined)).labels.right).toBe(0);
  expect((await learned({ fingerprint: 'static-256:2' }, () => undefined)).labels.right).toBe(0);
});

it('labels are written within half a second, so that a killed process loses no more', async () => {
  const clock = fakeClock();
  const store = memoryLabels();
  const pools = createPools(options({ clock, labels: store }));
  const pool = pools.of({ tenant: 'a' });
  await pools.flush();
  teach(pool, 10);
  clock.advance(500);
  await pools.flush();
  const later = createPools(options({ labels: store }));
  later.of({ tenant: 'a' });
  await later.flush();
  expect(later.reports()[0]?.similar.labels.right).toBe(10);
});

it('labels that cannot be written are reported and written later, once', async () => {
  const inner = memoryLabels();
  let isDown = true;
  const troubles: unknown[] = [];
  const pools = createPools(
    options({
      labels: {
        async update(pool, own, rules) {
          const updated = await inner.update(pool, own, rules);
          if (isDown) throw new Error('the answer was lost');
          return updated;
        },
      },
      onTrouble: (error) => troubles.push(error),
    }),
  );
  const pool = pools.of({ tenant: 'a' });
  teach(pool, 10);
  await pools.flush();
  expect(troubles).toHaveLength(1);
  isDown = false;
  await pools.flush();
  expect(pool.report().similar.labels.right).toBe(10);
});

it('however many pools are asked for, few stay in memory, and the others find their labels again', async () => {
  const pools = createPools(options({ mostPools: 4 }));
  for (let tenant = 0; tenant < 50; tenant++) {
    teach(pools.of({ tenant: `${tenant}` }), 3);
    await pools.flush();
  }
  expect(pools.reports()).toHaveLength(4);
  const first = pools.of({ tenant: '0' });
  await pools.flush();
  expect(first.report().similar.labels.right).toBe(3);
});

it('a pool is found by its parts and the beginning of its id, and a pool of another embedder is not', async () => {
  const parts = { tenant: 'a', language: 'en', category: 'faq' };
  const one = createPools(options());
  const { id, parts: own } = one.of(parts);
  expect(own).toMatchObject(parts);
  expect(await one.find(parts, id.slice(0, 12))).toBe(one.of(parts));
  const changed = createPools(options({ fingerprint: 'static-256:2' }));
  expect(await changed.find(parts, id.slice(0, 12))).toBe(undefined);
  expect(changed.reports()).toEqual([]);
  expect(await createPools(options()).find({ tenant: 'b' }, id.slice(0, 12))).toBe(undefined);
});
