import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';
import { sharedRedis, startRedis } from '../../../../../test/support/redis-server.ts';
import {
  beside,
  clientOf,
  eventually,
  flushScripts,
  ownKeys,
  places,
  storeOn,
} from '../../../../../test/support/redis-stores.ts';
import { systemClock } from '../../clock.ts';
import { sampleEntry } from '../../testing/sample-entry.ts';

const long = { leaseMs: 60_000, deadAfterMs: 60_000 };

it.for(['standalone', 'Cluster'] as const)(
  'leases are taken, renewed and released on a %s whose scripts are flushed between the calls',
  async (place) => {
    const where = await places[place]();
    const { prefix, keyOf } = ownKeys();
    const {
      shared: { leases },
    } = await storeOn({ ...where, prefix });
    const client = beside(where);
    const key = keyOf('flushed');
    for (const name of ['', 'stream']) {
      await flushScripts(client);
      expect((await leases.take(key, name, 'i/t', long)).held).toBe(true);
      await flushScripts(client);
      expect(await leases.renew(key, name, 'i/t', 60_000)).toBe(true);
      await flushScripts(client);
      expect(await leases.release(key, name, 'i/t')).toBe(true);
    }
  },
);

it('a lease is stored beside its entry, with its token, for its term', async () => {
  const { prefix, keyOf } = ownKeys();
  const {
    shared: { leases },
  } = await storeOn({ url: sharedRedis(), prefix });
  const client = clientOf(sharedRedis());
  const key = keyOf('kept');
  await leases.take(key, '', 'inbox/one', { leaseMs: 30_000, deadAfterMs: 5_000 });
  await leases.take(key, 'stream+usage', 'inbox/two', { leaseMs: 30_000, deadAfterMs: 5_000 });
  expect(await client.get(`${key}:lease`)).toMatch(/^inbox\/one /);
  expect(await client.get(`${key}:stream+usage:lease`)).toMatch(/^inbox\/two /);
  const left = await client.pttl(`${key}:lease`);
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThanOrEqual(30_000);
  await leases.renew(key, '', 'inbox/one', 90_000);
  expect(await client.pttl(`${key}:lease`)).toBeGreaterThan(30_000);
  await leases.release(key, '', 'inbox/one');
  expect(await client.exists(`${key}:lease`)).toBe(0);
});

it('a holder that asks again gets its own number, since the first reply may have been lost', async () => {
  const { prefix, keyOf } = ownKeys();
  const {
    shared: { leases },
  } = await storeOn({ url: sharedRedis(), prefix });
  const first = await leases.take(keyOf('again'), '', 'i/t', long);
  expect(first.held).toBe(true);
  expect(await leases.take(keyOf('again'), '', 'i/t', long)).toEqual(first);
});

it('a lease is numbered above the holder that loses it, even if the server’s clock has gone back', async () => {
  const { prefix, keyOf } = ownKeys();
  const {
    shared: { leases },
  } = await storeOn({ url: sharedRedis(), prefix });
  const client = clientOf(sharedRedis());
  const ahead = 9_000_000_000_000_000;
  await client.set(`${keyOf('ahead')}:lease`, `i/dead ${ahead} 60000`, 'PX', 30_000);
  const grant = await leases.take(keyOf('ahead'), '', 'i/t', { leaseMs: 60_000, deadAfterMs: 30_000 });
  expect(grant).toEqual({ held: true, number: ahead + 1 });
});

it('an unreadable lease is granted anew, and numbered by time if the entry is unreadable, too', async () => {
  const { prefix, keyOf } = ownKeys();
  const {
    shared: { leases },
  } = await storeOn({ url: sharedRedis(), prefix });
  const client = clientOf(sharedRedis());
  await client.set(`${keyOf('damaged')}:lease`, 'nonsense');
  await client.set(keyOf('damaged'), 'short');
  await client.rpush(keyOf('list'), 'not a string');
  for (const name of ['damaged', 'list']) {
    const grant = await leases.take(keyOf(name), '', 'i/t', long);
    expect(grant.held && grant.number > 1e15).toBe(true);
  }
});

it('while the server accepts no writes, taking a lease rejects', async () => {
  const server = await startRedis();
  const { prefix, keyOf } = ownKeys();
  const {
    shared: { leases },
  } = await storeOn({ url: server.url, prefix });
  const admin = clientOf(server.url);
  await leases.take(keyOf('held'), '', 'i/t', long);
  await admin.config('SET', 'maxmemory-policy', 'noeviction');
  await admin.config('SET', 'maxmemory', '1');
  await expect(leases.take(keyOf('k'), '', 'i/t', long)).rejects.toThrow(/memory/i);
  expect(await leases.release(keyOf('held'), '', 'i/t')).toBe(true);
});

it('a holder that was paused beyond its lease can neither release nor replace its successor’s', async () => {
  const { prefix, keyOf } = ownKeys();
  const url = sharedRedis();
  const store = await storeOn({ url, prefix });
  const key = keyOf('paused');
  const program = new URL('../../../../../test/support/lease-holder.ts', import.meta.url).pathname;
  const holder = spawn(process.execPath, ['--conditions=askonce-source', program, url, prefix, key, '300'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    holder.kill('SIGKILL');
  });
  const said = createInterface(holder.stdout)[Symbol.asyncIterator]();
  const number = Number((await said.next()).value);
  expect(number).toBeGreaterThan(0);
  holder.kill('SIGSTOP');

  const grant = await expect
    .poll(() => store.shared.leases.take(key, '', 'i/next', long), eventually)
    .toMatchObject({ held: true })
    .then(() => store.shared.leases.take(key, '', 'i/next', long));
  const next = grant.held ? grant.number : 0;
  expect(next).toBeGreaterThan(number);
  const written = sampleEntry({ key, body: 'of the next', lease: next, now: systemClock.now() });
  expect(await store.set(written)).toBe('stored');

  holder.kill('SIGCONT');
  holder.stdin.write('go\n');
  expect(JSON.parse((await said.next()).value ?? '')).toEqual({
    renewed: false,
    released: false,
    written: 'superseded',
  });
  if (holder.exitCode === null) await once(holder, 'exit');
  expect(await store.shared.leases.renew(key, '', 'i/next', 60_000)).toBe(true);
  const found = await store.get(key);
  expect(Buffer.from(found?.entry.recording.body ?? []).toString()).toBe('of the next');
});
