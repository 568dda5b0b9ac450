/** What is stored: directives of answers, statuses, methods, answers to credentials, and header fields. */
import { casesOf, type Fields, type HttpCase, type HttpExchange, pause } from '../case.ts';

const responses = casesOf('5.2.2');
const storing = casesOf('3');
const fields = casesOf('3.1');
const authenticated = casesOf('3.5');
const validating = casesOf('4.3.1');

const long = { 'cache-control': 'max-age=100000', date: 0 };
const fresh = { expires: 10_000, date: 0 };
const fromStore: HttpExchange = { expect: { from: 'store' } };
const fromApplication: HttpExchange = { expect: { from: 'application' } };
const validated: HttpExchange = { expect: { from: 'validation' } };

/** A fresh answer, then a request that must not use it and whose answer must not be stored, then one that may use the first. */
const oldAndNew = (id: string, directive: string) =>
  responses.of(
    id,
    { answer: { headers: { ...long, ...fresh, a: '1' } }, wait: pause },
    {
      send: { headers: { 'cache-control': 'no-cache' } },
      answer: { headers: { 'cache-control': directive, date: 0, a: '2' } },
      expect: { from: 'application' },
      wait: pause,
    },
    { expect: { from: 'store', of: 1, headers: { a: '1' } } },
  );

const unnamed = (id: string, names: readonly string[]) =>
  responses.of(
    id,
    {
      answer: {
        headers: {
          'cache-control': [`no-cache="${names.join(', ')}"`, 'max-age=3600'],
          a: '1',
          b: '2',
          c: '3',
          date: 0,
        },
      },
      wait: pause,
    },
    { expect: { from: 'store', headers: { c: '3' }, absent: names } },
  );

const byDirectives: readonly HttpCase[] = [
  responses.notReused('cc-resp-private-shared', { 'cache-control': 'private, max-age=3600' }),
  responses.notReused('cc-resp-no-store', { 'cache-control': 'no-store' }),
  responses.notReused('cc-resp-no-store-case-insensitive', { 'cache-control': 'No-StOrE' }),
  responses.notReused('cc-resp-no-store-fresh', { 'cache-control': 'max-age=10000, no-store', ...fresh }),
  oldAndNew('cc-resp-no-store-old-new', 'no-store'),
  oldAndNew('cc-resp-no-store-old-max-age', 'no-store, max-age=0'),
  responses.notReused('cc-resp-no-cache', { 'cache-control': 'max-age=10000, no-cache', ...fresh }),
  responses.notReused('cc-resp-no-cache-case-insensitive', {
    'cache-control': 'max-age=10000, No-CaChE',
    ...fresh,
  }),
  validating.of(
    'cc-resp-no-cache-revalidate',
    { answer: { headers: { 'cache-control': 'no-cache', etag: '"abcd"' } } },
    validated,
  ),
  validating.of(
    'cc-resp-no-cache-revalidate-fresh',
    { answer: { headers: { 'cache-control': 'max-age=10000, no-cache', ...fresh, etag: '"abcd"' } } },
    validated,
  ),
  unnamed('headers-omit-headers-listed-in-Cache-Control-no-cache-single', ['a']),
  unnamed('headers-omit-headers-listed-in-Cache-Control-no-cache', ['a', 'b']),
  responses.reused('cc-resp-must-revalidate-fresh', {
    'cache-control': 'max-age=10000, must-revalidate',
    etag: '"abcd"',
  }),
  validating.of(
    'cc-resp-must-revalidate-stale',
    { answer: { headers: { 'cache-control': 'max-age=2, must-revalidate', etag: '"abcd"' } } },
    { expect: { from: 'store' }, wait: pause },
    validated,
  ),
];

const statuses = [200, 203, 204, 299, 301, 302, 303, 307, 308, 400, 404, 410, 499, 500, 502, 503, 504, 599];

const byStatus: readonly HttpCase[] = [
  ...statuses.flatMap((status) => [
    storing.reused(`status-${status}-fresh`, long, { answer: { status } }),
    storing.notReused(
      `status-${status}-stale`,
      { expires: -5000, 'last-modified': -100_000, date: 0 },
      { answer: { status } },
    ),
  ]),
  storing.notReused(
    'status-599-must-understand',
    { 'cache-control': 'max-age=3600, no-store, must-understand' },
    { answer: { status: 599 } },
  ),
  storing.reused('status-200-must-understand', {
    'cache-control': 'max-age=3600, no-store, must-understand',
  }),
];

const byRequest: readonly HttpCase[] = [
  casesOf('RFC 9110, 9.3.3').of(
    'method-POST',
    {
      send: { method: 'POST', body: '12345', headers: { 'content-type': 'text/plain' } },
      answer: {
        headers: { 'cache-control': 'max-age=3600', 'content-location': '', date: 0 },
        locations: true,
      },
      wait: pause,
    },
    fromStore,
  ),
  ...(
    [
      ['other-authorization', 'max-age=100000', fromApplication],
      ['other-authorization-public', 'max-age=3600, public', fromStore],
      ['other-authorization-must-revalidate', 'max-age=3600, must-revalidate', fromStore],
      ['other-authorization-smaxage', 's-maxage=3600', fromStore],
    ] as const
  ).map(([id, directive, next]) =>
    authenticated.of(
      id,
      {
        send: { headers: { authorization: 'FOO' } },
        answer: { headers: { 'cache-control': directive, date: 0 } },
        expect: { seen: { headers: { authorization: 'FOO' } } },
        wait: pause,
      },
      next,
    ),
  ),
  storing.of(
    'query-args-different',
    { send: { suffix: '?test=one' }, answer: { headers: long }, wait: pause },
    { send: { suffix: '?test=two' }, expect: { from: 'application' } },
  ),
  storing.of(
    'query-args-same',
    { send: { suffix: '?test=one' }, answer: { headers: long }, wait: pause },
    { send: { suffix: '?test=one' }, expect: { from: 'store' } },
  ),
  storing.reused('other-heuristic-content-disposition-attachment', {
    'last-modified': -100_000,
    date: 0,
    'content-disposition': 'attachment; filename=example.txt',
  }),
  storing.reused('other-fresh-content-disposition-attachment', {
    ...long,
    'content-disposition': 'attachment; filename=example.txt',
  }),
  casesOf('7.3').reused('other-set-cookie', { ...long, 'set-cookie': 'a=b' }),
  storing.of(
    'other-cookie',
    { answer: { headers: long }, wait: pause },
    { send: { headers: { cookie: 'a=b' } }, expect: { from: 'store' } },
  ),
];

/** A field that a stored answer has as the application gave it. */
const stored = (name: string, value: string): HttpCase =>
  fields.of(
    `headers-store-${name}`,
    {
      answer: { headers: { date: 0, 'cache-control': 'max-age=3600', [name.toLowerCase()]: value } },
      wait: pause,
    },
    { expect: { from: 'store', headers: { [name.toLowerCase()]: value } } },
  );

/** A field that concerns one connection, or a proxy: no stored answer has it. */
const dropped = (name: string, value: string): HttpCase =>
  fields.of(
    `headers-store-${name}`,
    {
      answer: { headers: { date: 0, 'cache-control': 'max-age=3600', [name.toLowerCase()]: value } },
      wait: pause,
    },
    { expect: { from: 'store', absent: [[name.toLowerCase(), value]] } },
  );

const listed: Fields = { ...long, connection: 'a, b', a: '1', b: '2', c: '3' };

const byField: readonly HttpCase[] = [
  fields.of(
    'headers-omit-headers-listed-in-Connection',
    { answer: { headers: listed }, wait: pause },
    { expect: { from: 'store', headers: { c: '3' }, absent: ['a', 'b'] } },
  ),
  stored('Test-Header', 'one'),
  stored('X-Test-Header', 'two'),
  stored('Content-Foo', 'three'),
  stored('X-Content-Foo', 'four'),
  stored('Cache-Control', 'max-age=3600'),
  dropped('Connection', 'five'),
  stored('Content-Encoding', 'six'),
  fields.of(
    'headers-store-Content-Length',
    {
      answer: {
        headers: { date: 0, 'cache-control': 'max-age=3600', 'content-length': '10' },
        body: '0123456789',
      },
      wait: pause,
    },
    { expect: { from: 'store', headers: { 'content-length': '10' } } },
  ),
  stored('Content-Location', '/bar'),
  stored('Content-MD5', 'N7UdGUp1E+RbVvZSTy1R8g=='),
  stored('Content-Range', 'seven'),
  stored('Content-Security-Policy', "default-src 'self' cdn.example.com"),
  stored('Content-Type', 'text/plain;charset=utf-8'),
  stored('Clear-Site-Data', 'cookies'),
  stored('ETag', '"ghijkl"'),
  stored('Expires', 'Mon, 11 Jan 2038 11:11:11 GMT'),
  dropped('Keep-Alive', 'timeout=8'),
  dropped('Proxy-Authenticate', 'nine'),
  dropped('Proxy-Authentication-Info', 'ten'),
  dropped('Proxy-Authorization', 'eleven'),
  dropped('Proxy-Connection', 'twelve'),
  stored('Public-Key-Pins', 'thirteen'),
  stored('Set-Cookie', 'a=c'),
  stored('Set-Cookie2', 'a=c'),
  dropped('TE', 'fourteen'),
  dropped('Transfer-Encoding', 'fifteen'),
  dropped('Upgrade', 'sixteen'),
  stored('X-Frame-Options', 'sameorigin'),
  stored('X-XSS-Protection', '1; mode=block'),
];

export const storingCases: readonly HttpCase[] = [...byDirectives, ...byStatus, ...byRequest, ...byField];
