import { type Cache, createCache } from 'askonce';
import { fakeClock } from 'askonce/testing';
import { expect, it } from 'vitest';
import { accountsAlone } from '../../../../test/support/accounting.ts';
import { usualRouting } from '../../../../test/support/routing.ts';
import { createLog } from '../log/log.ts';
import { auditing } from './audit.ts';
import type { AdminContext } from './context.ts';
import { erasureRoutes } from './erasure.ts';

/** The admin call, over a cache whose look at every entry ends when the test says so. */
function erasing(beginErasure: Cache['beginErasure']) {
  const clock = fakeClock();
  const lines: string[] = [];
  const log = createLog({
    level: 'info',
    bodies: false,
    clock,
    destination: { write: (line) => lines.push(line) },
  });
  const context: AdminContext = {
    cache: { ...createCache({ clock }), beginErasure },
    log,
    clock,
    audit: auditing(log),
    accounting: accountsAlone(clock),
    metrics: undefined,
    routing: usualRouting,
    warming: () => Promise.reject(new Error('nothing is warmed here')),
    digestTag: () => 'a digest',
    digestUser: () => 'a digest',
    digestTenant: () => 'a digest',
    digestCursor: () => 'a digest',
    health: async () => ({ status: 'ok', components: {}, semantic: { state: 'off', trouble: [] } }),
  };
  const [route] = erasureRoutes;
  const call = {
    query: { id: ['ada'] },
    body: { reason: 'asked' },
    caller: { name: 'admin', role: 'admin', credential: 'key', address: '127.0.0.1' },
    requestId: 'r1',
  } as const;
  const answer = route?.run(context, call);
  const audits = () =>
    lines.map((line) => JSON.parse(line)).map(({ msg, removed }: Record<string, unknown>) => [msg, removed]);
  const ledgerRows = () => lines.map((line) => JSON.parse(line)['ledgerRows']);
  return { clock, answer, audits, ledgerRows };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

it('an erasure answers after four seconds although the look at every entry still runs, which is audited when it ends', async () => {
  const look = Promise.withResolvers<number>();
  const { clock, answer, audits } = erasing(async () => ({
    byIndex: 12,
    ledgerRows: 5,
    ledger: Promise.resolve(5),
    thorough: look.promise,
  }));
  await turn();
  clock.advance(4_000);
  expect(await answer).toEqual({
    removed: 12,
    reason: 'asked',
    byIndex: 12,
    ledgerRows: 5,
    thorough: { state: 'running' },
  });
  look.resolve(3);
  await turn();
  expect(audits()).toEqual([
    ["a user's answers were erased", 12],
    ["the look at every entry for a user's answers ended", 3],
  ]);
});

it('an erasure tells apart what the index named and what the look at every entry found in time', async () => {
  const { answer, audits } = erasing(async () => ({
    byIndex: 2,
    ledgerRows: 5,
    ledger: Promise.resolve(5),
    thorough: Promise.resolve(1),
  }));
  expect(await answer).toMatchObject({
    removed: 3,
    byIndex: 2,
    ledgerRows: 5,
    thorough: { state: 'done', removed: 1 },
  });
  expect(audits()).toEqual([["a user's answers were erased", 3]]);
});

it('a look at every entry that fails after the answer is audited as a failure', async () => {
  const look = Promise.withResolvers<number>();
  const { clock, answer, audits } = erasing(async () => ({
    byIndex: 0,
    ledgerRows: 5,
    ledger: Promise.resolve(5),
    thorough: look.promise,
  }));
  await turn();
  clock.advance(4_000);
  expect(await answer).toMatchObject({ thorough: { state: 'running' } });
  look.reject(new Error('the store failed'));
  await turn();
  expect(audits()).toEqual([
    ["a user's answers were erased", 0],
    ["erasing a user's answers failed", undefined],
  ]);
});

it('a look at every entry that fails before the answer makes the erasure fail', async () => {
  const { answer } = erasing(async () => ({
    byIndex: 1,
    ledgerRows: 5,
    ledger: Promise.resolve(5),
    thorough: Promise.reject(new Error('store')),
  }));
  await expect(answer).rejects.toThrow('store');
});

it('an erasure answers after four seconds although the ledger still erases, which is audited when it ends', async () => {
  const ledger = Promise.withResolvers<number>();
  const { clock, answer, audits, ledgerRows } = erasing(async () => ({
    byIndex: 12,
    ledgerRows: 0,
    ledger: ledger.promise,
    thorough: Promise.resolve(1),
  }));
  await turn();
  clock.advance(4_000);
  expect(await answer).toEqual({
    removed: 13,
    reason: 'asked',
    byIndex: 12,
    ledgerRows: 0,
    ledger: { state: 'running' },
    thorough: { state: 'done', removed: 1 },
  });
  ledger.resolve(70);
  await turn();
  expect(audits().map(([message]) => message)).toEqual([
    "a user's answers were erased",
    "a user's rows in the ledger were erased",
  ]);
  expect(ledgerRows()).toEqual([0, 70]);
});

it('a ledger that fails before the answer makes the erasure fail, and one that fails later is audited', async () => {
  const inTime = erasing(async () => ({
    byIndex: 1,
    ledgerRows: 0,
    ledger: Promise.reject(new Error('the disk of the ledger')),
    thorough: Promise.resolve(0),
  }));
  await expect(inTime.answer).rejects.toThrow('the disk of the ledger');
  const ledger = Promise.withResolvers<number>();
  const later = erasing(async () => ({
    byIndex: 1,
    ledgerRows: 0,
    ledger: ledger.promise,
    thorough: Promise.resolve(0),
  }));
  await turn();
  later.clock.advance(4_000);
  expect(await later.answer).toMatchObject({ ledger: { state: 'running' } });
  ledger.reject(new Error('the disk of the ledger'));
  await turn();
  expect(later.audits().at(-1)).toEqual(["erasing a user's answers failed", undefined]);
});
