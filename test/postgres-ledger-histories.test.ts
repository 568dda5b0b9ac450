/** Ledgers of several gateways on one PostgreSQL server, against a plain count, while the server and the network break. */
import { randomInt } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { systemClock } from '../packages/askonce/src/clock.ts';
import { openAccounts, openLedger, postgresLedger } from '../packages/askonce/src/ledger/kit.ts';
import { flatPricing } from '../packages/askonce/src/ledger/pricing/flat-rate.ts';
import { answered, hit } from './support/ledger-events.ts';
import { startPostgres } from './support/postgres-server.ts';
import { describeWithService } from './support/service-suites.ts';
import { startTroubleProxy } from './support/trouble-proxy.ts';

const all = { from: 0, to: Number.MAX_SAFE_INTEGER, where: {} } as const;

interface Count {
  readonly requests: number;
  readonly hits: number;
  readonly misses: number;
  readonly savedTokens: number;
  readonly savedNano: number;
}

const nothing: Count = { requests: 0, hits: 0, misses: 0, savedTokens: 0, savedNano: 0 };

/** A gateway's ledger, which reports random requests of one tenant, and counts them. */
function gateway(url: string, tenantDigest: string) {
  const accounts = openAccounts({ clock: systemClock, pricing: async () => flatPricing, keepsText: false });
  const store = postgresLedger({ url, timeoutMs: 500 });
  const ledger = openLedger({ accounts, store, flushMs: 10 });
  const counted = new Map<string, Count>();
  return {
    ledger,
    counted,
    report() {
      const model = `model ${randomInt(4)}`;
      const isHit = randomInt(3) > 0;
      const tokens = randomInt(100);
      const before = counted.get(model) ?? nothing;
      counted.set(model, {
        requests: before.requests + 1,
        hits: before.hits + (isHit ? 1 : 0),
        misses: before.misses + (isHit ? 0 : 1),
        savedTokens: before.savedTokens + (isHit ? tokens : 0),
        // The flat rate of $0.002 for each.
        savedNano: before.savedNano + (isHit ? 2_000_000 : 0),
      });
      const usage = { inputTokens: tokens, outputTokens: 0 };
      if (isHit) accounts.observe(hit({ tenantDigest, subject: model, usage, savedTokens: tokens }));
      else accounts.observe(answered({ tenantDigest, subject: model, usage }));
    },
  };
}

describeWithService('postgres', 'ledgers of several gateways on one server', () => {
  it('end with exactly what was reported, however often the server crashes and connections break', async () => {
    const server = await startPostgres();
    const proxy = await startTroubleProxy(server.port);
    const url = server.url.replace(`:${server.port}`, `:${proxy.port}`);
    const gateways = ['one', 'two', 'three'].map((tenant) => ({ tenant, ...gateway(url, tenant) }));
    const troubles = [
      () => server.restart(),
      async () => proxy.cut(),
      async () => proxy.cutAfter(randomInt(20_000), 'to server'),
      async () => proxy.cutAfter(randomInt(2_000), 'to client'),
      async () => proxy.heal(),
    ];
    const flushAll = () => Promise.all(gateways.map(({ ledger }) => ledger.flush().catch(() => {})));
    for (let turn = 0; turn < 90; turn++) {
      for (const { report } of gateways) for (let left = randomInt(40); left > 0; left--) report();
      const flushed = flushAll();
      await setTimeout(randomInt(15));
      if (turn % 3 === 0) await troubles[randomInt(troubles.length)]?.();
      if (turn % 2 === 0) await flushed;
    }
    await server.kill();
    for (const { report } of gateways) report();
    await flushAll();
    for (const { ledger } of gateways) expect(ledger.health.status).toBe('degraded');
    await server.restart();
    proxy.heal();
    for (const { tenant, ledger, counted } of gateways) {
      await expect.poll(() => ledger.flush().then(() => ledger.health.status)).toBe('ok');
      const sums = await ledger.counters({ ...all, where: { tenant }, by: 'model' });
      const found = sums.map(({ group, counts }) => {
        const { requests, hits, misses, savedTokens, savedNano } = counts;
        return [group, { requests, hits, misses, savedTokens, savedNano }];
      });
      expect(new Map(Object.entries(Object.fromEntries(found)))).toEqual(counted);
      expect(ledger.health.lostRows).toBe(0);
    }
    for (const { ledger } of gateways) await ledger.close();
  }, 60_000);
});
