import fc from 'fast-check';
import { expect, it } from 'vitest';
import { heededDirectives, parseCacheControl } from './cache-control.ts';

it.each([
  ['', {}],
  ['no-store', { noStore: true }],
  ['No-Cache, NO-STORE', { noCache: true, noStore: true }],
  ['only-if-cached', { onlyIfCached: true }],
  ['max-age=0', { maxAge: 0 }],
  ['max-age="60"', { maxAge: 60 }],
  ['max-age=60, max-age=10', { maxAge: 10 }],
  ['min-fresh=5,min-fresh=50', { minFresh: 50 }],
  ['max-stale', { maxStale: Number.POSITIVE_INFINITY }],
  ['max-stale=30', { maxStale: 30 }],
  ['max-stale, max-stale=30', { maxStale: 30 }],
  ['max-age=99999999999999999999', { maxAge: 2 ** 31 }],
  ['max-age=-1', {}],
  ['max-age=1.5', {}],
  ['max-age', {}],
  ['max-age=ten', {}],
  ['max-stale=ten', {}],
  [' ,, no-store ,\tno-cache', { noStore: true, noCache: true }],
  ['private="a, no-store, b", no-cache', { noCache: true }],
  ['x="\\"no-store\\"", no-cache', { noCache: true }],
  ['(garbage), no-store', { noStore: true }],
  ['@"a, no-cache", no-store', { noStore: true }],
  ['@"a\\", no-cache", no-store', { noStore: true }],
  ['max-age = 5, no-store', { noStore: true }],
  ['unknown, stale-if-error=60, no-store', { noStore: true, staleIfError: 60 }],
  ['stale-if-error=0', { staleIfError: 0 }],
  ['stale-if-error=60, stale-if-error=5', { staleIfError: 5 }],
  ['stale-if-error', {}],
  ['no-store"', {}],
  ['x=", no-store', { noStore: true }],
  ['@"a, no-cache", x="b, no-store', { noStore: true }],
])('the Cache-Control header %j means %j', (text, expected) => {
  expect(parseCacheControl(text)).toEqual(expected);
});

it('a Cache-Control header is read to its end, whatever it contains', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii', maxLength: 200 }), (text) => {
      expect(parseCacheControl(`no-store,${text}`)).toMatchObject({ noStore: true });
    }),
  );
});

it('narrow heeds what still uses the cache and accepts no older answer, ignore heeds nothing', () => {
  const all = 'no-store, no-cache, only-if-cached, max-age=60, min-fresh=5, max-stale=9, stale-if-error=9';
  expect(heededDirectives(all, 'heed')).toEqual(parseCacheControl(all));
  expect(heededDirectives(all, 'narrow')).toEqual({ onlyIfCached: true, maxAge: 60, minFresh: 5 });
  expect(heededDirectives(all, 'ignore')).toEqual({});
  for (const heeded of ['heed', 'narrow', 'ignore'] as const)
    expect(heededDirectives('', heeded)).toEqual({});
});
