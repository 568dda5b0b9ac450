import { describe, expect, it } from 'vitest';
import { createCache } from '../../cache.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import { cachedHandler } from './cached-handler.ts';
import { type WarmEndpointsOptions, warmEndpoints } from './warm.ts';

type Answering = (path: string, call: number) => Response | Error;

/** Warms a cache that holds the paths of successful answers; time goes on whenever nothing else can. */
function setUp(answering: Answering = () => new Response('yes')) {
  const clock = fakeClock();
  const stored = new Set<string>();
  const calls: { readonly path: string; readonly at: number; readonly headers: Headers }[] = [];
  const withStatus = (response: Response, cacheStatus: string) => {
    if (!response.headers.has('x-uncached')) response.headers.set('cache-status', cacheStatus);
    return response;
  };

  async function handler(request: Request): Promise<Response> {
    const path = new URL(request.url).pathname;
    if (stored.has(path)) return withStatus(new Response('yes'), 'askonce; hit; ttl=9');
    if (request.headers.get('cache-control') === 'only-if-cached')
      return withStatus(new Response(null, { status: 504 }), 'askonce; detail="only-if-cached"');
    calls.push({ path, at: clock.monotonic(), headers: request.headers });
    const made = answering(path, calls.filter((call) => call.path === path).length);
    if (made instanceof Error) throw made;
    if (made.ok && !made.headers.has('x-unstored')) stored.add(path);
    return withStatus(made, 'askonce; fwd=miss; detail="set-cookie"');
  }

  async function warmed(
    requests: Parameters<typeof warmEndpoints>[1],
    options: Omit<WarmEndpointsOptions, 'clock'> = {},
  ) {
    const ended = warmEndpoints(handler, requests, { clock, perSecond: 1000, ...options });
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    ended.then(over, over);
    for (let turn = 0; !isOver && turn < 100_000; turn += 1) {
      for (let settled = 0; settled < 8; settled += 1) await new Promise(setImmediate);
      if (!isOver) clock.advance(50);
    }
    return await ended;
  }

  return { stored, calls, warmed };
}

const paths = (count: number) => Array.from({ length: count }, (_, index) => `/users/${index}`);

describe('warming routes', () => {
  it('routes whose answer is not stored are requested, one a second, and the others are skipped', async () => {
    const { stored, calls, warmed } = setUp();
    stored.add('/users/1');
    expect(await warmed(paths(4), { perSecond: 1 })).toMatchObject({
      ...{ state: 'done', processed: 4, skipped: 1, created: 3, failed: 0 },
    });
    expect(calls.map(({ path }) => path)).toEqual(['/users/0', '/users/2', '/users/3']);
    expect(calls.map(({ at }) => Math.round(at / 1000))).toEqual([0, 1, 2]);
  });

  it('a request keeps its headers and its query', async () => {
    const { calls, warmed } = setUp();
    const headers = { authorization: 'Bearer of-a-user', 'accept-language': 'de' };
    await warmed([new Request('http://localhost/me?page=2', { headers })]);
    expect(calls).toHaveLength(1);
    expect(Object.fromEntries(calls[0]?.headers ?? [])).toEqual(headers);
  });

  it('HEAD is warmed by GET, whose answer serves both', async () => {
    const handler = cachedHandler(createCache(), () => new Response('yes'));
    const requests = [new Request('http://localhost/users/1', { method: 'HEAD' })];
    expect(await warmEndpoints(handler, requests)).toMatchObject({ created: 1, skipped: 0, failed: 0 });
    expect(await warmEndpoints(handler, requests)).toMatchObject({ created: 0, skipped: 1, failed: 0 });
    const [request] = requests;
    const head = request && (await handler(request));
    expect(head?.headers.get('cache-status')).toMatch(/^askonce; hit; /);
  });

  it('a dry run requests nothing', async () => {
    const { calls, warmed } = setUp();
    expect(await warmed(paths(3), { dryRun: true })).toMatchObject({ absent: 3, created: 0 });
    expect(calls).toEqual([]);
  });

  it('a handler that fails or throws is tried again, and the rest goes on', async () => {
    const { calls, warmed } = setUp((path, call) => {
      if (path === '/users/0' && call === 1) return new Error('no database');
      return new Response('', { status: path === '/users/1' ? 503 : 200 });
    });
    expect(await warmed(paths(3))).toMatchObject({
      ...{ state: 'done', created: 2, failed: 1 },
      failures: [{ reason: 'the application failed (status 503)', count: 1, at: [1] }],
    });
    expect(calls.filter(({ path }) => path === '/users/1')).toHaveLength(4);
  });

  it.each<[string, ResponseInit, string]>([
    ['a refusal', { status: 404 }, 'the application refuses the request (status 404)'],
    ['a refused credential', { status: 403 }, 'the application refuses the credential (status 403)'],
    [
      'an answer that is not stored',
      { headers: { 'x-unstored': '1' } },
      'the answer was not stored (set-cookie)',
    ],
    [
      'an answer without Cache-Status',
      { headers: { 'x-uncached': '1', 'x-unstored': '1' } },
      'the route is not cached: its response has no Cache-Status of askonce',
    ],
  ])('%s counts as failed, at once', async (_, init, reason) => {
    const { calls, warmed } = setUp(() => new Response('', init));
    expect(await warmed(['/a'])).toMatchObject({ failed: 1, failures: [{ reason, at: [0] }] });
    expect(calls).toHaveLength(1);
  });

  it('three refusals of the credential in a row end the run', async () => {
    const { calls, warmed } = setUp(() => new Response('', { status: 401 }));
    expect(await warmed(paths(50), { concurrency: 1 })).toMatchObject({ state: 'stopped', failed: 3 });
    expect(calls).toHaveLength(3);
  });

  it('a request that is not cached, and a text that is no path, count as failed', async () => {
    const { calls, warmed } = setUp();
    const requests = [new Request('http://localhost/a', { method: 'POST' }), 'http://'];
    expect(await warmed(requests)).toMatchObject({
      failures: [
        { reason: 'the answer to POST is not cached; use GET or HEAD' },
        { reason: 'it is no path' },
      ],
    });
    expect(calls).toEqual([]);
  });

  it('a signal ends the run after what is under way', async () => {
    const ending = new AbortController();
    const { warmed } = setUp((path) => {
      if (path === '/users/4') ending.abort();
      return new Response('yes');
    });
    const summary = await warmed(paths(50), { concurrency: 1, signal: ending.signal });
    expect(summary).toMatchObject({ state: 'interrupted', processed: 5, created: 5 });
  });

  it.each([{ concurrency: 0 }, { perSecond: 0 }, { perSecond: Number.NaN }])(
    '%j is refused',
    async (options) => {
      await expect(setUp().warmed([], options)).rejects.toMatchObject({ code: 'invalid_request' });
    },
  );
});
