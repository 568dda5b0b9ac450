/**
 * Endpoints on two machines that share a Redis: two caches with connections of their own.
 */
import { createCache, type ProviderAnswer } from 'askonce';
import { type EndpointReply, type EndpointRequest, endpointCache, type RunHandler } from 'askonce/endpoint';
import { redisStore } from 'askonce/redis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { sharedRedis } from './support/redis-server.ts';
import { beside, eventually, keysOf, ownKeys, places } from './support/redis-stores.ts';
import { settingsOf } from './support/values-question.ts';

type Place = Parameters<typeof beside>[0];

async function machines(place: Place = { url: sharedRedis() }) {
  const { prefix } = ownKeys();
  const make = async () => {
    const store = await redisStore({ ...place, prefix, budgetMs: 5000 });
    const cache = createCache({ store, settings: settingsOf(prefix) });
    onTestFinished(() => cache.close(0));
    await vi.waitFor(async () => expect((await cache.statistics()).logIsCurrent).toBe(true), eventually);
    return { cache, endpoints: endpointCache<null>(cache) };
  };
  return { one: await make(), other: await make(), restart: make, place, prefix };
}

function get(url: string, headers: Readonly<Record<string, string>> = {}): EndpointRequest<null> {
  return { raw: null, method: 'GET', url, route: '/things/:id', headers: { host: 'localhost', ...headers } };
}

async function textOf({ body }: EndpointReply): Promise<string> {
  if (body === null || body instanceof Uint8Array) return Buffer.from(body ?? []).toString();
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

const never: RunHandler = () => Promise.reject(new Error('the handler was to run once'));

/** A handler whose body comes in pieces that the test lets go. */
function gated(headers: ProviderAnswer['headers'], pieces: readonly string[]) {
  const gates = pieces.map(() => Promise.withResolvers<void>());
  let runs = 0;
  const run: RunHandler = async () => {
    runs += 1;
    async function* body() {
      for (const [index, piece] of pieces.entries()) {
        await gates[index]?.promise;
        yield Buffer.from(piece);
      }
    }
    return { status: 200, headers, body: body() };
  };
  return { run, release: (index: number) => gates[index]?.resolve(), runs: () => runs };
}

const saying =
  (text: string, headers: ProviderAnswer['headers'] = {}): RunHandler =>
  async () => {
    async function* body() {
      yield Buffer.from(text);
    }
    return { status: 200, headers, body: body() };
  };

describe('endpoints on two machines', () => {
  it('a stream that one machine makes is followed live by the other, and replayed by both', async () => {
    const { one, other } = await machines();
    const { run, release, runs } = gated({ 'content-type': 'text/event-stream' }, [
      'data: 1\n\n',
      'data: 2\n\n',
    ]);
    const leading = one.endpoints.answer(get('/things/1'), run);
    await vi.waitFor(() => expect(runs()).toBe(1), eventually);
    const following = other.endpoints.answer(get('/things/1'), never);
    release(0);
    const replies = await Promise.all([leading, following]);
    const readers = replies.map(({ body }) => {
      if (body === null || body instanceof Uint8Array) throw new TypeError('the answer was to be live');
      return body[Symbol.asyncIterator]();
    });
    for (const reader of readers)
      expect(Buffer.from((await reader.next()).value ?? []).toString()).toBe('data: 1\n\n');
    release(1);
    for (const reader of readers)
      expect(Buffer.from((await reader.next()).value ?? []).toString()).toBe('data: 2\n\n');
    for (const reader of readers) expect((await reader.next()).done).toBe(true);
    for (const { endpoints } of [one, other])
      expect(await textOf(await endpoints.answer(get('/things/1'), never))).toBe('data: 1\n\ndata: 2\n\n');
  });

  it.each([[{ 'cache-control': 'private' }], [{ 'set-cookie': 'id=1' }], [{ vary: '*' }]])(
    'an answer with %j is never sent to another machine',
    async (headers) => {
      const { one, other, place, prefix } = await machines();
      const { run, release, runs } = gated(headers, ['for one', '']);
      const leading = one.endpoints.answer(get('/things/1'), run);
      await vi.waitFor(() => expect(runs()).toBe(1), eventually);
      const following = other.endpoints.answer(get('/things/1'), saying('for the other', headers));
      release(0);
      expect(await textOf(await following)).toBe('for the other');
      release(1);
      expect(await textOf(await leading)).toBe('for one');
      const client = beside(place);
      for (const key of await keysOf(client, `${prefix}*:flight`))
        expect(JSON.stringify(await client.xrange(key, '-', '+'))).not.toContain('for one');
    },
  );

  it.each([
    ['is not sent to another machine', { 'set-cookie': 'id=1' }, 'for the other'],
    ['of which none is followed from there', {}, 'for one'],
  ])('an answer waits for the cookies that its client is sent, and %s', async (_, sent, followed) => {
    const { one, other } = await machines();
    const { run, release, runs } = gated({}, ['for one', '']);
    const leading = one.endpoints.answer({ ...get('/things/1'), reportsHead: true }, run);
    await vi.waitFor(() => expect(runs()).toBe(1), eventually);
    const following = other.endpoints.answer(get('/things/1'), saying('for the other'));
    release(0);
    const { head, ...reply } = await leading;
    head?.sent(sent);
    release(1);
    expect(await textOf({ ...reply, head })).toBe('for one');
    expect(await textOf(await following)).toBe(followed);
  });

  it('an answer that is stored under another key than was asked for is written without the lease of that key', async () => {
    const [url, { prefix }] = [sharedRedis(), ownKeys()];
    const store = await redisStore({ url, prefix, budgetMs: 5000 });
    const written = vi.spyOn(store, 'setAndRelease');
    const cache = createCache({ store, settings: settingsOf(prefix) });
    onTestFinished(() => cache.close(0));
    await vi.waitFor(async () => expect((await cache.statistics()).logIsCurrent).toBe(true), eventually);
    const endpoints = endpointCache<null>(cache);
    await textOf(await endpoints.answer(get('/things/1'), saying('plain')));
    await textOf(await endpoints.answer(get('/things/2'), saying('varied', { vary: 'Accept-Language' })));
    await store.flush();
    expect(await textOf(await endpoints.answer(get('/things/2'), never))).toBe('varied');
    const releasing = written.mock.calls.map(([{ recording }]) => Buffer.from(recording.body).toString());
    expect(releasing).toEqual(['plain']);
  });

  // The lease is that of the key that was asked for: on a Cluster no write to another slot could release it.
  it.each(['standalone', 'Cluster'] as const)(
    'what one machine learns of Vary is known to another, and after a restart: %s',
    async (where) => {
      const { one, other, restart } = await machines(await places[where]());
      const german = { 'accept-language': 'de' };
      const vary = { vary: 'Accept-Language' };
      await one.endpoints.answer(get('/things/1', german), saying('auf deutsch', vary));
      await vi.waitFor(async () => {
        const reply = await (await restart()).endpoints.answer(
          get('/things/1', german),
          saying('anew', vary),
        );
        expect(await textOf(reply)).toBe('auf deutsch');
      }, eventually);
      expect(await textOf(await other.endpoints.answer(get('/things/1', german), never))).toBe('auf deutsch');
      const french = await other.endpoints.answer(
        get('/things/1', { 'accept-language': 'fr' }),
        saying('en français', vary),
      );
      expect(await textOf(french)).toBe('en français');
    },
  );

  it.each([
    [
      'a write',
      (two: Awaited<ReturnType<typeof machines>>) =>
        two.one.endpoints.wrote({ ...get('/things/2'), method: 'PUT' }, { status: 204, headers: {} }),
    ],
    [
      'its route',
      ({ one }: Awaited<ReturnType<typeof machines>>) => one.cache.invalidate({ endpoint: '/things/:id' }),
    ],
    [
      'its path',
      ({ one }: Awaited<ReturnType<typeof machines>>) => one.cache.invalidate({ endpoint: '/things/1' }),
    ],
    [
      'a pattern',
      ({ one }: Awaited<ReturnType<typeof machines>>) => one.cache.invalidate({ pattern: 'api:/things/*' }),
    ],
    ['all', ({ one }: Awaited<ReturnType<typeof machines>>) => one.cache.invalidate({ all: true })],
  ] as const)('an answer that %s invalidates at one machine is gone at the other', async (_, invalidate) => {
    const two = await machines();
    const { one, other } = two;
    await one.endpoints.answer(get('/things/1'), saying('old'));
    expect(await textOf(await other.endpoints.answer(get('/things/1'), never))).toBe('old');
    await invalidate(two);
    expect(await textOf(await one.endpoints.answer(get('/things/1'), saying('new')))).toBe('new');
    await vi.waitFor(async () => {
      expect(await textOf(await other.endpoints.answer(get('/things/1'), saying('new')))).toBe('new');
    }, eventually);
  });
});
