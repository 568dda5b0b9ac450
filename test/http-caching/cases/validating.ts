/** Conditional requests, updates of what is stored by a 304 or by HEAD, invalidation by writes, and ranges. */
import { casesOf, type Fields, type HttpCase, type HttpExchange, pause } from '../case.ts';

const received = casesOf('4.3.2');
const sent = casesOf('4.3.1');
const freshening = casesOf('4.3.4');
const head = casesOf('4.3.5');
const invalidation = casesOf('4.4');
const partial = casesOf('3.4');
const partialStored = casesOf('3.3');

const long = { 'cache-control': 'max-age=100000', date: 0 };
const short = { 'cache-control': 'max-age=2', date: 0 };

/** A stored answer, and then a conditional request that it meets. */
const notModified = (id: string, stored: Fields, condition: Fields, headers: Fields = {}) =>
  received.of(
    id,
    { answer: { headers: { ...long, ...stored } }, wait: pause },
    { send: { headers: condition }, expect: { from: 'store', status: 304, headers: expected(headers) } },
  );
const expected = (headers: Fields) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

const tag = { etag: '"abcdef"' };
const modified = { 'last-modified': -3000 };

const byModificationDate: readonly HttpCase[] = [
  notModified('conditional-lm-fresh', modified, { 'if-modified-since': -3000 }),
  notModified('conditional-lm-fresh-earlier', modified, { 'if-modified-since': -2000 }),
  notModified('conditional-lm-fresh-no-lm', {}, { 'if-modified-since': -3000 }),
  notModified('conditional-lm-fresh-rfc850', modified, { 'if-modified-since': { rfc850: -3000 } }),
  received.of(
    'conditional-lm-stale',
    { answer: { headers: { ...short, ...modified } }, wait: pause },
    { send: { headers: { 'if-modified-since': -3000 } }, expect: { from: 'validation', status: 304 } },
  ),
];

const matching = (id: string, etag: string, condition: string) =>
  notModified(id, { etag }, { 'if-none-match': condition });

const byEntityTag: readonly HttpCase[] = [
  matching('conditional-etag-strong-respond', '"abcdef"', '"abcdef"'),
  notModified('conditional-304-etag', tag, { 'if-none-match': '"abcdef"' }, tag),
  notModified(
    'conditional-etag-precedence',
    { ...tag, 'last-modified': -5000 },
    { 'if-none-match': '"abcdef"', 'if-modified-since': -10_000 },
  ),
  notModified(
    'conditional-etag-strong-respond-obs-text',
    { etag: '"abcdef\u00fc"' },
    { 'if-none-match': '"abcdef\u00fc"' },
    { etag: '"abcdef\u00fc"' },
  ),
  matching('conditional-etag-quoted-respond-unquoted', '"abcdef"', 'abcdef'),
  matching('conditional-etag-unquoted-respond-unquoted', 'abcdef', 'abcdef'),
  matching('conditional-etag-unquoted-respond-quoted', 'abcdef', '"abcdef"'),
  matching('conditional-etag-weak-respond', 'W/"abcdef"', 'W/"abcdef"'),
  matching('conditional-etag-weak-respond-lowercase', 'w/"abcdef"', 'w/"abcdef"'),
  matching('conditional-etag-weak-respond-backslash', 'W\\"abcdef"', 'W\\"abcdef"'),
  matching('conditional-etag-weak-respond-omit-slash', 'W"abcdef"', 'W"abcdef"'),
  matching('conditional-etag-strong-respond-multiple-first', '"abcdef"', '"abcdef", "1234", "5678"'),
  matching('conditional-etag-strong-respond-multiple-second', '"abcdef"', '"1234", "abcdef", "5678"'),
  matching('conditional-etag-strong-respond-multiple-last', '"abcdef"', '"1234", "5678", "abcdef"'),
];

/** A stored answer goes stale, and the application is asked whether it still holds. */
const generated = (id: string, etag: string, condition: string) =>
  sent.of(
    id,
    { answer: { headers: { ...short, etag } }, wait: pause },
    { expect: { from: 'validation', seen: { headers: { 'if-none-match': condition } } } },
  );

const bySentCondition: readonly HttpCase[] = [
  generated('conditional-etag-strong-generate', '"abcdef"', '"abcdef"'),
  generated('conditional-etag-weak-generate-weak', 'W/"abcdef"', 'W/"abcdef"'),
  generated('conditional-etag-strong-generate-unquoted', 'abcdef', '"abcdef"'),
  sent.of(
    'conditional-etag-vary-headers',
    {
      send: { headers: { abc: '123' } },
      answer: { headers: { expires: 1, ...tag, date: 0, vary: 'Abc' } },
      wait: pause,
    },
    { send: { headers: { abc: '123' } }, expect: { from: 'validation', seen: { headers: { abc: '123' } } } },
  ),
  sent.of(
    'conditional-etag-vary-headers-mismatch',
    {
      send: { headers: { abc: '123' } },
      answer: { headers: { expires: 10_000, ...tag, date: 0, vary: 'Abc' } },
      wait: pause,
    },
    { send: { headers: { abc: '456' } }, expect: { seen: { headers: { 'if-none-match': '"abcdef"' } } } },
  ),
  ...['"abcdef"', 'abcdef'].map((condition) =>
    sent.of(condition === 'abcdef' ? 'conditional-etag-forward-unquoted' : 'conditional-etag-forward', {
      send: { headers: { 'if-none-match': condition } },
      expect: { seen: { headers: { 'if-none-match': '"abcdef"' } } },
    }),
  ),
];

/** A stale answer is validated, with a new value of a field: the response and the stored answer have `after`. */
const updated = (
  name: string,
  before: string,
  after: string,
  { lifetime = 2, validator = '"one"', later = after } = {},
): HttpCase => {
  const field = name.toLowerCase();
  const headers = (value: string) => ({
    date: 0,
    'cache-control': `max-age=${lifetime}`,
    etag: validator,
    [field]: value,
  });
  return freshening.of(
    `304-etag-update-response-${name}`,
    { answer: { headers: headers(before) }, wait: pause },
    { answer: { headers: headers(after) }, expect: { from: 'validation', headers: { [field]: later } } },
    { expect: { from: 'store', headers: { [field]: later } } },
  );
};

const byUpdate: readonly HttpCase[] = [
  freshening.of(
    '304-lm-use-stored-Test-Header',
    {
      answer: {
        headers: { ...short, 'last-modified': 'Wed, 01 Jan 2020 00:00:00 GMT', 'test-header': 'one' },
      },
      wait: pause,
    },
    {
      answer: { headers: { 'last-modified': 'Wed, 01 Jan 2020 00:00:00 GMT', date: 0 } },
      expect: { from: 'validation', headers: { 'test-header': 'one' } },
    },
  ),
  updated('Test-Header', 'one', 'two'),
  updated('X-Test-Header', 'one', 'two'),
  updated('Content-Foo', 'one', 'two'),
  updated('X-Content-Foo', 'one', 'two'),
  freshening.of(
    '304-etag-update-response-Cache-Control',
    { answer: { headers: { date: 0, 'cache-control': 'max-age=1', ...tag } }, wait: pause },
    {
      answer: { headers: { date: 0, 'cache-control': 'max-age=3600', ...tag } },
      expect: { from: 'validation', headers: { 'cache-control': 'max-age=3600' } },
      wait: pause,
    },
    { expect: { from: 'store', headers: { 'cache-control': 'max-age=3600' } } },
  ),
  updated('Content-Encoding', 'one', 'two'),
  freshening.of(
    '304-etag-update-response-Content-Length',
    { answer: { headers: { ...short, ...tag, 'content-length': '10' }, body: '0123456789' }, wait: pause },
    {
      answer: { headers: { ...short, ...tag, 'content-length': '4' } },
      expect: { from: 'validation', headers: { 'content-length': '10' }, body: '0123456789' },
    },
    { expect: { from: 'store', headers: { 'content-length': '10' }, body: '0123456789' } },
  ),
  updated('Content-Location', '/foo', '/bar'),
  updated('Content-MD5', 'rL0Y20zC+Fzt72VPzMSk2A==', 'N7UdGUp1E+RbVvZSTy1R8g=='),
  updated('Content-Range', 'one', 'two'),
  updated('Content-Security-Policy', "default-src 'self'", "default-src 'self' cdn.example.com"),
  updated('Content-Type', 'text/plain', 'text/plain;charset=utf-8'),
  updated('Clear-Site-Data', 'cache', 'cookies'),
  freshening.of(
    '304-etag-update-response-ETag',
    { answer: { headers: { ...short, etag: '"abcdef"' } }, wait: pause },
    {
      answer: { headers: { ...short, etag: '"ghijkl"' } },
      expect: { from: 'validation', headers: { etag: '"ghijkl"' } },
    },
    { expect: { from: 'store', headers: { etag: '"ghijkl"' } } },
  ),
  updated('Expires', 'Fri, 01 Jan 2038 01:01:01 GMT', 'Mon, 11 Jan 2038 11:11:11 GMT'),
  updated('Public-Key-Pins', 'one', 'two'),
  updated('Set-Cookie', 'a=b', 'a=c'),
  updated('Set-Cookie2', 'a=b', 'a=c'),
  updated('X-Frame-Options', 'deny', 'sameorigin'),
  updated('X-XSS-Protection', '1', '1; mode=block'),
];

const asked: HttpExchange = { send: { method: 'HEAD' }, expect: { seen: { method: 'HEAD' } } };
const newer: Fields = { 'template-a': '2', 'cache-control': 'max-age=1000' };
const marked = { ...short, 'template-a': '1' };

const byHead: readonly HttpCase[] = [
  head.of('head-writethrough', { answer: { headers: short }, wait: pause }, asked),
  head.of(
    'head-200-retain',
    { answer: { headers: marked }, wait: pause },
    { ...asked, expect: { ...asked.expect, headers: { 'template-a': '1' } } },
  ),
  head.of(
    'head-200-freshness-update',
    { answer: { headers: short }, wait: pause },
    { ...asked, answer: { headers: { 'cache-control': 'max-age=1000' } } },
    { expect: { from: 'store', of: 1 } },
  ),
  head.of(
    'head-200-update',
    { answer: { headers: marked }, wait: pause },
    { ...asked, answer: { headers: newer } },
    { expect: { from: 'store', headers: { 'template-a': '2' } } },
  ),
  head.of(
    'head-410-update',
    { answer: { headers: marked }, wait: pause },
    { ...asked, answer: { status: 410, headers: newer } },
    { expect: { from: 'store', status: 'any', headers: { 'template-a': '2' } } },
  ),
];

const writes = ['POST', 'PUT', 'DELETE', 'M-SEARCH'];
const recent = { ...long, 'last-modified': 0 };

/** What another path has stored is invalidated, since the answer to a write names it. */
const elsewhere = (method: string, id: string, suffix: string): HttpCase =>
  invalidation.of(
    `invalidate-${method}-${id}`,
    { send: { suffix }, answer: { headers: recent } },
    {
      send: { method, body: 'abc' },
      answer: { headers: { location: '/location', 'content-location': '/content' }, locations: true },
    },
    { send: { suffix }, answer: { headers: recent }, expect: { from: 'application' } },
  );

const byWrite: readonly HttpCase[] = writes.flatMap((method) => [
  invalidation.of(
    `invalidate-${method}`,
    { answer: { headers: long }, wait: pause },
    { send: { method, body: 'abc' } },
    { expect: { from: 'application' } },
  ),
  invalidation.of(
    `invalidate-${method}-failed`,
    { answer: { headers: long }, wait: pause },
    { send: { method, body: 'abc' }, answer: { status: 500 } },
    { expect: { from: 'store' } },
  ),
  elsewhere(method, 'location', '/location'),
  elsewhere(method, 'cl', '/content'),
]);

const range = (value: string) => ({ send: { headers: { range: `bytes=${value}` } } });
const hour = { 'cache-control': 'max-age=3600' };
const whole = '01234567890';

const piece = (id: string, next: string, body: string): HttpCase =>
  partialStored.of(
    id,
    {
      ...range('-5'),
      answer: { status: 206, headers: { ...hour, 'content-range': 'bytes 5-9/10' }, body: '56789' },
    },
    { ...range(next), expect: { from: 'store', status: 206, body } },
  );

const ofWhole = (id: string, next: string, body: string): HttpCase =>
  partialStored.of(
    id,
    { answer: { headers: hour, body: whole } },
    { ...range(next), expect: { from: 'store', status: 206, body } },
  );

const byRange: readonly HttpCase[] = [
  piece('partial-store-partial-reuse-partial', '-5', '56789'),
  ofWhole('partial-store-complete-reuse-partial', '0-1', '01'),
  ofWhole('partial-store-complete-reuse-partial-no-last', '1-', '1234567890'),
  ofWhole('partial-store-complete-reuse-partial-suffix', '-1', '0'),
  piece('partial-store-partial-reuse-partial-byterange', '6-8', '678'),
  piece('partial-store-partial-reuse-partial-absent', '6-', '6789'),
  piece('partial-store-partial-reuse-partial-suffix', '-1', '9'),
  partial.of(
    'partial-store-partial-complete',
    {
      ...range('0-4'),
      answer: { status: 206, headers: { ...hour, 'content-range': 'bytes 0-4/10' }, body: '01234' },
    },
    { expect: { seen: { headers: { range: 'bytes=5-' } } } },
  ),
  partial.of(
    'partial-use-headers',
    { answer: { headers: { ...hour, a: '1' }, body: whole } },
    { ...range('0-1'), answer: { headers: { a: '2' } }, expect: { from: 'store', status: 206, body: '01' } },
  ),
  partial.of(
    'partial-use-stored-headers',
    { answer: { headers: { ...hour, a: '1' }, body: whole } },
    { ...range('0-1'), expect: { from: 'store', status: 206, body: '01', headers: { a: '1' } } },
  ),
];

export const validatingCases: readonly HttpCase[] = [
  ...byModificationDate,
  ...byEntityTag,
  ...bySentCondition,
  ...byUpdate,
  ...byHead,
  ...byWrite,
  ...byRange,
];
