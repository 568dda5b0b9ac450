import { hash, randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { sharedCluster, sharedRedis, startRedis } from '../../../../../../test/support/redis-server.ts';
import { keyRing } from '../../../entry/key-ring.ts';
import type { StoreTrouble } from '../../../observe/report.ts';
import { fakeClock } from '../../../testing/fake-clock.ts';
import { sampleEntry } from '../../../testing/sample-entry.ts';
import { type RedisStore, type RedisStoreOptions, redisStore } from '../store.ts';
import { discardEntry } from './scripts.ts';

const clock = fakeClock();
const unhurried = { budgetMs: 10_000 } as const;

/** A prefix that no other test has. */
function ownPrefix(): string {
  return `t${randomBytes(6).toString('hex')}`;
}

async function open(options: RedisStoreOptions): Promise<RedisStore> {
  const store = await redisStore({ clock, ...unhurried, ...options });
  onTestFinished(() => store.close());
  return store;
}

function admin(url: string): Redis {
  const client = new Redis(url);
  onTestFinished(() => client.disconnect());
  return client;
}

const entry = (key: string, body: Uint8Array | string = 'an answer', lease = 0) =>
  sampleEntry({ key, body, lease, now: clock.now() });

it('every entry has its own expiry on the server', async () => {
  const store = await open({ url: sharedRedis() });
  const key = `${ownPrefix()}:k`;
  await store.set(sampleEntry({ key, now: clock.now(), expires: clock.now() + 90_000 }));
  const left = await admin(sharedRedis()).pttl(key);
  expect(left).toBeGreaterThan(80_000);
  expect(left).toBeLessThanOrEqual(90_000);
});

it.each(['damaged', 'of another schema', "another key's", 'of another type', 'too short'])(
  'a value that is %s counts as a miss, is removed, and its removal is reported once',
  async (kind) => {
    const store = await open({ url: sharedRedis() });
    const server = admin(sharedRedis());
    const key = `${ownPrefix()}:{k}`;
    await store.set(entry(key));
    const value = (await server.getBuffer(key)) ?? Buffer.alloc(0);
    const at = { damaged: value.length - 1, 'of another schema': 16 }[kind];
    if (at !== undefined) value[at] = (value[at] ?? 0) + 1;
    const wrong = { 'of another type': Buffer.from('text'), 'too short': Buffer.from('ab') }[kind] ?? value;
    const wrongKey = kind === "another key's" ? `${key}:neg` : key;
    await server.set(wrongKey, wrong);
    const removed: string[] = [];
    store.onRemoved((keys, cause) => removed.push(`${cause} ${keys.join()}`));
    expect(await store.getMany([wrongKey, wrongKey])).toEqual([undefined, undefined]);
    expect((await store.statistics()).unreadable).toBe(2);
    await expect.poll(() => server.exists(wrongKey)).toBe(0);
    await expect.poll(() => removed).toEqual([`unreadable ${wrongKey}`]);
  },
);

it('an unreadable value is removed only if it has not been replaced', async () => {
  const server = admin(sharedRedis());
  const key = `${ownPrefix()}:{k}`;
  await server.set(key, 'what came meanwhile');
  const discard = (value: string) =>
    discardEntry.run(server, [key, `${key}:vec`], [hash('sha1', value, 'hex')], 1_000);
  expect(await discard('unreadable')).toBe(0);
  expect(await server.get(key)).toBe('what came meanwhile');
  expect(await discard('what came meanwhile')).toBe(1);
  expect(await server.exists(key)).toBe(0);
});

it('reads of one turn are one command, each answered under its own key', async () => {
  const { url } = await startRedis();
  const store = await open({ url });
  const keys = Array.from({ length: 40 }, (_none, index) => `k${index}`);
  await store.setMany(keys.map((key) => entry(key, `<${key}>`)));
  const found = await Promise.all([...keys, 'none', 'k0'].map((key) => store.get(key)));
  const bodies = found.map((each) => each && Buffer.from(each.entry.recording.body).toString());
  expect(bodies).toEqual([...keys.map((key) => `<${key}>`), undefined, '<k0>']);
  const calls = /cmdstat_mget:calls=(\d+)/.exec(await admin(url).info('commandstats'))?.[1];
  expect(Number(calls)).toBe(2);
});

it('encrypted entries are unreadable on the server, and are opened with an older key, too', async () => {
  const [older, newer] = ['a', 'b'].map((name) => `${name}:${randomBytes(32).toString('hex')}`);
  const prefix = ownPrefix();
  const key = `${prefix}:{k}`;
  const before = await open({ url: sharedRedis(), encryption: keyRing([older ?? '']) });
  await before.set(entry(key, 'a secret answer'));
  const value = (await admin(sharedRedis()).getBuffer(key))?.toString('latin1');
  expect(value).not.toContain('secret');
  expect(value).not.toContain('openai');
  const after = await open({ url: sharedRedis(), encryption: keyRing([newer ?? '', older ?? '']) });
  expect((await after.get(key))?.entry.recording.body).toEqual(
    new Uint8Array(Buffer.from('a secret answer')),
  );
  const withoutKeys = await open({ url: sharedRedis() });
  expect(await withoutKeys.get(key)).toBe(undefined);
});

it('scripts that the server has lost are loaded again', async () => {
  const store = await open({ url: (await startRedis()).url });
  const { url } = await startRedis();
  const other = await open({ url });
  await admin(url).script('FLUSH');
  expect(await other.set(entry('k', 'one', 7))).toBe('stored');
  await admin(url).script('FLUSH');
  expect(await other.set(entry('k', 'two', 6))).toBe('superseded');
  await admin(url).script('FLUSH');
  expect(await other.delete('k')).toBe(true);
  expect(await store.get('k')).toBe(undefined);
});

it('scripts are loaded when the store is open', async () => {
  const { url } = await startRedis();
  await open({ url });
  expect(await admin(url).info('memory')).toMatch(/number_of_cached_scripts:[1-9]/);
});

it('a write that is still being compressed replaces no later one, and does not return after a deletion', async () => {
  const store = await open({ url: sharedRedis() });
  const prefix = ownPrefix();
  const large = Buffer.alloc(900_000, 'x');
  const earlier = store.set(entry(`${prefix}:{a}`, large));
  const later = store.set(entry(`${prefix}:{a}`, 'later'));
  expect([await earlier, await later]).toEqual(['superseded', 'stored']);
  expect((await store.get(`${prefix}:{a}`))?.entry.recording.body.length).toBe(5);
  const deleted = store.set(entry(`${prefix}:{b}`, large));
  await store.delete(`${prefix}:{b}`);
  expect(await deleted).toBe('superseded');
  expect(await store.get(`${prefix}:{b}`)).toBe(undefined);
});

it('writes that wait for the server are bounded in bytes', async () => {
  const store = await open({ url: sharedRedis(), maxQueueBytes: 1_500 });
  const prefix = ownPrefix();
  const bodies = ['a', 'b', 'c'].map((name) => entry(`${prefix}:{${name}}`, Buffer.alloc(1_000)));
  expect(await store.setMany(bodies)).toEqual(['stored', 'queue-full', 'queue-full']);
  expect(await store.setMany(bodies.slice(2))).toEqual(['stored']);
});

it('a small entry holds no more memory than its own', async () => {
  const store = await open({ url: sharedRedis() });
  const prefix = ownPrefix();
  const keys = Array.from({ length: 50 }, (_none, index) => `${prefix}:{${index}}`);
  await store.setMany(keys.map((key) => entry(key)));
  for (const found of await store.getMany(keys)) {
    expect(found?.entry.recording.body.buffer.byteLength).toBeLessThan(4_096);
  }
});

it.each(['standalone', 'Cluster'])(
  '2 500 entries of a %s are deleted in batches, and counted',
  async (kind) => {
    const place = kind === 'Cluster' ? { clusterNodes: await sharedCluster() } : { url: sharedRedis() };
    const store = await open(place);
    const prefix = ownPrefix();
    const keys = Array.from({ length: 2_500 }, (_none, index) => `${prefix}:v1:p:en:{${index}}`);
    await store.setMany(keys.map((key) => entry(key)));
    expect(await store.deleteMany([...keys, `${prefix}:v1:p:en:{none}`, keys[0] ?? ''])).toBe(2_500);
    expect((await store.getMany(keys)).filter((found) => found !== undefined)).toEqual([]);
  },
);

it('an entry that has expired by the store’s clock is not found, even if the server still has it', async () => {
  const ownClock = fakeClock();
  const store = await open({ url: sharedRedis(), clock: ownClock });
  const key = `${ownPrefix()}:{k}`;
  await store.set(sampleEntry({ key, now: ownClock.now(), expires: ownClock.now() + 60_000 }));
  ownClock.advance(60_000);
  expect(await store.get(key)).toBe(undefined);
  expect(await admin(sharedRedis()).exists(key)).toBe(1);
  expect((await store.statistics()).unreadable).toBe(0);
});

it('a scan meets entries and remembered errors, and nothing beside them', async () => {
  const store = await open({ url: sharedRedis(), prefix: 'scanned*[x]' });
  const front = 'scanned*[x]:v1:p:en:';
  const server = admin(sharedRedis());
  const route = 'scanned*[x]:api:/users/:id:{c}';
  const kept = [`${front}{a}`, `${front}{a}:neg`, `${front}{b}`, route];
  await store.setMany(kept.map((key) => entry(key)));
  for (const beside of [
    `${front}{a}:lease`,
    `${front}{a}:id:flight`,
    `${route}:lease`,
    'scannedxx:v1:p:en:{c}',
    'scanned*[x]:v1:{log}:rows',
    'scanned*[x]:v1:{notice:flag}',
  ])
    await server.set(beside, '1', 'PX', 60_000);
  const keysLike = async (pattern: string) => {
    const found: string[] = [];
    for await (const keys of store.scan.keys(pattern)) found.push(...keys);
    return found.sort();
  };
  expect(await keysLike('*')).toEqual(kept.toSorted());
  expect(await keysLike('api:/users/*')).toEqual([route]);
  expect(await keysLike('a*')).toEqual([route]);
  expect(await keysLike('p:*')).toEqual(kept.slice(0, 3).toSorted());
  expect(await keysLike('*{b}')).toEqual([`${front}{b}`]);
  expect(await keysLike('*{c}')).toEqual([route]);
  await store.deleteMany(kept);
});

it('figures that the server counts are taken from the server', async () => {
  const { url } = await startRedis();
  const store = await open({ url });
  const key = 'askonce:v1:partition:en:{k}';
  await store.set(entry(key, randomBytes(100_000)));
  await store.get(key);
  await store.get('none');
  const { entries, bytes, hits, misses, evictions } = await store.statistics();
  expect([entries, hits, misses, evictions]).toEqual([1, 1, 1, 0]);
  const used = Number(/used_memory:(\d+)/.exec(await admin(url).info('memory'))?.[1]);
  expect(Math.abs(bytes - used)).toBeLessThan(1_000_000);
  expect(bytes).toBeGreaterThan(100_000);
  expect((await store.ping()).latencyMs).toBeGreaterThanOrEqual(0);
});

it('an entry that could not be stored is reported without its key', async () => {
  const troubles: StoreTrouble[] = [];
  const server = await startRedis({ args: ['--maxmemory', '3mb', '--maxmemory-policy', 'noeviction'] });
  const store = await open({ url: server.url, onTrouble: (trouble) => troubles.push(trouble) });
  await store.set(entry('a-key', 'early'));
  let last = 'stored';
  for (let index = 0; index < 100 && last === 'stored'; index++)
    last = await store.set(entry(`a-key-${index}`, randomBytes(60_000)));
  expect(last).toBe('failed');
  expect((await store.get('a-key'))?.entry.recording.body.length).toBe(5);
  const events = troubles.filter(({ operation }) => operation === 'set');
  expect(events.length).toBe(1);
  expect(events[0]?.message).toContain('memory is full');
  expect(JSON.stringify([troubles, events[0]?.cause, Object.keys(events[0]?.cause ?? {})])).not.toContain(
    'a-key',
  );
  expect(await store.delete('a-key')).toBe(true);
});

it('writes of one turn are one command, and one for each of their tags, each with its own result', async () => {
  const { url } = await startRedis();
  const store = await open({ url });
  const server = admin(url);
  const tagged = (key: string, lease: number) => {
    const made = entry(key, `<${key}>`, lease);
    return { ...made, meta: { ...made.meta, tagDigests: ['aa', 'bb'] } };
  };
  await store.set(tagged('newer', 9));
  await server.sadd('of another type', 'x');
  await server.set('freed:lease', 'me/1 9 1000');
  await server.set('held:lease', 'another/1 9 1000');
  await server.config('RESETSTAT');
  const released: string[] = [];
  const writing = (key: string) =>
    store.setAndRelease?.(tagged(key, 5), {
      name: '',
      token: 'me/1',
      onReleased: () => released.push(key),
    });
  const keys = ['first', 'newer', 'of another type', 'freed', 'held'];
  const results = await Promise.all(keys.map(writing));
  expect(results).toEqual(['stored', 'superseded', 'failed', 'stored', 'stored']);
  expect(released).toEqual(['first', 'newer', 'freed', 'held']);
  const calls = /cmdstat_evalsha:calls=(\d+)/.exec(await server.info('commandstats'))?.[1];
  expect(Number(calls)).toBe(3);
  expect(await server.exists('freed:lease')).toBe(0);
  expect(await server.get('held:lease')).toBe('another/1 9 1000');
  const found = await Promise.all(['first', 'freed', 'held'].map((key) => store.get(key)));
  expect(found.map((each) => each?.entry.meta.lease)).toEqual([5, 5, 5]);
});

it('a deletion that follows a write in the same turn deletes what that wrote', async () => {
  const store = await open({ url: sharedRedis() });
  const prefix = ownPrefix();
  const keys = [`${prefix}:{a}`, `${prefix}:{b}`, `${prefix}:{c}`];
  const writing = store.setMany(keys.map((key) => entry(key)));
  const [one, ...others] = keys;
  const deleting = [store.delete(one ?? ''), store.deleteMany(others)];
  expect(await writing).toEqual(['stored', 'stored', 'stored']);
  expect(await Promise.all(deleting)).toEqual([true, 2]);
  expect(await store.getMany(keys)).toEqual([undefined, undefined, undefined]);
});
