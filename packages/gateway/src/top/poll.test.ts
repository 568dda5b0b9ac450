import { AskonceError, type ErrorCode } from 'askonce';
import { fakeClock } from 'askonce/testing';
import { expect, it } from 'vitest';
import type { AdminClient } from '../admin-client/client.ts';
import { openPoll } from './poll.ts';

const never = new AbortController().signal;

const answers: Readonly<Record<string, unknown>> = {
  '/cache/health': { status: 'ok', components: {}, semantic: { state: 'off', trouble: [] } },
  '/cache/metrics': { requests: { hit: 1 } },
  '/cache/statistics': { total: { savedCost: 1 } },
  '/cache/top-queries': { queries: [] },
};

/** A gateway whose calls fail as `failing` says, by path. */
function polling(failing: Record<string, { code: ErrorCode; retryAfterMs?: number } | undefined> = {}) {
  const clock = fakeClock();
  const calls: string[] = [];
  const attempt = async ({ path, answer }: { path: string; answer: { parse?: unknown } }) => {
    calls.push(path);
    const failure = failing[path] ?? failing['*'];
    if (failure !== undefined)
      return {
        ok: false,
        error: new AskonceError(failure.code, `failed: ${path}`),
        retryAfterMs: failure.retryAfterMs,
      };
    return { ok: true, answer: answers[path] ?? answer };
  };
  // The client's types are those of each row; here one function answers for all.
  const client: AdminClient = Object.assign(Object.create(null), { url: 'http://gateway', attempt });
  return { poll: openPoll({ client, clock }), clock, calls, failing };
}

it('counters and health are read each time, the ledger every ten seconds', async () => {
  const { poll, clock, calls } = polling();
  for (let round = 0; round < 6; round += 1) {
    await poll(never);
    clock.advance(2000);
  }
  const times = (path: string) => calls.filter((one) => one === path).length;
  expect(Object.keys(answers).map(times)).toEqual([6, 6, 2, 2]);
});

it('a call that fails by itself leaves out its own part, and says why', async () => {
  const { poll } = polling({
    '/cache/metrics': { code: 'route_unknown' },
    '/cache/statistics': { code: 'ledger_off' },
    '/cache/top-queries': { code: 'admin_forbidden' },
  });
  expect(await poll(never)).toMatchObject({
    trouble: undefined,
    metrics: { why: 'failed: /cache/metrics' },
    health: { value: { status: 'ok' } },
    day: { why: 'failed: /cache/statistics' },
    questions: { why: 'failed: /cache/top-queries' },
  });
});

it('a gateway that goes away is asked once a round, keeps its last figures, and is read whole when it returns', async () => {
  const { poll, clock, calls, failing } = polling();
  await poll(never);
  const since = clock.now();
  failing['*'] = { code: 'gateway_unreachable' };
  calls.length = 0;
  await poll(never);
  clock.advance(2000);
  expect(await poll(never)).toMatchObject({
    trouble: { since, error: { code: 'gateway_unreachable' } },
    waitMs: 0,
    health: { value: { status: 'ok' } },
    questions: { value: [] },
  });
  expect(calls).toEqual(['/cache/health', '/cache/health']);
  failing['*'] = undefined;
  expect((await poll(never)).trouble).toBeUndefined();
});

it('a gateway that limits its caller is left alone for as long as it says, and longer each time', async () => {
  const { poll, failing } = polling();
  failing['*'] = { code: 'admin_limited', retryAfterMs: 7000 };
  expect((await poll(never)).waitMs).toBe(7000);
  failing['*'] = { code: 'admin_limited' };
  const waits: number[] = [];
  for (let round = 0; round < 7; round += 1) waits.push((await poll(never)).waitMs);
  expect(waits).toEqual([4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  failing['*'] = undefined;
  expect((await poll(never)).waitMs).toBe(0);
  failing['/cache/metrics'] = { code: 'admin_limited' };
  expect((await poll(never)).waitMs).toBe(2000);
});
