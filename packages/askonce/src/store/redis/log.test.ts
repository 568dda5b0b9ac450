import { expect, it } from 'vitest';
import { sharedRedis, startRedis, startTroubleProxy } from '../../../../../test/support/redis-server.ts';
import {
  beside,
  clientOf,
  eventually,
  flushScripts,
  ownKeys,
  places,
  storeOn,
} from '../../../../../test/support/redis-stores.ts';

const row = (id: string) => ({ id, what: '{"clauses":[]}' });

async function logOnServer() {
  const server = await startRedis();
  const { prefix } = ownKeys();
  const {
    shared: { log },
  } = await storeOn({ url: server.url, prefix });
  return {
    server,
    prefix,
    log,
    admin: clientOf(server.url),
    keys: [`${prefix}:v1:{log}:head`, `${prefix}:v1:{log}:rows`],
  };
}

it.for(['standalone', 'Cluster'] as const)(
  'the log is read and appended to on a %s whose scripts are flushed between the calls',
  async (place) => {
    const where = await places[place]();
    const { prefix } = ownKeys();
    const {
      shared: { log },
    } = await storeOn({ ...where, prefix });
    const client = beside(where);
    await flushScripts(client);
    const { generation } = await log.read(1);
    await flushScripts(client);
    const appended = await log.append([row('a')], 0);
    expect(appended).toEqual({ generation, last: 1, floor: 1, rows: [{ number: 1, ...row('a') }] });
    await flushScripts(client);
    expect(await log.read(1)).toEqual(appended);
  },
);

it.for([0, 1])(
  'the log begins anew, and every older entry is dead, when key %i of its two is gone',
  async (lost) => {
    const { log, admin, keys } = await logOnServer();
    const before = await log.append([row('a'), row('b')], 0);
    await admin.del(keys[lost] ?? '');
    const after = await log.read(1);
    expect(after).toEqual({ generation: expect.any(String), last: 0, floor: 1, rows: [] });
    expect(after.generation).not.toBe(before.generation);
    expect(await log.read(1)).toEqual(after);
    const appended = await log.append([row('c')], before.last);
    expect(appended.generation).toBe(after.generation);
    expect(appended.rows).toEqual([{ number: before.last + 1, ...row('c') }]);
  },
);

it.for([0, 1])('the log begins anew at an append when key %i of its two is gone', async (lost) => {
  const { log, admin, keys } = await logOnServer();
  const before = await log.append([row('a'), row('b')], 0);
  await admin.del(keys[lost] ?? '');
  const appended = await log.append([row('c')], before.last);
  expect(appended.generation).not.toBe(before.generation);
  expect(await log.read(1)).toEqual(appended);
});

it('the log begins anew when its keys hold other values', async () => {
  const { log, admin, keys } = await logOnServer();
  const before = await log.append([row('a')], 0);
  for (const key of keys) {
    await admin.set(key, 'something else');
    const after = await log.read(1);
    expect(after.last).toBe(0);
    expect(after.generation).not.toBe(before.generation);
  }
});

it('the log begins anew when the server comes back empty', async () => {
  const { server, log } = await logOnServer();
  const before = await log.append([row('a')], 0);
  await server.restartEmpty();
  await expect
    .poll(() => log.read(1).catch(() => undefined), eventually)
    .toMatchObject({ last: 0, floor: 1, rows: [] });
  expect((await log.read(1)).generation).not.toBe(before.generation);
});

it('the log is read and appended to while the server is full, even if it must begin anew', async () => {
  const { log, admin, keys } = await logOnServer();
  await log.append([row('a')], 0);
  await admin.config('SET', 'maxmemory-policy', 'noeviction');
  await admin.config('SET', 'maxmemory', '1');
  await expect(admin.set('k', 'v')).rejects.toThrow(/memory/i);
  expect((await log.append([row('b')], 0)).last).toBe(2);
  expect((await log.read(1)).rows.map(({ id }) => id)).toEqual(['a', 'b']);
  await admin.del(...keys);
  expect((await log.read(1)).rows).toEqual([]);
  expect((await log.append([row('c')], 2)).last).toBe(3);
});

it('the log is read from a server that accepts no writes, and appending rejects', async () => {
  const { log, admin } = await logOnServer();
  const appended = await log.append([row('a')], 0);
  await admin.replicaof('127.0.0.1', 1);
  expect(await log.read(1)).toEqual(appended);
  await expect(log.append([row('b')], 0)).rejects.toThrow(/replica/);
});

it('the log never expires, so that a server that evicts expiring keys leaves it alone', async () => {
  const { log, admin, keys } = await logOnServer();
  await log.append([row('a')], 0);
  for (const key of keys) expect(await admin.pttl(key)).toBe(-1);
});

it('the log rejects while the server is unreachable', async () => {
  const { server, log } = await logOnServer();
  await log.append([row('a')], 0);
  await server.kill();
  await expect(log.read(1)).rejects.toThrow();
  await expect(log.append([row('b')], 0)).rejects.toThrow();
});

it.for(['standalone', 'Cluster'] as const)(
  'appends on a %s are announced to other processes',
  async (place) => {
    const where = await places[place]();
    const { prefix } = ownKeys();
    const [one, other] = [await storeOn({ ...where, prefix }), await storeOn({ ...where, prefix })];
    let heard = 0;
    other.shared.log.onAppended(() => {
      heard += 1;
    });
    await expect.poll(() => heard, eventually).toBe(1);
    await one.shared.log.append([row('a')], 0);
    await expect.poll(() => heard, eventually).toBe(2);
  },
);

it('listeners of the log are called once a broken connection is restored', async () => {
  const server = await startRedis();
  const proxy = await startTroubleProxy(server.port);
  const { prefix } = ownKeys();
  const {
    shared: { log },
  } = await storeOn({ url: proxy.url, prefix });
  const elsewhere = await storeOn({ url: server.url, prefix });
  let heard = 0;
  log.onAppended(() => {
    heard += 1;
  });
  await expect.poll(() => heard, eventually).toBe(1);
  proxy.dropMessages(true);
  await elsewhere.shared.log.append([row('lost')], 0);
  proxy.dropMessages(false);
  const admin = clientOf(server.url);
  await admin.client('KILL', 'TYPE', 'PUBSUB');
  await expect.poll(() => heard, eventually).toBe(2);
  expect((await log.read(1)).rows.map(({ id }) => id)).toEqual(['lost']);
  await elsewhere.shared.log.append([row('heard')], 0);
  await expect.poll(() => heard, eventually).toBe(3);
});

it('logs of two prefixes are separate', async () => {
  const one = await storeOn({ url: sharedRedis(), prefix: ownKeys().prefix });
  const other = await storeOn({ url: sharedRedis(), prefix: ownKeys().prefix });
  await one.shared.log.append([row('a')], 0);
  expect((await other.shared.log.read(1)).rows).toEqual([]);
});
