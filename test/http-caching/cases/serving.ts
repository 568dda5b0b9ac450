/** Which requests a stored answer serves: request directives, `Pragma`, `Vary`, stale answers, and `Age` and `Date` of hits. */
import { casesOf, type Fields, type HttpCase, type HttpExchange, pause } from '../case.ts';

const requests = casesOf('5.2.1');
const pragma = casesOf('5.4');
const vary = casesOf('4.1');
const stale = casesOf('4.2.4');
const staleOnError = casesOf('RFC 5861, 4');
const staleWhile = casesOf('RFC 5861, 3');
const serving = casesOf('4');

const long = { 'cache-control': 'max-age=100000', date: 0 };
const short = { 'cache-control': 'max-age=2', date: 0 };

const asking = (
  id: string,
  stored: Fields,
  directive: string,
  from: 'application' | 'store' | 'validation',
  wait = 0,
) =>
  requests.of(
    id,
    { answer: { headers: stored }, wait },
    { send: { headers: { 'cache-control': directive } }, expect: { from } },
  );

const byRequestDirective: readonly HttpCase[] = [
  asking('ccreq-ma0', long, 'max-age=0', 'application', pause),
  asking('ccreq-ma1', long, 'max-age=1', 'application', pause),
  asking('ccreq-magreaterage', { ...long, age: '1800' }, 'max-age=600', 'application', pause),
  asking('ccreq-max-stale', short, 'max-stale=1000', 'store', pause),
  asking('ccreq-max-stale-age', { 'cache-control': 'max-age=1500', age: '2000' }, 'max-stale=1000', 'store'),
  asking('ccreq-min-fresh', { 'cache-control': 'max-age=1500' }, 'min-fresh=2000', 'application'),
  asking(
    'ccreq-min-fresh-age',
    { 'cache-control': 'max-age=1500', age: '1000' },
    'min-fresh=1000',
    'application',
  ),
  asking('ccreq-no-cache', { 'cache-control': 'max-age=3600' }, 'no-cache', 'application'),
  asking(
    'ccreq-no-cache-lm',
    { 'cache-control': 'max-age=3600', 'last-modified': -10_000, date: 0 },
    'no-cache',
    'validation',
  ),
  asking('ccreq-no-cache-etag', { 'cache-control': 'max-age=3600', etag: '"one"' }, 'no-cache', 'validation'),
  asking('ccreq-no-store', long, 'no-store', 'application', pause),
  requests.of('ccreq-oic', {
    send: { headers: { 'cache-control': 'only-if-cached' } },
    expect: { status: 504, from: 'store' },
  }),
];

const byPragma: readonly HttpCase[] = [
  ...['no-cache', 'unrecognised-extension'].map((value) =>
    pragma.of(
      value === 'no-cache' ? 'pragma-request-no-cache' : 'pragma-request-extension',
      { answer: { headers: long }, wait: pause },
      { send: { headers: { pragma: value } }, expect: { from: 'store' } },
    ),
  ),
  pragma.reused('pragma-response-no-cache', { 'cache-control': 'max-age=3600', pragma: 'no-cache' }),
  pragma.reused('pragma-response-no-cache-heuristic', {
    date: 0,
    'last-modified': -10_000,
    pragma: 'no-cache',
  }),
  pragma.reused('pragma-response-extension', {
    'cache-control': 'max-age=3600',
    pragma: 'unrecognised-extension',
  }),
];

/** An answer that varies, to a request with `first`, and then a request with `next`. */
const varied = (
  id: string,
  value: string | readonly string[],
  first: Fields,
  next: Fields,
  from: 'application' | 'store',
  more: Fields = {},
) =>
  vary.of(
    id,
    {
      send: { headers: first },
      answer: {
        headers: { 'cache-control': 'max-age=5000', 'last-modified': -3000, date: 0, vary: value, ...more },
      },
    },
    { send: { headers: next }, expect: { from } },
  );

const one = { foo: '1' };
const two = { foo: '1', bar: 'abc' };
const three = { foo: '1', bar: 'abc', baz: '789' };
const variant = (value: string, body: string): HttpExchange => ({
  send: { headers: { foo: value } },
  answer: {
    headers: { 'cache-control': 'max-age=5000', 'last-modified': -3000, date: 0, vary: 'Foo' },
    body,
  },
});
const languages = (id: string, next: string, more: Fields = {}) =>
  varied(
    `vary-normalise-lang-${id}`,
    'Accept-Language',
    { 'accept-language': 'en, de' },
    { 'accept-language': next },
    'store',
    more,
  );

const byVary: readonly HttpCase[] = [
  varied('vary-match', 'Foo', one, one, 'store'),
  varied('vary-no-match', 'Foo', one, { foo: '2' }, 'application'),
  varied('vary-omit-stored', 'Foo', {}, one, 'application'),
  varied('vary-omit', 'Foo', one, {}, 'application'),
  vary.of(
    'vary-invalidate',
    variant('1', 'the first variant'),
    { ...variant('2', 'the second variant'), expect: { from: 'application' } },
    { send: { headers: one }, expect: { from: 'store', of: 1, body: 'the first variant' } },
    { send: { headers: { foo: '2' } }, expect: { from: 'store', of: 2, body: 'the second variant' } },
  ),
  varied('vary-cache-key', 'Foo', { foo: '1', other: '2' }, { foo: '1', other: '3' }, 'store'),
  varied('vary-2-match', 'Foo, Bar', two, two, 'store'),
  varied('vary-2-no-match', 'Foo, Bar', two, { ...two, foo: '2' }, 'application'),
  varied('vary-2-match-omit', 'Foo, Bar', two, {}, 'application'),
  varied('vary-3-match', 'Foo, Bar, Baz', three, three, 'store'),
  varied('vary-3-no-match', 'Foo, Bar, Baz', three, { ...three, foo: '2' }, 'application'),
  varied('vary-3-order', 'Foo, Bar, Baz', three, { foo: '1', baz: '789', bar: 'abcde' }, 'application'),
  varied('vary-3-omit', 'Foo, Bar, Baz', { foo: '1', baz: '789' }, { foo: '1', baz: '789' }, 'store'),
  varied('vary-star', '*', three, three, 'application'),
  varied('vary-normalise-combine', 'Foo', { foo: '1, 2' }, { foo: ['1', '2'] }, 'store'),
  varied('vary-normalise-space', 'Foo', { foo: '1,2' }, { foo: ' 1, 2 ' }, 'store'),
  languages('order', 'de, en'),
  languages('case', 'eN, De'),
  languages('space', ' en ,   de'),
  languages('select', 'fr;q=0.5, de;q=1.0', { 'content-language': 'de' }),
  ...(
    [
      ['vary-syntax-star', '*'],
      ['vary-syntax-star-star', '*, *'],
      ['vary-syntax-star-star-lines', ['*', '*']],
      ['vary-syntax-empty-star', ', *'],
      ['vary-syntax-empty-star-lines', ['', '*']],
      ['vary-syntax-star-foo', '*, Foo'],
      ['vary-syntax-foo-star', 'Foo, *'],
    ] as const
  ).map(([id, value]) => varied(id, value, three, three, 'application')),
];

/** A stored answer goes stale, and then the application fails or answers 503. */
const trouble = (
  cases: ReturnType<typeof casesOf>,
  id: string,
  stored: Fields,
  next: HttpExchange,
  wait = pause,
): HttpCase => cases.of(id, { answer: { headers: stored }, wait }, next);

const failing: HttpExchange = { fails: true, expect: { from: 'store', status: 200 } };
const unavailable: HttpExchange = { answer: { status: 503 }, expect: { from: 'store', status: 200 } };
const failure: HttpExchange = { fails: true, expect: { from: 'application', status: 'any' } };
const warned: HttpExchange = {
  fails: true,
  expect: { from: 'store', status: 200, headers: { warning: true } },
};
const tolerant = { 'cache-control': 'max-age=2, stale-if-error=60' };

const byStaleness: readonly HttpCase[] = [
  trouble(stale, 'stale-close', short, failing),
  trouble(stale, 'stale-503', short, unavailable),
  trouble(staleOnError, 'stale-sie-close', tolerant, failing),
  trouble(staleOnError, 'stale-sie-503', tolerant, unavailable),
  ...(['must-revalidate', 'proxy-revalidate', 'no-cache', 's-maxage=2'] as const).map((directive) =>
    trouble(stale, `stale-close-${directive}`, { 'cache-control': `max-age=2, ${directive}` }, failure),
  ),
  trouble(
    casesOf('5.5'),
    'stale-warning-stored',
    { expires: -5000, 'last-modified': -100_000, date: 0 },
    warned,
  ),
  trouble(casesOf('5.5'), 'stale-warning-become', short, warned),
  staleWhile.of(
    'stale-while-revalidate',
    {
      answer: { headers: { 'cache-control': 'max-age=1, stale-while-revalidate=3600', etag: '"abc"' } },
      wait: pause,
    },
    { expect: { from: 'store', of: 1, refreshed: true } },
  ),
  staleWhile.of(
    'stale-while-revalidate-window',
    {
      answer: { headers: { 'cache-control': 'max-age=1, stale-while-revalidate=4', etag: '"abc"' } },
      wait: pause,
    },
    {
      answer: { headers: { 'cache-control': 'no-cache', etag: '"def"' } },
      expect: { from: 'store', of: 1, refreshed: true },
      wait: pause,
    },
    { expect: { from: 'application' } },
  ),
];

const ofHits: readonly HttpCase[] = [
  casesOf('5.1').of(
    'other-age-gen',
    { answer: { headers: long }, wait: pause },
    { expect: { from: 'store', headers: { age: { above: 2 } } } },
  ),
  casesOf('5.1').of('other-age-delay', {
    answer: { headers: { 'cache-control': 'max-age=3600', date: 0 }, takes: 5 },
    expect: { headers: { age: { above: 0 } } },
  }),
  casesOf('5.1').of(
    'other-age-update-expires',
    { answer: { headers: { expires: 2_592_000, date: 0, age: '30' } }, wait: pause },
    { expect: { from: 'store', headers: { age: { above: 32 } } } },
  ),
  casesOf('5.1').of(
    'other-age-update-max-age',
    { answer: { headers: { ...long, age: '30' } }, wait: pause },
    { expect: { from: 'store', headers: { age: { above: 32 } } } },
  ),
  serving.of(
    'other-date-update',
    { answer: { headers: long }, wait: pause },
    { expect: { from: 'store', headers: { date: 0 } } },
  ),
  serving.of(
    'other-date-update-expires',
    { answer: { headers: { expires: 2_592_000, date: 0 } }, wait: pause },
    { expect: { from: 'store', headers: { date: 0 } } },
  ),
  serving.of(
    'other-date-update-expires-update',
    { answer: { headers: { expires: 2_592_000, date: 0 } }, wait: pause },
    { expect: { from: 'store', headers: { expires: 2_592_000 } } },
  ),
  casesOf('RFC 9213, 3').of('cdn-remove-header', {
    answer: {
      headers: { 'cache-control': 'max-age=10000', 'cdn-cache-control': 'foo', expires: 10_000, date: 0 },
    },
    expect: { headers: { 'cdn-cache-control': 'foo' } },
  }),
];

export const servingCases: readonly HttpCase[] = [
  ...byRequestDirective,
  ...byPragma,
  ...byVary,
  ...byStaleness,
  ...ofHits,
];
