import { connect } from 'node:net';
import { Cluster, Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { sharedCluster, sharedRedis, startRedis, startTroubleProxy } from './support/redis-server.ts';

function client(url: string): Redis {
  const redis = new Redis(url, { retryStrategy: () => 20 }).on('error', () => {});
  onTestFinished(() => redis.disconnect());
  return redis;
}

it('the shared standalone Redis and the shared Cluster serve', async () => {
  expect(await client(sharedRedis()).ping()).toBe('PONG');
  const cluster = new Cluster([...(await sharedCluster())]);
  onTestFinished(() => cluster.disconnect());
  await cluster.set('harness:{a}', '1');
  expect(await cluster.get('harness:{a}')).toBe('1');
  expect(cluster.nodes('master').length).toBe(3);
});

it('a Redis of a test’s own keeps its data over a kill and a restart, unless it restarts empty', async () => {
  const server = await startRedis();
  const redis = client(server.url);
  await redis.set('k', 'v');
  await server.kill();
  await server.restart();
  expect(await redis.get('k')).toBe('v');
  server.pause();
  const held = redis.get('k');
  server.resume();
  expect(await held).toBe('v');
  await server.restartEmpty();
  expect(await redis.get('k')).toBe(null);
});

it('the trouble proxy breaks connections off after a number of bytes, answers garbage, and refuses connections', async () => {
  const proxy = await startTroubleProxy((await startRedis()).port);
  const exchange = (text: string) =>
    new Promise<string>((resolve) => {
      let heard = '';
      const socket = connect(proxy.port, '127.0.0.1', () => socket.write(text));
      socket.on('data', (bytes) => {
        heard += bytes.toString();
        if (heard.endsWith('\n')) socket.end();
      });
      socket.on('error', () => {}).on('close', () => resolve(heard));
    });
  expect(await exchange('PING\r\n')).toBe('+PONG\r\n');
  proxy.cutAfter(3, 'to client');
  expect('+PONG').toContain(await exchange('PING\r\n'));
  proxy.heal();
  proxy.answerWith('garbage\n');
  expect(await exchange('PING\r\n')).toBe('garbage\n');
  proxy.heal();
  proxy.refuse();
  expect(await exchange('PING\r\n')).toBe('');
  proxy.heal();
  expect(await exchange('PING\r\n')).toBe('+PONG\r\n');
});

it('the trouble proxy drops messages to subscribers, and nothing else', async () => {
  const proxy = await startTroubleProxy((await startRedis()).port);
  const [listening, speaking] = [client(proxy.url), client(proxy.url)];
  const heard: string[] = [];
  listening.on('message', (_channel, message) => heard.push(message));
  await listening.subscribe('c');
  proxy.dropMessages(true);
  expect(await speaking.publish('c', 'lost')).toBe(1);
  // Publisher and subscriber have a connection each, and neither waits for the other.
  await expect.poll(() => proxy.dropped).toBe(1);
  proxy.dropMessages(false);
  await speaking.publish('c', 'heard');
  await expect.poll(() => heard).toEqual(['heard']);
});
