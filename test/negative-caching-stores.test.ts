import { type Store, systemClock } from 'askonce';
import { sqliteStore } from 'askonce/sqlite';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { chat } from './support/chat.ts';
import { invalid, isNegative, limited, negativeSetUp, well } from './support/negative-set-up.ts';
import { beside, eventually, ownKeys, places, storeOn } from './support/redis-stores.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

function setUp(store: Store, cachePrefix: string) {
  const settings = { cachePrefix, storeBudgetMs: 10_000 };
  const made = negativeSetUp({ store, clock: systemClock, settings });
  onTestFinished(() => made.cache.close());
  return { ...made, ask: (question: string) => made.cache.ask(chat({ question }), made.provider) };
}

describe.each(['standalone', 'Cluster'] as const)('stored errors over one Redis (%s)', (where) => {
  async function two() {
    const place = await places[where]();
    const { prefix } = ownKeys();
    const make = async () => setUp(await storeOn({ ...place, prefix }), prefix);
    return { prefix, redis: beside(place), one: await make(), other: await make() };
  }

  it('processes over one Redis serve each other’s errors, which expire by themselves', async () => {
    const { one, other, prefix, redis } = await two();
    for (const { say } of [one, other]) say(invalid);
    const { key } = await one.ask('What?');
    const masters = 'nodes' in redis ? redis.nodes('master') : [redis];
    const stored = async () =>
      (await Promise.all(masters.map((master) => master.keys(`${prefix}:*:neg`)))).flat();
    await vi.waitFor(async () => expect(await stored()).toHaveLength(1), eventually);
    const [name = ''] = await stored();
    expect(name.startsWith(`${key}:`)).toBe(true);
    const left = await redis.ttl(name);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(900);
    const reply = await other.ask('What?');
    expect([reply.status, isNegative(reply), other.calls()]).toEqual([400, true, 0]);
  });

  it('a credential that a rate limit holds back in one process is held back in the other', async () => {
    const { one, other } = await two();
    for (const { say } of [one, other]) say({ ...limited, headers: { 'retry-after': '600' } });
    await one.ask('One?');
    await vi.waitFor(async () => expect(isNegative(await other.ask('Two?'))).toBe(true), eventually);
    const calls = other.calls();
    await other.ask('Three?');
    expect(other.calls()).toBe(calls);
  });

  it('an error invalidated by one process is served by none', async () => {
    const { one, other } = await two();
    for (const { say } of [one, other]) say(invalid);
    await one.ask('What?');
    await vi.waitFor(async () => expect(isNegative(await other.ask('What?'))).toBe(true), eventually);
    await one.cache.invalidate({ model: 'gpt-x' });
    for (const { say } of [one, other]) say(well);
    expect((await one.ask('What?')).status).toBe(200);
    await vi.waitFor(async () => expect((await other.ask('What?')).status).toBe(200), eventually);
  });
});

it('a stored error outlives its process in the SQLite file', async () => {
  const folder = temporaryFolder();
  const before = setUp(await sqliteStore({ folder }), 'askonce');
  before.say(invalid);
  await before.ask('What?');
  await before.cache.close();
  const after = setUp(await sqliteStore({ folder }), 'askonce');
  after.say(well);
  const reply = await after.ask('What?');
  expect([reply.status, isNegative(reply), after.calls()]).toEqual([400, true, 0]);
});
