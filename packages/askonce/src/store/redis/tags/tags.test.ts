import type { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { startRedis } from '../../../../../../test/support/redis-server.ts';
import { clientOf, eventually, ownKeys, storeOn } from '../../../../../../test/support/redis-stores.ts';
import { keyRing } from '../../../entry/key-ring.ts';
import { fakeClock } from '../../../testing/fake-clock.ts';
import { sampleEntry } from '../../../testing/sample-entry.ts';
import type { EntryFilter, Store } from '../../contract.ts';
import { EntryLook } from '../entries/look.ts';
import type { RedisStoreOptions } from '../store.ts';
import { tagMembers } from './member.ts';
import { TagSets } from './sets.ts';
import { TagSweep } from './sweep.ts';

const hour = 3_600_000;
const byTag = (digest: string): EntryFilter => ({ clauses: [[digest]] });

async function onOwnServer(options: RedisStoreOptions = {}, args: readonly string[] = []) {
  const server = await startRedis({ args });
  const clock = fakeClock();
  const { prefix, keyOf } = ownKeys();
  const store = await storeOn({ url: server.url, prefix, clock, ...options });
  const keep = (name: string, tagDigests: readonly string[] | undefined, expires = clock.now() + hour) =>
    store.set(
      sampleEntry({
        key: keyOf(name),
        now: clock.now(),
        expires,
        ...(tagDigests === undefined ? {} : { tagDigests }),
      }),
    );
  return {
    server,
    clock,
    prefix,
    keyOf,
    store,
    keep,
    admin: clientOf(server.url),
    setOf: (digest: string, kind = 'tag') => `${prefix}:v1:{${digest}}:${kind}`,
  };
}

async function found(
  store: Store,
  filter: EntryFilter,
  thorough = false,
  checked = false,
): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const batch of store.tags?.find(filter, { thorough, checked }) ?? []) keys.push(...batch.keys);
  return keys.sort();
}

async function everyKey(admin: Redis): Promise<readonly string[]> {
  return (await admin.keys('*')).sort();
}

it('a thorough search finds entries whose index a full server has evicted', async () => {
  const { store, keep, keyOf, admin, setOf } = await onOwnServer();
  for (const name of ['a', 'b', 'c']) await keep(name, ['aa', name]);
  await store.tags.add(keyOf('c'), ['late'], Number.MAX_SAFE_INTEGER);
  await admin.del(setOf('aa'), setOf('b'));
  expect(await found(store, byTag('aa'))).toEqual([]);
  expect(await found(store, byTag('aa'), true)).toEqual(['a', 'b', 'c'].map(keyOf));
  expect(await found(store, { clauses: [['aa'], ['b', 'late']] }, true)).toEqual(['b', 'c'].map(keyOf));
});

it('a checked search asks the index, and leaves out the entry of another user that it still names', async () => {
  const { store, prefix, keep, keyOf, admin, setOf } = await onOwnServer();
  const members = tagMembers(`${prefix}:v1:`);
  for (const name of ['theirs', 'replaced', 'unindexed']) await keep(name, ['ada']);
  await keep('replaced', ['bob']);
  await admin.zrem(setOf('ada'), members.memberOf(keyOf('unindexed')));
  expect(await admin.zcard(setOf('ada'))).toBe(2);
  expect(await found(store, byTag('ada'), false, true)).toEqual([keyOf('theirs')]);
  expect(await found(store, byTag('ada'), true)).toEqual(['theirs', 'unindexed'].map(keyOf));
});

it('a search for a pattern that no key fits says that it goes on, for each part of the keys', async () => {
  const { store, keep } = await onOwnServer();
  await keep('a', ['aa']);
  const batches: number[] = [];
  for await (const { keys } of store.tags?.find({ clauses: [], pattern: 'nothing' }) ?? [])
    batches.push(keys.length);
  expect(batches.length).toBeGreaterThan(0);
  expect(batches.every((size) => size === 0)).toBe(true);
});

it('a thorough search finds encrypted entries', async () => {
  const { store, keep, keyOf } = await onOwnServer({ encryption: keyRing([`k:${'a'.repeat(64)}`]) });
  await keep('mine', ['aa']);
  await keep('other', ['bb']);
  expect(await found(store, byTag('aa'), true)).toEqual([keyOf('mine')]);
});

it('a thorough search finds entries without their key, and no value without tags', async () => {
  const { server, prefix, clock, store, keep, keyOf, admin } = await onOwnServer();
  const sealing = await storeOn({
    url: server.url,
    prefix,
    clock,
    encryption: keyRing([`k:${'a'.repeat(64)}`]),
  });
  const tagDigests = ['bb', ...Array.from({ length: 63 }, (_none, index) => `t${index}`)];
  await sealing.set(sampleEntry({ key: keyOf('sealed'), now: clock.now(), tagDigests }));
  await keep('whole', ['aa']);
  await admin.set(keyOf('damaged'), 'nonsense', 'PX', hour);
  await admin.set(keyOf('long'), 'nonsense'.repeat(100), 'PX', hour);
  await admin.rpush(keyOf('list'), 'a');
  for (const digest of ['bb', 't62'])
    expect(await found(store, byTag(digest), true)).toEqual([keyOf('sealed')]);
  expect(await found(store, { clauses: [] }, true)).toEqual(['sealed', 'whole'].map(keyOf));
  expect(await found(store, byTag('cc'), true)).toEqual([]);
});

it('a set lives as long as the last of its entries', async () => {
  const { store, clock, keep, keyOf, admin, setOf } = await onOwnServer();
  await keep('short', ['aa'], clock.now() + hour);
  const short = await admin.pttl(setOf('aa'));
  expect(short).toBeGreaterThan(hour - 60_000);
  expect(short).toBeLessThanOrEqual(hour);
  await keep('long', ['aa'], clock.now() + 3 * hour);
  await keep('short again', ['aa'], clock.now() + hour);
  expect(await admin.pttl(setOf('aa'))).toBeGreaterThan(2 * hour);
  await store.tags.add(keyOf('long'), ['aa'], clock.now() + 2 * hour);
  await store.tags.add(keyOf('long'), ['aa'], clock.now() + hour);
  expect(await admin.pttl(setOf('aa', 'added'))).toBeGreaterThan(hour);
  clock.advance(hour);
  const added: string[] = [];
  for await (const batch of store.tags.find({ clauses: [['aa']], keys: [keyOf('long')] }))
    added.push(...batch.keys);
  expect(added).toEqual([keyOf('long')]);
});

it('an entry without tags has no set', async () => {
  const { keep, keyOf, admin } = await onOwnServer();
  await keep('none', undefined);
  await keep('empty', []);
  expect(await everyKey(admin)).toEqual([keyOf('empty'), keyOf('none')]);
});

it('expired entries are removed from a set while others are written', async () => {
  const { clock, keep, admin, setOf } = await onOwnServer();
  for (let index = 0; index < 10; index++) await keep(`old${index}`, ['aa'], clock.now() + 1_000);
  await keep('stays', ['aa']);
  expect(await admin.zcard(setOf('aa'))).toBe(11);
  clock.advance(1_000);
  for (let index = 0; index < 64; index++) await keep('again', ['aa']);
  expect(await admin.zcard(setOf('aa'))).toBe(2);
});

it('deleted entries are removed from a set some time after a search, but none that is being written', async () => {
  const { store, prefix, clock, keep, keyOf, admin, setOf } = await onOwnServer();
  const members = tagMembers(`${prefix}:v1:`);
  for (const name of ['deleted', 'rewritten', 'coming']) await keep(name, ['aa']);
  for await (const { keys } of store.tags.find(byTag('aa'))) await store.deleteMany(keys);
  expect(await admin.zcard(setOf('aa'))).toBe(3);
  await keep('rewritten', ['aa']);
  // Indexed anew, and not yet written.
  await admin.zadd(setOf('aa'), String(clock.now() + hour + 1), members.memberOf(keyOf('coming')));
  clock.advance(10_000);
  await expect.poll(() => admin.zcard(setOf('aa')), eventually).toBe(2);
  const left = (await admin.zrangeBuffer(setOf('aa'), '0', '-1')).map(members.keyOf);
  expect(left.sort()).toEqual(['coming', 'rewritten'].map(keyOf));
  await keep('coming', ['aa']);
  expect(await found(store, byTag('aa'))).toEqual(['coming', 'rewritten'].map(keyOf));
});

it('deleted entries are removed from a set that has more members than may be noted at a time', async () => {
  const { prefix, clock, store, keep, keyOf, admin, setOf } = await onOwnServer();
  const names = Array.from({ length: 30 }, (_none, n) => `e${n}`);
  for (const name of names) await keep(name, ['aa']);
  const sets = new TagSets({ client: admin, prefix });
  const timeoutMs = 5_000;
  const sweep = new TagSweep(
    { sets, look: new EntryLook({ client: admin, clock, timeoutMs }), clock, timeoutMs },
    7,
  );
  for await (const tagged of sets.walk('own', 'aa', timeoutMs)) {
    for (const member of tagged) sweep.note('aa', [member]);
  }
  await store.deleteMany(names.slice(1).map(keyOf));
  await expect
    .poll(() => {
      clock.advance(5_000);
      return admin.zcard(setOf('aa'));
    }, eventually)
    .toBe(1);
  sweep.close();
});

it('a search works on a Cluster that looks like one server and takes no script across slots', async () => {
  const { store, keep, keyOf, admin } = await onOwnServer({}, ['--cluster-enabled', 'yes']);
  await admin.call('cluster', 'addslotsrange', 0, 16_383);
  await expect.poll(() => admin.cluster('INFO'), eventually).toContain('cluster_state:ok');
  for (const name of ['a', 'b', 'c']) expect(await keep(name, ['aa'])).toBe('stored');
  await store.delete(keyOf('b'));
  expect(await found(store, byTag('aa'))).toEqual([keyOf('a'), keyOf('c')]);
  expect(await found(store, { clauses: [['aa']], keys: ['b', 'c'].map(keyOf) })).toEqual([keyOf('c')]);
});

it('a search rejects while the server is unreachable', async () => {
  const { server, store, keep, keyOf, clock } = await onOwnServer();
  await keep('a', ['aa']);
  await server.kill();
  for (const filter of [byTag('aa'), { clauses: [] }, { clauses: [], keys: [keyOf('a')] }]) {
    for (const thorough of [false, true])
      await expect(found(store, filter, thorough)).rejects.toThrow(/Redis/);
  }
  await expect(store.tags.add(keyOf('a'), ['bb'], clock.now() + hour)).rejects.toThrow(/Redis/);
});
