/**
 * A ledger against a plain count, through random histories: killed processes, failing stores, and clocks that jump.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import type { LedgerStore } from '../packages/askonce/src/ledger/contract.ts';
import { bucketMs, openAccounts, openLedger, sqliteLedger } from '../packages/askonce/src/ledger/kit.ts';
import { flatPricing } from '../packages/askonce/src/ledger/pricing/flat-rate.ts';
import { fakeClock } from '../packages/askonce/src/testing/fake-clock.ts';
import { answered, hit } from './support/ledger-events.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const program = new URL('./support/ledger-child.ts', import.meta.url).pathname;
const all = { from: 0, to: Number.MAX_SAFE_INTEGER, where: {} } as const;

/** What a model's requests come to. */
interface Sum {
  requests: number;
  hits: number;
  tokens: number;
}

type Sums = Record<string, Sum>;

interface Counted {
  readonly model: string;
  readonly hits: number;
  readonly tokens: number;
}

function add(sums: Sums, { model, hits, tokens }: Counted): Sums {
  const {
    requests,
    hits: hitsSoFar,
    tokens: tokensSoFar,
  } = sums[model] ?? { requests: 0, hits: 0, tokens: 0 };
  return {
    ...sums,
    [model]: { requests: requests + 1, hits: hitsSoFar + hits, tokens: tokensSoFar + tokens },
  };
}

async function sumsIn(store: LedgerStore, tenant: string): Promise<Sums> {
  const sums = await store.counters({ ...all, where: { tenant }, by: 'model' });
  return Object.fromEntries(
    sums.map(({ group, counts }) => [
      group,
      { requests: counts.requests, hits: counts.hits, tokens: counts.savedTokens },
    ]),
  );
}

/** Lets a process report until it has printed so many lines, and kills it. Returns what it has printed. */
async function livedUntil(path: string, tenant: string, mostLines: number) {
  const child = spawn(process.execPath, [program, path, tenant], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  const requests: Counted[] = [];
  let flushed = 0;
  let lines = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [what = '', model = '', tokens = '0'] = line.split(' ');
    if (what === 'flushed') flushed = Number(model);
    else requests.push({ model, hits: what === 'hit' ? 1 : 0, tokens: Number(tokens) });
    if (++lines >= mostLines) child.kill('SIGKILL');
  }
  expect(await ended).toEqual([null, 'SIGKILL']);
  return { requests, flushed };
}

it('after kill -9 at any moment counters are exactly those of a first part of the requests, all that was flushed among them', async () => {
  const path = join(temporaryFolder(), 'ledger.db');
  const known: Record<string, Sums> = { one: {}, other: {} };
  let killedWithLoss = 0;
  for (let round = 0; round < 4; round++) {
    const lives = await Promise.all(
      Object.keys(known).map(async (tenant) => ({
        tenant,
        ...(await livedUntil(path, tenant, 1 + Math.floor(Math.random() * 4_000))),
      })),
    );
    const store = sqliteLedger({ path });
    for (const { tenant, requests, flushed } of lives) {
      const found = await sumsIn(store, tenant);
      const before = known[tenant] ?? {};
      const countOf = (sums: Sums) => Object.values(sums).reduce((sum, each) => sum + each.requests, 0);
      const stored = countOf(found) - countOf(before);
      expect(stored, `${flushed} of ${requests.length} were flushed`).toBeGreaterThanOrEqual(flushed);
      expect(stored).toBeLessThanOrEqual(requests.length);
      expect(found).toEqual(requests.slice(0, stored).reduce(add, before));
      known[tenant] = found;
      if (stored < requests.length) killedWithLoss += 1;
    }
    await store.close();
  }
  expect(killedWithLoss).toBeGreaterThan(0);
}, 60_000);

/** A store in front of a file, whose next writes fail as a test lists: before or after they were applied. */
function failingStore(path: string) {
  const store = sqliteLedger({ path });
  const failures: ('before' | 'after')[] = [];
  return {
    failures,
    end: () => store.close(),
    store: {
      ...store,
      async write(batch) {
        const failure = failures.shift();
        if (failure === 'before') throw new Error('the connection was refused');
        await store.write(batch);
        if (failure === 'after') throw new Error('the connection broke during its commit');
      },
    } satisfies LedgerStore,
  };
}

const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        type: fc.constant('requests' as const),
        count: fc.integer({ min: 1, max: 40 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('flush' as const) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        type: fc.constant('fail' as const),
        when: fc.constantFrom('before' as const, 'after' as const),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant('pass' as const),
        ms: fc.integer({ min: 1, max: 4_000_000 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        type: fc.constant('jump' as const),
        ms: fc.integer({ min: -4_000 * 86_400_000, max: 4_000 * 86_400_000 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('restart' as const) }) },
  ),
  { minLength: 10, maxLength: 40 },
);

it('whatever fails and however the clock jumps, each bucket has exactly its requests once the store is well', async () => {
  const folder = temporaryFolder();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (history) => {
      const path = join(folder, `${run++}.db`);
      const clock = fakeClock();
      const { failures, store, end } = failingStore(path);
      const pricing = async () => flatPricing;
      const open = () => {
        const accounts = openAccounts({ clock, pricing, keepsText: false, random: () => 0 });
        // A store of its own: a ledger closes its store, and this one is to outlive it.
        return {
          accounts,
          ledger: openLedger({
            ...{ accounts, clock, store: { ...store, close: async () => undefined } },
            // A clock that jumps by years makes nothing too old.
            retention: { counterMonths: 12_000 },
          }),
        };
      };
      let { accounts, ledger } = open();
      const counted = new Map<number, Sum>();

      function request(number: number): void {
        const bucket = Math.floor(clock.now() / bucketMs) * bucketMs;
        const sum = counted.get(bucket) ?? { requests: 0, hits: 0, tokens: 0 };
        counted.set(bucket, sum);
        sum.requests += 1;
        const usage = { inputTokens: number, outputTokens: 1 };
        if (number % 3 === 0) accounts.observe(answered({ usage }));
        else {
          sum.hits += 1;
          sum.tokens += number + 1;
          accounts.observe(hit({ usage, savedTokens: number + 1 }));
        }
      }

      for (const step of history) {
        if (step.type === 'requests') for (let number = 0; number < step.count; number++) request(number);
        else if (step.type === 'flush') await ledger.flush().catch(() => undefined);
        else if (step.type === 'fail') failures.push(step.when);
        else if (step.type === 'pass') clock.advance(step.ms);
        else if (step.type === 'jump') clock.setNow(clock.now() + step.ms);
        else {
          failures.splice(0);
          await ledger.flush();
          await ledger.close();
          ({ accounts, ledger } = open());
        }
      }
      failures.splice(0);
      await ledger.flush();
      const found = (await ledger.counters({ ...all, by: 'bucket' })).map(({ group, counts }) => [
        Number(group),
        { requests: counts.requests, hits: counts.hits, tokens: counts.savedTokens },
      ]);
      expect(found).toEqual([...counted].toSorted(([one], [other]) => one - other));
      expect(ledger.health).toMatchObject({ status: 'ok', lostRows: 0 });
      await ledger.close();
      await end();
    }),
    { numRuns: 12, endOnFailure: true },
  );
}, 60_000);
