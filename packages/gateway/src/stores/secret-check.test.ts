import type { Notices } from 'askonce/store';
import { fakeClock } from 'askonce/testing';
import { expect, it } from 'vitest';
import { checkSecret } from './secret-check.ts';

/** The notices of one Redis, whose connection a test can cut. */
function sharedNotices() {
  const kept = new Map<string, string>();
  const state = { reachable: true };
  const reached = async <T>(answer: () => T): Promise<T> => {
    if (!state.reachable) throw new Error('out of reach');
    return answer();
  };
  const notices: Notices = {
    get: (name) => reached(() => kept.get(name)),
    put: (name, text) =>
      reached(() => {
        const there = kept.get(name) ?? text;
        kept.set(name, there);
        return there;
      }),
  };
  return { notices, kept, state };
}

async function gateway({ notices }: { notices: Notices }, secret: string, claims?: boolean) {
  const clock = fakeClock();
  const events: string[] = [];
  const check = await checkSecret({
    secret,
    notices,
    clock,
    claims,
    onState: (changed) => events.push(changed),
    onBack: () => events.push('back'),
  });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const look = async () => {
    await settled();
    clock.advance(1000);
    await settled();
  };
  return { check, events, look };
}

it('gateways with the same secret are admitted, and one with another is refused', async () => {
  const redis = sharedNotices();
  const first = await gateway(redis, 'a secret of all gateways');
  const second = await gateway(redis, 'a secret of all gateways');
  const other = await gateway(redis, 'another secret than theirs');
  expect([first, second, other].map(({ check }) => check.state)).toEqual(['admitted', 'admitted', 'refused']);
  expect(other.events).toEqual(['refused']);
});

it('a mere check leaves no digest, and still finds that its secret is not the others’', async () => {
  const redis = sharedNotices();
  expect((await gateway(redis, 'a secret that is only checked', false)).check.state).toBe('admitted');
  expect(redis.kept.size).toBe(0);
  await gateway(redis, 'a secret of all gateways');
  expect((await gateway(redis, 'a secret that is only checked', false)).check.state).toBe('refused');
});

it('Redis holds a digest and not the secret', async () => {
  const redis = sharedNotices();
  await gateway(redis, 'a secret of all gateways');
  expect([...redis.kept.values()]).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)]);
});

it('a Redis that becomes reachable later is used, and its return is reported', async () => {
  const redis = sharedNotices();
  redis.state.reachable = false;
  const { check, events, look } = await gateway(redis, 'a secret of all gateways');
  expect(check.state).toBe('waiting');
  await look();
  expect(events).toEqual([]);
  redis.state.reachable = true;
  await look();
  expect(check.state).toBe('admitted');
  redis.state.reachable = false;
  await look();
  redis.state.reachable = true;
  await look();
  expect(events).toEqual(['admitted', 'back']);
});

it('when Redis has lost everything, admitted gateways stay admitted, and a refused one does not become the first', async () => {
  const redis = sharedNotices();
  const first = await gateway(redis, 'a secret of all gateways');
  const other = await gateway(redis, 'another secret than theirs');
  redis.kept.clear();
  await other.look();
  expect(redis.kept.size).toBe(0);
  await first.look();
  await other.look();
  expect(first.check.state).toBe('admitted');
  expect(other.check.state).toBe('refused');
});

it('a Redis that gateways with another secret have taken over is no longer used', async () => {
  const redis = sharedNotices();
  const first = await gateway(redis, 'a secret of all gateways');
  redis.kept.clear();
  await gateway(redis, 'another secret than theirs');
  await first.look();
  expect(first.events).toEqual(['admitted', 'refused']);
});

it('a closed check no longer looks', async () => {
  const redis = sharedNotices();
  const { check, events, look } = await gateway(redis, 'a secret of all gateways');
  check.close();
  redis.kept.set('secret', 'other');
  await look();
  expect(events).toEqual(['admitted']);
});
