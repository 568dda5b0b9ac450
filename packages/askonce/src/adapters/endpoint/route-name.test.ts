import { expect, it, onTestFinished, vi } from 'vitest';
import { collectGarbage } from '../../../../../test/support/garbage.ts';
import { inOnePiece } from '../../body/in-one-piece.ts';
import { createCache } from '../../cache.ts';
import type { Cache } from '../../contract.ts';
import type { ProviderAnswer } from '../../flight/provider.ts';
import type { CacheRequest } from '../../identity/request.ts';
import { endpointCache } from './endpoints.ts';
import { learned } from './learned.ts';
import { sentHeads } from './sent-heads.ts';

type Use = (route: string) => unknown;

const request: CacheRequest = {
  ...{ protocol: 'endpoint', upstream: '', route: '/form', query: '', headers: {} },
  ...{ body: '{}', context: {}, directives: {} },
};

function answer(): ProviderAnswer {
  return { status: 200, headers: {}, body: inOnePiece(Buffer.from('answer')) };
}

function learning(cache: Cache): Use {
  const { namesOf } = learned(cache);
  return (route) => namesOf(route, true);
}

function answeringForOne(cache: Cache): Use {
  const heads = sentHeads({ cache, onRefused: () => {}, onTrouble: () => {} });
  return async (route) => {
    const head = heads.headOf(route);
    const { sharing } = head.watched(request, answer(), false);
    head.sent({ 'set-cookie': 'visitor=1' });
    await sharing?.decided;
    expect(sharing?.isRefused()).toBe(true);
  };
}

function warning(cache: Cache): Use {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  const user = () => {
    throw new RangeError('no user');
  };
  const endpoints = endpointCache<null>(cache, { user });
  return async (route) => {
    await endpoints.answer({ raw: null, method: 'GET', url: '/form', route, headers: {} }, async () =>
      answer(),
    );
    expect(warn.mock.calls).toHaveLength(1);
    warn.mockClear();
  };
}

it.each([
  ['the headers by which its answers differ', learning],
  ['answers that were for one client alone', answeringForOne],
  ['the warnings that were given', warning],
])('a route that clients have made very long is not held in memory with %s', async (_, using) => {
  const cache = createCache();
  onTestFinished(async () => await cache.close());
  const use = using(cache);
  const long = '/orders'.repeat(7_000);
  await use('/');
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  // Flat, as text from a connection is: not a reference to the long part.
  for (let at = 0; at < 1_000; at++) await use(Buffer.from(`/${at}${long}`).toString());
  collectGarbage();
  // Of 49 MB a tenth is far more than what else comes and goes.
  expect((process.memoryUsage().heapUsed - before) / 2 ** 20).toBeLessThan(5);
});
