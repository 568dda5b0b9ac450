/**
 * What keeps proxies from holding streams back reaches every reader of a stream, and no reader of a body.
 */
import { expect, it } from 'vitest';
import { completion, events } from './support/chat.ts';
import { gates } from './support/gates.ts';
import { cacheStatusOf, gatewayForTest, json, postTo } from './support/gateway.ts';
import { heldStream, setUpHeld, stream } from './support/held-gateway.ts';
import { chatRequest, startRememberingProvider } from './support/remembering-provider.ts';

const eventStream = { 'content-type': 'text/event-stream; charset=utf-8' };
const streamed = events(['Hello']).join('');
const ofStream = ({ headers }: Response) => [headers.get('x-accel-buffering'), headers.get('cache-control')];

it('the leader, a follower and a hit of a stream are unbuffered', async () => {
  const held = gates();
  const { gateway, listen, provider } = await setUpHeld(() => heldStream(held));
  const leader = listen(stream);
  held.open(1);
  await leader.receives(1);
  const follower = listen(stream);
  const heads = [await leader.head, await follower.head];
  held.open(Number.POSITIVE_INFINITY);
  await Promise.all([leader.whole, follower.whole]);
  await gateway.happened('stored', 1);
  const hit = listen(stream);
  heads.push(await hit.head);
  await hit.whole;
  expect(heads.map(({ headers }) => headers['x-accel-buffering'])).toEqual(['no', 'no', 'no']);
  expect(heads.map(({ headers }) => headers['cache-control'])).toEqual(Array(3).fill('no-transform'));
  expect(provider.calls).toBe(1);
});

it('a stream that is converted from a body is unbuffered, and the body is not', async () => {
  const provider = await startRememberingProvider(() => ({ body: completion() }));
  const gateway = await gatewayForTest(provider.url);
  const body = await postTo(gateway.url, chatRequest('x'));
  await body.text();
  const converted = await postTo(gateway.url, chatRequest('x', { stream: true }));
  expect(cacheStatusOf(converted)).toContain('converted');
  await converted.text();
  expect(ofStream(body)).toEqual([null, null]);
  expect(ofStream(converted)).toEqual(['no', 'no-transform']);
});

it('what the provider says itself reaches the leader unchanged', async () => {
  const own = { 'x-accel-buffering': 'yes', 'cache-control': 'no-cache' };
  const provider = await startRememberingProvider(() => ({
    headers: { ...eventStream, ...own },
    body: streamed,
  }));
  const gateway = await gatewayForTest(provider.url);
  const reply = await postTo(gateway.url, chatRequest('x', { stream: true }));
  await reply.text();
  expect(ofStream(reply)).toEqual(['yes', 'no-cache']);
});

it('streams that bypass the cache or pass through are unbuffered', async () => {
  const provider = await startRememberingProvider(() => ({ headers: eventStream, body: streamed }));
  const gateway = await gatewayForTest(provider.url);
  const bypass = await postTo(gateway.url, chatRequest('x', { stream: true }), {
    'cache-control': 'no-store',
  });
  const passed = await fetch(`${gateway.url}/v1/threads/runs`, { method: 'POST', body: '{}', headers: json });
  for (const reply of [bypass, passed]) {
    await reply.text();
    expect(cacheStatusOf(reply)).toContain('bypass');
    expect(ofStream(reply)).toEqual(['no', 'no-transform']);
  }
});
