import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Cluster, Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import {
  clusterServes,
  partlyServing,
  startClusterProcesses,
} from '../../../../../../test/support/redis-cluster.ts';
import {
  sharedCluster,
  sharedRedis,
  startRedis,
  startTroubleProxy,
} from '../../../../../../test/support/redis-server.ts';
import type { StoreTrouble } from '../../../observe/report.ts';
import { fakeClock } from '../../../testing/fake-clock.ts';
import { closedPort } from '../../../testing/loopback.ts';
import { sampleEntry } from '../../../testing/sample-entry.ts';
import { type RedisStore, type RedisStoreOptions, redisStore } from '../store.ts';
import { mastersOf } from './client.ts';
import { another, connect } from './driver.ts';
import { redisError } from './trouble.ts';

const clock = fakeClock();

interface Opened {
  readonly store: RedisStore;
  readonly troubles: readonly StoreTrouble[];
}

async function open(options: RedisStoreOptions): Promise<Opened> {
  const troubles: StoreTrouble[] = [];
  const store = await redisStore({
    clock,
    budgetMs: 2_000,
    onTrouble: (trouble) => troubles.push(trouble),
    ...options,
  });
  onTestFinished(() => store.close());
  return { store, troubles };
}

const entry = (key: string) => sampleEntry({ key, now: clock.now() });

/** Until what is tried again by itself has come about. */
const eventually = { timeout: 10_000, interval: 20 } as const;

function folderOfTest(): string {
  const folder = mkdtempSync(join(tmpdir(), 'askonce-redis-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

it('wrong options are rejected with a reason', async () => {
  const wrong: readonly RedisStoreOptions[] = [
    {},
    { url: 'http://127.0.0.1' },
    { url: 'redis://' },
    { url: 'redis://127.0.0.1', clusterNodes: ['127.0.0.1:1'] },
    { url: 'redis://127.0.0.1/first' },
    { url: 'redis://127.0.0.1', db: -1 },
    { url: 'redis://127.0.0.1', prefix: '' },
    { url: 'redis://127.0.0.1', prefix: 'a{b}' },
    { url: 'redis://127.0.0.1', budgetMs: 0 },
    { url: 'redis://127.0.0.1', blockingConnections: 51 },
    { url: 'redis://:%zz@127.0.0.1' },
    { clusterNodes: [] },
    { clusterNodes: ['127.0.0.1'] },
    { clusterNodes: ['127.0.0.1:1'], db: 1 },
    { sentinels: ['127.0.0.1:1'] },
  ];
  for (const options of wrong)
    await expect(redisStore(options), JSON.stringify(options)).rejects.toMatchObject({
      code: 'invalid_settings',
    });
  await expect(redisStore({ url: 'redis://:pass word@' })).rejects.not.toThrow('pass');
});

it('entries are stored in the database of the option, which takes precedence over the URL', async () => {
  const { url } = await startRedis();
  const { store } = await open({ url: `${url}/2`, db: 3 });
  await store.set(entry('k'));
  const { store: same } = await open({ url: `${url}/3` });
  const { store: other } = await open({ url: `${url}/2` });
  expect(await same.get('k')).toBeDefined();
  expect(await other.get('k')).toBe(undefined);
});

it('nothing is stored in another database if the named one does not exist, which is reported once', async () => {
  const { url, port } = await startRedis();
  const { store, troubles } = await open({ url, db: 99 });
  const admin = new Redis(port);
  onTestFinished(() => admin.disconnect());
  const connections = async () => Number(/total_connections_received:(\d+)/.exec(await admin.info())?.[1]);
  const before = await connections();
  // It has tried again by then, and found the same.
  await expect.poll(connections, eventually).toBeGreaterThan(before + 1);
  expect(await store.set(entry('k'))).toBe('failed');
  await expect(store.get('k')).rejects.toMatchObject({ code: 'store_failed' });
  expect(await admin.keys('*')).toEqual([]);
  expect(troubles.map(({ message }) => message)).toEqual([
    expect.stringContaining('it has no database of that number'),
  ]);
});

it('the store authenticates by user and password, of the URL or of the options', async () => {
  const { port } = await startRedis({
    args: ['--user', 'ann', 'on', '>s3cret/pass', '~*', '&*', '+@all', '--user', 'default', 'off'],
  });
  const { store, troubles } = await open({ url: `redis://ann:s3cret%2Fpass@127.0.0.1:${port}` });
  expect(await store.set(entry('k'))).toBe('stored');
  const { store: other } = await open({
    url: `redis://bob:wrong@127.0.0.1:${port}`,
    username: 'ann',
    password: 's3cret/pass',
  });
  expect(await other.get('k')).toBeDefined();
  expect(troubles).toEqual([]);
});

it.each([
  ['wrong password', 'redis://:wr0ng@', 'refuses the user or the password'],
  ['no password', 'redis://', 'requires a password'],
])(
  'a %s is reported in one line without it, and the store connects once it is right',
  async (_kind, front, line) => {
    const server = await startRedis({ args: ['--requirepass', 'right'] });
    const { store, troubles } = await open({ url: `${front}127.0.0.1:${server.port}` });
    await expect(store.get('k')).rejects.toMatchObject({ code: 'store_failed' });
    expect(await store.set(entry('k'))).toBe('failed');
    const admin = new Redis(server.port, '127.0.0.1', { password: 'right' });
    onTestFinished(() => admin.disconnect());
    // Reported once, however often it is tried.
    await expect
      .poll(async () => Number(/total_connections_received:(\d+)/.exec(await admin.info())?.[1]), eventually)
      .toBeGreaterThan(4);
    expect(troubles.length).toBe(1);
    expect(troubles[0]?.message).toContain(line);
    expect(troubles[0]?.message).toContain(`127.0.0.1:${server.port}`);
    expect(
      `${JSON.stringify(troubles)} ${Object.values(troubles[0]?.cause ?? {})} ${troubles[0]?.cause}`,
    ).not.toContain('wr0ng');
    await admin.config('SET', 'requirepass', front.includes('wr0ng') ? 'wr0ng' : '');
    await expect.poll(() => store.set(entry('k')), eventually).toBe('stored');
  },
);

it('the store opens while nothing listens, fails at once, and works once a server does', async () => {
  const { store, troubles } = await open({ url: `redis://127.0.0.1:${await closedPort()}` });
  expect(troubles.map(({ message }) => message)).toEqual([expect.stringContaining('nothing listens there')]);
  await expect(store.get('k')).rejects.toMatchObject({ code: 'store_failed' });
  await expect(store.getMany(['k'])).rejects.toMatchObject({ code: 'store_failed' });
  await expect(store.delete('k')).rejects.toMatchObject({ code: 'store_failed' });
  await expect(store.deleteMany(['k'])).rejects.toMatchObject({ code: 'store_failed' });
  expect(await store.set(entry('k'))).toBe('failed');

  const server = await startRedis();
  const { store: revived } = await open({ url: server.url });
  await server.kill();
  await expect.poll(() => revived.set(entry('k')), eventually).toBe('failed');
  await server.restartEmpty();
  await expect.poll(() => revived.set(entry('k')), eventually).toBe('stored');
});

it.each(['kill', 'cut'])(
  'calls in progress fail when the connection ends (%s), and the store recovers',
  async (kind) => {
    const server = await startRedis();
    const proxy = await startTroubleProxy(server.port);
    const { store } = await open({ url: proxy.url });
    await store.set(entry('k'));
    proxy.hold();
    const under = Array.from({ length: 100 }, () =>
      store.get('k').then(
        () => 'found',
        () => 'failed',
      ),
    );
    if (kind === 'kill') await server.kill();
    else proxy.cut();
    expect(new Set(await Promise.all(under))).toEqual(new Set(['failed']));
    proxy.heal();
    if (kind === 'kill') await server.restart();
    await expect
      .poll(async () => (await store.get('k').catch(() => undefined))?.tier, eventually)
      .toBe('redis');
  },
);

it('calls fail within their budget while the server is paused, and are right afterwards', async () => {
  const server = await startRedis();
  const { store } = await open({ url: server.url, budgetMs: 50, timeoutMs: 300 });
  for (const key of ['a', 'b']) await expect.poll(() => store.set(entry(key)), eventually).toBe('stored');
  server.pause();
  await expect(store.get('a')).rejects.toThrow('in time');
  await expect(store.delete('a')).rejects.toThrow(/in time|no connection/);
  server.resume();
  await expect
    .poll(async () => (await store.get('b').catch(() => undefined))?.entry.key, eventually)
    .toBe('b');
});

it.each([
  ['text', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
  ['endless lengths', '$99999999999999999999\r\n*9999999999\r\n'],
  ['nothing but zeros', Buffer.alloc(1_000)],
  ['wrong types', '*2\r\n:1\r\n:2\r\n'],
  ['odd messages', '>3\r\n$7\r\nmessage\r\n_\r\n_\r\n'],
])('the store survives a server that answers garbage: %s', async (_kind, garbage) => {
  const proxy = await startTroubleProxy((await startRedis()).port);
  const { store } = await open({ url: proxy.url, budgetMs: 100, timeoutMs: 200 });
  await expect.poll(() => store.set(entry('k')), eventually).toBe('stored');
  proxy.answerWith(garbage);
  for (let turn = 0; turn < 5; turn++) {
    const found = await store.get('k').catch(() => undefined);
    expect(found).toBe(undefined);
    expect(await store.set(entry('k'))).not.toBe('stored');
  }
  proxy.heal();
  await expect
    .poll(async () => (await store.get('k').catch(() => undefined))?.entry.key, eventually)
    .toBe('k');
});

it('a reply that is cut off after any number of bytes never crashes the process', async () => {
  const proxy = await startTroubleProxy((await startRedis()).port);
  const { store } = await open({ url: proxy.url });
  await store.set(entry('k'));
  for (const bytes of [0, 1, 2, 5, 6, 100, 400]) {
    await expect
      .poll(async () => (await store.get('k').catch(() => undefined))?.entry.key, eventually)
      .toBe('k');
    proxy.cutAfter(bytes, 'to client');
    expect(await store.get('k').catch(() => undefined)).toBe(undefined);
    proxy.heal();
  }
});

it('a policy that evicts control keys is reported, and replaced if that is allowed', async () => {
  const { url } = await startRedis({ args: ['--maxmemory-policy', 'allkeys-lru'] });
  const { troubles } = await open({ url });
  expect(troubles.length).toBe(1);
  expect(troubles[0]).toMatchObject({ operation: 'open', message: expect.stringContaining('allkeys-lru') });
  expect(troubles[0]?.message).toContain('control keys');
  const { troubles: none } = await open({ url, setEvictionPolicy: true });
  expect(none).toEqual([]);
  const admin = new Redis(url);
  onTestFinished(() => admin.disconnect());
  expect(await admin.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'volatile-lru']);
  const { troubles: wanted } = await open({ url, evictionPolicy: 'volatile-ttl' });
  expect(wanted[0]?.message).toContain('expected volatile-ttl');
});

it('the policy is read from INFO if CONFIG is refused, and the refusal is reported', async () => {
  const { url } = await startRedis({
    args: ['--rename-command', 'CONFIG', '', '--maxmemory-policy', 'allkeys-random'],
  });
  const { store, troubles } = await open({ url, setEvictionPolicy: true });
  expect(troubles.map(({ message }) => message)).toEqual([expect.stringContaining('allkeys-random')]);
  expect(troubles[0]?.message).toContain('refuses to change it');
  expect(await store.set(entry('k'))).toBe('stored');
});

it('a given client is used, and left open', async () => {
  for (const client of [new Redis(sharedRedis()), new Cluster([...(await sharedCluster())])]) {
    onTestFinished(() => client.disconnect());
    const { store } = await open({ client });
    expect(await store.set(entry('given:{k}'))).toBe('stored');
    await store.close();
    expect(await client.exists('given:{k}')).toBe(1);
    await client.del('given:{k}');
  }
});

it('a server that is not a Cluster is reported', async () => {
  const { troubles } = await open({ clusterNodes: [new URL(sharedRedis()).host] });
  expect(troubles[0]?.message).toContain('it is not a Cluster');
});

/** A server that speaks TLS alone, with a certificate of its own. */
async function startRedisWithTls() {
  const folder = folderOfTest();
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '1',
      '-keyout',
      key,
      '-out',
      certificate,
      ...subject,
    ],
    { stdio: 'ignore' },
  );
  const server = await startRedis({
    tls: true,
    args: [
      '--tls-cert-file',
      certificate,
      '--tls-key-file',
      key,
      '--tls-ca-cert-file',
      certificate,
      '--tls-auth-clients',
      'no',
    ],
  });
  return { ...server, certificate };
}

it('the store speaks TLS with a server of a known authority, and with no other', async () => {
  const { url, certificate } = await startRedisWithTls();
  const { store, troubles } = await open({ url, tls: { ca: readFileSync(certificate) } });
  expect(await store.set(entry('k'))).toBe('stored');
  expect(await store.get('k')).toBeDefined();
  expect(troubles).toEqual([]);
  const { store: distrustful, troubles: cacheStatus } = await open({ url });
  expect(cacheStatus[0]?.message).toContain('certificate is not trusted');
  await expect(distrustful.get('k')).rejects.toMatchObject({ code: 'store_failed' });
});

it('connections that are closed while the certificate of their server is refused end quietly', async () => {
  const { port } = await startRedisWithTls();
  const access = { db: 0, username: undefined, password: undefined, tls: {} };
  const address = { host: '127.0.0.1', port };
  const reasons = new Set<string>();
  // Wherever they are in the handshake, until one has been refused. An error that nothing listens to fails the run.
  for (let turns = 0; turns < 60 || reasons.size === 0; turns += turns < 60 ? 1 : turns) {
    const client = connect({ kind: 'server', address, access }, { connectTimeoutMs: 5_000 });
    client.on('error', (error) => reasons.add(redisError(error).reason));
    const beside = mastersOf(client).map((node) => another(node, {}));
    const connecting = beside.map((one) => one.connect().catch(() => {}));
    for (let turn = 0; turn < turns; turn++) await setImmediate();
    for (const one of [client, ...beside]) one.disconnect();
    await Promise.all(connecting);
  }
  expect([...reasons]).toEqual([expect.stringContaining('certificate is not trusted')]);
});

it('the store follows the Sentinels to the new master after a fail-over', async () => {
  const master = await startRedis();
  const replica = await startRedis({ args: ['--replicaof', `127.0.0.1 ${master.port}`] });
  const configuration = join(folderOfTest(), 'sentinel.conf');
  writeFileSync(
    configuration,
    [
      `sentinel monitor shared 127.0.0.1 ${master.port} 1`,
      'sentinel down-after-milliseconds shared 500',
      'sentinel failover-timeout shared 1000',
    ].join('\n'),
  );
  const sentinel = await startRedis({ configuration, args: ['--sentinel'], appends: false });
  const { store } = await open({ sentinels: [`127.0.0.1:${sentinel.port}`], sentinelName: 'shared' });
  expect(await store.set(entry('k'))).toBe('stored');
  const watching = new Redis(replica.port);
  onTestFinished(() => watching.disconnect());
  await expect.poll(() => watching.exists('k'), eventually).toBe(1);
  const asked = new Redis(sentinel.port);
  onTestFinished(() => asked.disconnect());
  await expect
    .poll(async () => JSON.stringify(await asked.call('sentinel', 'replicas', 'shared')), eventually)
    .toContain(`${replica.port}`);
  await master.kill();
  await expect
    .poll(async () => (await store.get('k').catch(() => undefined))?.entry.key, { timeout: 15_000 })
    .toBe('k');
  await expect.poll(() => store.set(entry('after')), { timeout: 15_000 }).toBe('stored');
});

it('the rest of a Cluster is used while one master is gone, and all of it once that is back', async () => {
  const cluster = await startClusterProcesses(partlyServing);
  onTestFinished(async () => {
    await Promise.all(cluster.nodes.map((node) => node.stop()));
  });
  await clusterServes(cluster.addresses);
  const { store, troubles } = await open({ clusterNodes: cluster.addresses });
  const keys = Array.from({ length: 60 }, (_none, index) => `k:{${index}}`);
  expect(new Set(await store.setMany(keys.map(entry))), JSON.stringify(troubles)).toEqual(
    new Set(['stored']),
  );
  const look = (key: string) =>
    store.get(key).then(
      (found) => (found === undefined ? 'miss' : 'hit'),
      () => 'failed',
    );
  const looks = async () => new Set(await Promise.all(keys.map(look)));
  expect(await looks()).toEqual(new Set(['hit']));
  cluster.nodes[2]?.signal('SIGSTOP');
  expect(await looks()).toEqual(new Set(['hit', 'failed']));
  cluster.nodes[2]?.signal('SIGCONT');
  await expect.poll(looks, eventually).toEqual(new Set(['hit']));
});
