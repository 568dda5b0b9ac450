import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { sharedRedis, startRedis } from '../../../../../../test/support/redis-server.ts';
import {
  beside,
  clientOf,
  eventually,
  flushScripts,
  ownKeys,
  places,
  storeOn,
} from '../../../../../../test/support/redis-stores.ts';
import { systemClock } from '../../../clock.ts';
import { keyRing } from '../../../entry/key-ring.ts';
import type { Following } from '../../shared.ts';
import { redisSubscriber } from '../server/subscriber.ts';
import { redisFollowing } from './following.ts';

const minute = 60_000;
const frame = (text: string) => Buffer.from(text);

/** Follows until it is ended, or fails. */
function follow(following: Following, key: string, { name = '', id = 'id', idleMs = minute } = {}) {
  const leaving = new AbortController();
  const got: string[] = [];
  const read = async () => {
    for await (const frames of following.follow(key, name, id, idleMs, leaving.signal))
      got.push(...frames.map((each) => Buffer.from(each).toString()));
  };
  const ended = read();
  ended.catch(() => {});
  onTestFinished(() => leaving.abort());
  return { got, ended, leave: () => leaving.abort() };
}

/** Ids of the connections that wait for a stream. */
async function blocked(admin: Redis): Promise<readonly string[]> {
  const list = String(await admin.client('LIST'));
  return list
    .split('\n')
    .flatMap((line) => (/\bflags=\w*b/.test(line) ? (/\bid=(\d+)/.exec(line)?.[1] ?? []) : []));
}

async function onOwnServer(options: { readonly blockingConnections?: number } = {}) {
  const server = await startRedis();
  const { prefix, keyOf } = ownKeys();
  const open = () => storeOn({ url: server.url, prefix, ...options });
  const [leader, other] = [await open(), await open()];
  return {
    server,
    admin: clientOf(server.url),
    leading: leader.shared.following,
    leader,
    following: other.shared.following,
    key: keyOf('flight'),
  };
}

it.for(['the connection that waits', 'every connection'] as const)(
  'each frame is delivered once and in order, even if %s is killed in the middle',
  async (which) => {
    const { admin, leading, leader, following, key } = await onOwnServer();
    const follower = follow(following, key);
    await leading.publish(key, '', 'id', [frame('1'), frame('2')], minute);
    await expect.poll(() => follower.got, eventually).toEqual(['1', '2']);
    for (const next of ['3', '4', '5']) {
      let waiting: readonly string[] = [];
      const look = async () => {
        waiting = await blocked(admin);
        return waiting;
      };
      await expect.poll(look, eventually).toHaveLength(1);
      const [id = ''] = waiting;
      if (which === 'every connection') await admin.call('client', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      else await admin.client('KILL', 'ID', id);
      await expect.poll(() => leader.ping().catch(() => undefined), eventually).toBeDefined();
      await leading.publish(key, '', 'id', [frame(next)], minute);
      await expect.poll(() => follower.got.at(-1), eventually).toBe(next);
    }
    follower.leave();
    await follower.ended;
    expect(follower.got).toEqual(['1', '2', '3', '4', '5']);
  },
);

it('more followers than blocking connections can follow', async () => {
  const { admin, leading, following, key } = await onOwnServer({ blockingConnections: 2 });
  const followers = Array.from({ length: 8 }, () => follow(following, key));
  await expect.poll(() => blocked(admin), eventually).toHaveLength(2);
  const all = Array.from({ length: 10 }, (_none, index) => `frame ${index}`);
  for (const text of all) {
    await leading.publish(key, '', 'id', [frame(text)], minute);
    expect((await blocked(admin)).length).toBeLessThanOrEqual(2);
  }
  for (const { got } of followers) await expect.poll(() => got, eventually).toEqual(all);
});

it('no connection stays blocked once all followers have left, and the next follower gets one', async () => {
  const { admin, leading, following, key } = await onOwnServer({ blockingConnections: 3 });
  for (let turn = 0; turn < 3; turn++) {
    const followers = Array.from({ length: 3 }, () => follow(following, key, { id: `id${turn}` }));
    await expect.poll(() => blocked(admin), eventually).toHaveLength(3);
    await leading.publish(key, '', `id${turn}`, [frame('a')], minute);
    for (const { got } of followers) await expect.poll(() => got, eventually).toEqual(['a']);
    for (const { leave, ended } of followers) {
      leave();
      await ended;
    }
    await expect.poll(() => blocked(admin), eventually).toHaveLength(0);
  }
});

it('frames are never joined across a gap', async () => {
  const { admin, leading, following, key } = await onOwnServer();
  for (const text of ['1', '2', '3']) await leading.publish(key, '', 'id', [frame(text)], minute);
  await admin.xdel(`${key}:id:flight`, '2-0');
  const follower = follow(following, key);
  await expect(follower.ended).rejects.toMatchObject({ code: 'store_failed' });
  expect(follower.got).toEqual([]);
});

it('when the server comes back empty, a follower that has every frame continues, and a late one fails', async () => {
  const { server, leader, leading, following, key } = await onOwnServer();
  const early = follow(following, key);
  await leading.publish(key, '', 'id', [frame('1')], minute);
  await expect.poll(() => early.got, eventually).toEqual(['1']);
  await server.restartEmpty();
  await expect.poll(() => leader.ping().catch(() => undefined), eventually).toBeDefined();
  await leading.publish(key, '', 'id', [frame('2')], minute);
  await expect.poll(() => early.got, eventually).toEqual(['1', '2']);
  const late = follow(following, key);
  await expect(late.ended).rejects.toMatchObject({ code: 'store_failed' });
  expect(late.got).toEqual([]);
});

it.for(['kill', 'pause'] as const)(
  'following fails when the server stays away (%s) for the idle time',
  async (trouble) => {
    const { server, leading, following, key } = await onOwnServer();
    const follower = follow(following, key, { idleMs: 200 });
    await leading.publish(key, '', 'id', [frame('1')], minute);
    await expect.poll(() => follower.got, eventually).toEqual(['1']);
    await server[trouble]();
    await expect(follower.ended).rejects.toThrow(/Redis/);
  },
);

it('following fails when the server hangs before the first blocking connection is ready', async () => {
  const { server, leading, following, key } = await onOwnServer();
  await leading.publish(key, '', 'id', [frame('1')], minute);
  server.pause();
  await expect(follow(following, key, { idleMs: 200 }).ended).rejects.toThrow(/Redis/);
});

it.for(['standalone', 'Cluster'] as const)('flights of every slot of a %s are followed', async (place) => {
  const where = await places[place]();
  const { prefix, keyOf } = ownKeys();
  const [leader, other] = [await storeOn({ ...where, prefix }), await storeOn({ ...where, prefix })];
  const client = beside(where);
  const keys = Array.from({ length: 30 }, (_none, index) => keyOf(`flight${index}`));
  const followers = keys.map((key) => follow(other.shared.following, key, { name: 'stream' }));
  for (const text of ['a', 'b']) {
    await flushScripts(client);
    for (const key of keys) await leader.shared.following.publish(key, 'stream', 'id', [frame(text)], minute);
  }
  for (const { got } of followers) await expect.poll(() => got, eventually).toEqual(['a', 'b']);
});

it('a stream lives for its publisher’s term after its last frame', async () => {
  const { admin, leading, key } = await onOwnServer();
  await leading.publish(key, '', 'id', [frame('a')], 5_000);
  await leading.publish(key, '', 'id', [], minute);
  const stream = `${key}:id:flight`;
  expect(await admin.pttl(stream)).toBeLessThanOrEqual(5_000);
  await leading.publish(key, '', 'id', [frame('b')], minute);
  const left = await admin.pttl(stream);
  expect(left).toBeGreaterThan(5_000);
  expect(left).toBeLessThanOrEqual(minute);
});

it('thousands of frames are published at once, within the bound in bytes of a stream', async () => {
  const client = clientOf(sharedRedis());
  const { prefix, keyOf } = ownKeys();
  const subscriber = redisSubscriber({ client, clock: systemClock });
  const following = redisFollowing({
    client,
    prefix,
    timeoutMs: 10_000,
    clock: systemClock,
    subscriber,
    blockingConnections: 1,
    maxStreamBytes: 20_000,
  });
  onTestFinished(() => {
    following.close();
    subscriber.close();
  });
  const key = keyOf('bounded');
  const frames = Array.from({ length: 5_000 }, (_none, index) => frame(String(index % 10)));
  await following.publish(key, '', 'id', frames, minute);
  const follower = follow(following, key);
  await expect.poll(() => follower.got, eventually).toEqual(frames.map(String));
  await following.publish(key, '', 'id', [Buffer.alloc(15_000)], minute);
  await expect(following.publish(key, '', 'id', [frame('!')], minute)).rejects.toThrow(/maxStreamBytes/);
  await following.publish(key, '', 'another', [frame('!')], minute);
});

it('encrypted frames are unreadable on the server, and are opened only in their own place', async () => {
  const { prefix, keyOf } = ownKeys();
  const ring = (letter: string) => keyRing([`k:${letter.repeat(64)}`]);
  const client = new Redis(sharedRedis());
  onTestFinished(() => client.disconnect());
  const place = { url: sharedRedis(), prefix };
  const sealing = await storeOn({ ...place, encryption: ring('a') });
  const same = await storeOn({ ...place, encryption: ring('a') });
  const foreign = await storeOn({ ...place, encryption: ring('b') });
  const key = keyOf('sealed');
  const stream = `${key}:id:flight`;
  const secret = 'what no other gateway may read';
  await sealing.shared.following.publish(key, '', 'id', [frame(secret), frame(secret)], minute);
  const [[, fields] = ['', []]] = await client.xrangeBuffer(stream, '-', '+');
  expect(Buffer.concat(fields ?? []).includes(secret)).toBe(false);

  const follower = follow(same.shared.following, key);
  await expect.poll(() => follower.got, eventually).toEqual([secret, secret]);
  await expect(follow(foreign.shared.following, key).ended).rejects.toMatchObject({ code: 'store_failed' });

  const [, first = '', , second = ''] = fields ?? [];
  await client.xadd(`${key}:swapped:flight`, '1-0', 'f', second, 'f', first);
  await client.xadd(`${key}:moved:flight`, '1-0', 'f', first, 'f', second);
  for (const id of ['swapped', 'moved']) {
    const deceived = follow(same.shared.following, key, { id });
    await expect(deceived.ended).rejects.toMatchObject({ code: 'store_failed' });
    expect(deceived.got).toEqual([]);
  }
});

it('requests to publish arrive again once a broken connection is restored, and malformed ones are ignored', async () => {
  const { admin, leading, following, key } = await onOwnServer();
  const heard: string[] = [];
  leading.onAsked((...asked) => heard.push(asked.join(' ')));
  const ask = async () => {
    await following.ask(leading.inbox, key, 'stream');
    return heard.length;
  };
  await expect.poll(ask, eventually).toBeGreaterThan(0);
  await admin.client('KILL', 'TYPE', 'PUBSUB');
  const before = heard.length;
  const prefix = key.split(':')[0];
  await expect.poll(ask, eventually).toBeGreaterThan(before + 1);
  for (const nonsense of ['', '{', '[]', '["k"]', '["k",1]', '[["k"],"n"]'])
    await admin.publish(`${prefix}:v1:inbox:${leading.inbox}`, nonsense);
  const sane = heard.length;
  await expect.poll(ask, eventually).toBeGreaterThan(sane);
  expect(new Set(heard)).toEqual(new Set([`${key} stream`]));
});
