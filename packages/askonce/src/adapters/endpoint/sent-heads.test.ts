import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createCache } from '../../cache.ts';
import type { ProviderAnswer } from '../../flight/provider.ts';
import type { CacheRequest } from '../../identity/request.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import type { EndpointReply, EndpointRequest, RunHandler } from './contract.ts';
import { endpointCache } from './endpoints.ts';
import { sentHeads } from './sent-heads.ts';

const cookie = { 'set-cookie': 'visitor=1' };

function setUp() {
  const cache = createCache();
  onTestFinished(() => cache.close(0));
  const endpoints = endpointCache<null>(cache, { ttl: 60 });
  let runs = 0;
  const run: RunHandler = async () => says(`run ${++runs}`);
  const ask = (path = '/form', more: Partial<EndpointRequest<null>> = {}, by = run) =>
    endpoints.answer(
      {
        raw: null,
        method: 'GET',
        url: path,
        route: '/form',
        headers: { host: 'here' },
        reportsHead: true,
        ...more,
      },
      by,
    );
  /** Makes the route one that is remembered. */
  const remember = async () => (await ask('/first')).head?.sent(cookie);
  return { cache, endpoints, ask, remember, runs: () => runs };
}

function says(text: string, status = 200): ProviderAnswer {
  async function* body() {
    if (text !== '') yield Buffer.from(text);
  }
  return { status, headers: {}, body: body() };
}

async function textOf({ body }: EndpointReply): Promise<string> {
  if (body === null || body instanceof Uint8Array) return Buffer.from(body ?? []).toString();
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

/** Whether it is still pending after all that can happen without the test. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const later = new Promise((resolve) => setImmediate(() => setImmediate(() => resolve('later'))));
  return (await Promise.race([promise, later])) === 'later';
}

describe('the head that a client is sent', () => {
  it.each([
    ['is removed, if it has a cookie', cookie, 'run 2'],
    ['is served, if it has none', {}, 'run 1'],
  ])('is waited for by a request that finds the answer stored, which %s', async (_, sent, text) => {
    const { ask } = setUp();
    const first = await ask();
    const second = ask();
    expect(await isPending(second)).toBe(true);
    first.head?.sent(sent);
    expect(await textOf(first)).toBe('run 1');
    const { head, ...reply } = await second;
    head?.sent({});
    expect(await textOf(reply)).toBe(text);
  });

  it('is not reported for a fresh hit, nor where the adapter reports none', async () => {
    const { ask } = setUp();
    const silent = await ask('/silent', { reportsHead: false });
    expect([silent.head, (await ask('/silent')).head]).toEqual([undefined, undefined]);
  });

  it('of a stale answer in place of a failure is not waited for by its own request', async () => {
    const { ask } = setUp();
    const control = { 'cache-control': 'max-age=0, stale-if-error=600', etag: '"1"' };
    const stale: RunHandler = async () => ({ ...says('stale'), headers: control });
    (await ask('/form', {}, stale)).head?.sent({});
    const failing: RunHandler = async () => says('failed', 503);
    const reply = await ask('/form', {}, failing);
    reply.head?.sent({});
    expect(await textOf(reply)).toBe('stale');
  });

  it('may be looked at again: an answer that has been shared is removed then', async () => {
    const { ask, cache } = setUp();
    const first = await ask();
    first.head?.sent({});
    expect((await ask()).cacheStatus.kind).toBe('hit');
    const removed = vi.spyOn(cache, 'invalidate');
    first.head?.sent(cookie);
    await vi.waitUntil(() => removed.mock.results.length === 1);
    await removed.mock.results[0]?.value;
    expect((await ask()).cacheStatus.kind).toBe('forward');
  });

  it('is none if the client leaves: its answer is for others', async () => {
    const { ask } = setUp();
    const gate = Promise.withResolvers<void>();
    const leaving = new AbortController();
    const began = Promise.withResolvers<void>();
    const slow: RunHandler = async () => {
      began.resolve();
      await gate.promise;
      return says('slow');
    };
    const first = ask('/form', { signal: leaving.signal }, slow);
    await began.promise;
    const second = ask();
    leaving.abort();
    await expect(first).rejects.toThrow();
    gate.resolve();
    expect(await textOf(await second)).toBe('slow');
  });

  it('cannot be taken for another where the answer could not be removed: a warning says so', async () => {
    const { ask, cache } = setUp();
    vi.spyOn(cache, 'invalidate').mockRejectedValue(new TypeError('out of reach'));
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => warned.mockRestore());
    (await ask()).head?.sent(cookie);
    await vi.waitUntil(() => warned.mock.calls.length > 0);
    expect(warned.mock.calls[0]?.[0]).toBe(
      'askonce could not remove an answer of /form that is for one client alone: TypeError',
    );
  });
});

describe('a route that is remembered', () => {
  it('stores an answer once its head is sent, and has it for the next request', async () => {
    const { ask, remember } = setUp();
    await remember();
    const first = await ask();
    expect([first.head?.isAwaited, first.headers['content-length']]).toEqual([true, undefined]);
    const reading = textOf(first);
    expect(await isPending(reading)).toBe(true);
    first.head?.sent({});
    expect(await reading).toBe('run 2');
    expect((await ask()).cacheStatus.kind).toBe('hit');
  });

  it.each([
    ['a cookie', cookie],
    ['no head, since the client has left', undefined],
  ])('does not store an answer with %s, and need not invalidate it', async (_, sent) => {
    const { ask, remember, cache } = setUp();
    const invalidated = vi.spyOn(cache, 'invalidate');
    await remember();
    await vi.waitUntil(() => invalidated.mock.calls.length === 1);
    const first = await ask();
    first.head?.sent(sent);
    expect(await textOf(first)).toBe('run 2');
    expect((await ask()).cacheStatus.kind).toBe('forward');
    expect(invalidated).toHaveBeenCalledOnce();
  });

  it('makes no request wait for an answer whose own client has not been sent its head', async () => {
    const { ask, remember } = setUp();
    await remember();
    const first = await ask();
    const second = await ask();
    second.head?.sent({});
    expect(await textOf(second)).toBe('run 3');
    first.head?.sent({});
    expect(await textOf(first)).toBe('run 2');
  });

  it('does not store an answer without a body', async () => {
    const { ask, remember } = setUp();
    await remember();
    const empty: RunHandler = async () => says('', 204);
    for (const _ of [1, 2]) {
      const { head, cacheStatus } = await ask('/form', {}, empty);
      head?.sent({});
      expect(cacheStatus.kind).toBe('forward');
    }
  });

  it('holds at most a thousand answers whose heads are never sent', async () => {
    const { ask, remember } = setUp();
    await remember();
    const lost = await ask('/lost');
    for (let id = 0; id < 999; id += 1) await ask(`/form?${id}`);
    const reading = textOf(lost);
    expect(await isPending(reading)).toBe(true);
    await ask('/one-more');
    expect(await reading).toBe('run 2');
    expect((await ask('/lost')).cacheStatus.kind).toBe('forward');
  });
});

it.each([
  ['an answer that may be stored is shared after half a minute', false, false],
  ['one that must wait for its head is not', true, true],
])('of a head that is never reported, %s', async (_, behind, isRefused) => {
  const clock = fakeClock();
  const cache = createCache();
  onTestFinished(() => cache.close(0));
  const heads = sentHeads({ cache, clock, onRefused: () => {}, onTrouble: () => {} });
  const request: CacheRequest = {
    ...{ protocol: 'endpoint', upstream: '', route: '/form', query: '', headers: {} },
    ...{ body: '{}', context: {}, directives: {} },
  };
  const { sharing } = heads.headOf('/form').watched(request, says('form'), behind);
  if (sharing === undefined) throw new Error('the answer is not watched');
  clock.advance(29_999);
  expect(await isPending(sharing.decided)).toBe(true);
  clock.advance(1);
  await sharing.decided;
  expect([sharing.isRefused(), heads.undecided(request)]).toEqual([isRefused, undefined]);
});
