import type { ObservedEvent } from 'askonce';
import { describe, expect, it } from 'vitest';
import { answered, hit } from '../../../../test/support/ledger-events.ts';
import { metricsForTest } from '../../../../test/support/metrics-set-up.ts';
import { sampleEvents } from '../../../../test/support/sample-events.ts';
import { notCounted } from './observer.ts';

const events: readonly ObservedEvent[] = Object.values(sampleEvents);
const isCounted = ({ type }: ObservedEvent) => !(type in notCounted);

it.each(events.filter(isCounted).map((event) => [event.type, event] as const))(
  'an event %s changes a figure',
  async (_type, event) => {
    const { metrics, observe } = metricsForTest({ hasLeases: true });
    const before = [await metrics.json(), metrics.performance().operations];
    observe(event);
    expect([await metrics.json(), metrics.performance().operations]).not.toEqual(before);
  },
);

it.each(events.filter((event) => !isCounted(event)).map((event) => [event.type, event] as const))(
  'an event %s, which is not counted, is not even made for the metrics',
  (type) => {
    expect(metricsForTest().counting.observe.types?.has(type)).toBe(false);
  },
);

describe('what an event counts', () => {
  it('a hit counts its tier, its time in seconds, and its outcome', async () => {
    const { metrics, observe } = metricsForTest();
    observe(hit({ tier: 'sqlite', fresh: false, durationMs: 4 }));
    observe(hit({ kind: 'semantic', durationMs: 6 }));
    expect(await metrics.json()).toMatchObject({
      requests: { hit: 2, miss: 0 },
      cache_hit_fresh: 1,
      cache_hit_stale: 1,
      cache_hit_exact: 1,
      cache_hit_semantic: 1,
      cache_hit_tier: { memory: 1, sqlite: 1, redis: 0 },
      hit_duration_seconds: { count: 2, sum: 0.01 },
      hit_rate: 1,
    });
  });

  it('followers are shared, and neither misses nor part of their time', async () => {
    const { metrics, observe } = metricsForTest();
    observe(answered({ by: 'flight', durationMs: 5000 }));
    for (const by of ['call', 'fallback', 'none'] as const) observe(answered({ by, durationMs: 1000 }));
    expect(await metrics.json()).toMatchObject({
      requests: { shared: 1, miss: 3 },
      cache_shared: 1,
      cache_miss: 3,
      answered: { call: 1, flight: 1, fallback: 1, none: 1 },
      miss_duration_seconds: { count: 3, sum: 3 },
    });
  });

  it('a gateway alone counts calls of providers as locks, but for bypasses, and gateways that share count their leases', async () => {
    const [alone, together] = [metricsForTest(), metricsForTest({ hasLeases: true })];
    for (const { observe } of [alone, together]) {
      const { joined, lease, 'provider-call': call } = sampleEvents;
      for (const cause of ['leader', 'leader', 'refresh', 'audit', 'bypass'] as const)
        observe({ ...call, cause });
      observe(joined);
      for (const outcome of ['acquired', 'acquired', 'taken-over', 'released', 'lost'] as const)
        observe({ ...lease, outcome });
      for (let time = 0; time < 4; time++) observe({ ...lease, outcome: 'contended' });
    }
    expect(await alone.metrics.json()).toMatchObject({
      lock_acquired: 4,
      lock_contended: 1,
      locks_in_flight: 0,
    });
    expect(await together.metrics.json()).toMatchObject({
      lock_acquired: 3,
      lock_contended: 4,
      lock_taken_over: 1,
      lock_lost: 1,
      locks_in_flight: 1,
    });
  });

  it('the breaker is open or closed by its last event', async () => {
    const { metrics, observe } = metricsForTest();
    const { breaker } = sampleEvents;
    observe(breaker);
    observe({ ...breaker, open: false });
    observe(breaker);
    observe({ ...breaker, side: 'writes', open: false });
    expect(await metrics.json()).toMatchObject({
      breaker_open: { redis: { reads: 1, writes: 0 } },
      breaker_opened: { redis: { reads: 2 } },
    });
  });

  it('the breaker of a store that gateways share is closed before its first event', async () => {
    const { metrics, observe } = metricsForTest({ hasLeases: true });
    expect(await metrics.json()).toMatchObject({ breaker_open: { redis: { reads: 0, writes: 0 } } });
    observe({ ...sampleEvents.breaker, side: 'writes' });
    expect(await metrics.json()).toMatchObject({ breaker_open: { redis: { reads: 0, writes: 1 } } });
  });

  it('a name that no table lists is counted as other', async () => {
    const { metrics, observe } = metricsForTest();
    for (const reason of ['x', 'y', 'z']) observe({ ...sampleEvents.refused, reason });
    observe(hit({ tier: 'a store of their own' }));
    expect(await metrics.json()).toMatchObject({ refused: { other: 3 }, cache_hit_tier: { other: 1 } });
  });
});

it('the hit rate leaves out requests that bypassed the cache, and is null before there is another', async () => {
  const { metrics, observe } = metricsForTest();
  observe(sampleEvents.bypass);
  expect((await metrics.json())['hit_rate']).toBeNull();
  for (let time = 0; time < 3; time++) observe(hit());
  observe(answered());
  expect((await metrics.json())['hit_rate']).toBe(0.75);
});
