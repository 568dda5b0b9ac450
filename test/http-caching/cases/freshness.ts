/** How long an answer is fresh: `Cache-Control` (also where it is malformed), `Expires`, `Age`, and heuristics. */
import { casesOf, type HttpCase } from '../case.ts';

const lifetime = casesOf('4.2.1');
const directives = casesOf('5.2.2');
const age = casesOf('5.1');
const current = casesOf('4.2.3');
const expires = casesOf('5.3');
const heuristic = casesOf('4.2.2');

const hour = { 'cache-control': 'max-age=3600' };

const byDirectives: readonly HttpCase[] = [
  heuristic.notReused('freshness-none', {}),
  lifetime.reused('freshness-max-age', hour),
  lifetime.notReused('freshness-max-age-stale', { 'cache-control': 'max-age=2', date: 0 }),
  lifetime.notReused('freshness-max-age-0', { 'cache-control': 'max-age=0' }, { wait: 0 }),
  ...[
    ['freshness-max-age-max-minus-1', '2147483647'],
    ['freshness-max-age-max', '2147483648'],
    ['freshness-max-age-max-plus-1', '2147483649'],
    ['freshness-max-age-max-plus', '99999999999'],
  ].map(([id = '', seconds = '']) => lifetime.reused(id, { 'cache-control': `max-age=${seconds}` })),
  current.notReused('freshness-max-age-age', { date: 0, ...hour, age: '7200' }),
  current.notReused('freshness-max-age-date', { date: -7200, ...hour }),
  lifetime.reused('freshness-max-age-expires', { ...hour, expires: -7200, date: 0 }),
  lifetime.reused('freshness-max-age-expires-invalid', { ...hour, expires: '0', date: 0 }),
  lifetime.notReused('freshness-max-age-0-expires', { expires: 3600, 'cache-control': 'max-age=0', date: 0 }),
  directives.reused('freshness-max-age-extension', { 'cache-control': 'foobar, max-age=3600' }),
  directives.reused('freshness-max-age-case-insenstive', { 'cache-control': 'MaX-aGe=3600' }),
  lifetime.notReused('freshness-max-age-negative', { 'cache-control': 'max-age=-3600' }),
  lifetime.reused('freshness-s-maxage-shared', { 'cache-control': 's-maxage=3600' }),
  lifetime.notReused('freshness-max-age-s-maxage-shared-longer', {
    'cache-control': 'max-age=3600, s-maxage=1',
  }),
  lifetime.notReused('freshness-max-age-s-maxage-shared-longer-reversed', {
    'cache-control': 's-maxage=1, max-age=3600',
  }),
  lifetime.notReused('freshness-max-age-s-maxage-shared-longer-multiple', {
    'cache-control': ['max-age=3600', 's-maxage=1'],
  }),
  lifetime.reused('freshness-max-age-s-maxage-shared-shorter', {
    'cache-control': 'max-age=1, s-maxage=3600',
  }),
  lifetime.reused('freshness-max-age-s-maxage-shared-shorter-expires', {
    expires: -10,
    'cache-control': 'max-age=0, s-maxage=3600',
  }),
];

const malformed: readonly HttpCase[] = [
  lifetime.reused('freshness-max-age-two-fresh-stale-sameline', {
    'cache-control': 'max-age=1800, max-age=1',
  }),
  lifetime.reused('freshness-max-age-two-fresh-stale-sepline', {
    'cache-control': ['max-age=1800', 'max-age=1'],
  }),
  lifetime.reused('freshness-max-age-two-stale-fresh-sameline', {
    'cache-control': 'max-age=1, max-age=1800',
  }),
  lifetime.reused('freshness-max-age-two-stale-fresh-sepline', {
    'cache-control': ['max-age=1', 'max-age=1800'],
  }),
  directives.reused('freshness-max-age-quoted', { 'cache-control': 'max-age="3600"' }),
  directives.notReused('freshness-max-age-ignore-quoted', {
    'cache-control': 'extension="max-age=3600", max-age=1',
  }),
  directives.notReused('freshness-max-age-ignore-quoted-rev', {
    'cache-control': 'max-age=1, extension="max-age=3600"',
  }),
  directives.notReused('freshness-max-age-space-before-equals', { 'cache-control': 'max-age =3600' }),
  directives.notReused('freshness-max-age-space-after-equals', { 'cache-control': 'max-age= 3600' }),
  directives.reused('freshness-max-age-leading-zero', { 'cache-control': 'max-age=003600' }),
  directives.notReused('freshness-max-age-single-quoted', { 'cache-control': "max-age='3600'" }),
  directives.reused('freshness-max-age-decimal-zero', { 'cache-control': 'max-age=3600.0' }),
  directives.reused('freshness-max-age-decimal-five', { 'cache-control': 'max-age=3600.5' }),
  directives.reused('freshness-max-age-a100', { 'cache-control': 'max-age=a3600' }),
  directives.reused('freshness-max-age-100a', { 'cache-control': 'max-age=3600a' }),
];

const aged = (value: string | readonly string[], seconds = 3600) => ({
  date: 0,
  'cache-control': `max-age=${seconds}`,
  age: value,
});

const byAge: readonly HttpCase[] = [
  age.reused('age-parse-nonnumeric', aged('abc')),
  age.reused('age-parse-negative', aged('-7200')),
  age.reused('age-parse-float', aged('7200.0')),
  age.notReused('age-parse-large-minus-one', aged('2147483647')),
  age.notReused('age-parse-large', aged('2147483648')),
  age.notReused('age-parse-larger', aged('2147483649')),
  age.notReused('age-parse-suffix', aged('7200, 0')),
  age.reused('age-parse-prefix', aged('0, 7200')),
  age.notReused('age-parse-suffix-twoline', aged(['7200', '0'])),
  age.reused('age-parse-prefix-twoline', aged(['0', '7200'])),
  age.reused('age-parse-dup-0', aged('0, 0')),
  age.reused('age-parse-dup-0-twoline', aged(['0', '0'])),
  age.reused('age-parse-dup-old', aged(['3600', '3600'], 10_000)),
  age.notReused('age-parse-parameter', aged('7200;foo=bar')),
  age.notReused('age-parse-numeric-parameter', aged('7200;foo=111')),
];

const until = (value: string | readonly string[]) => ({ expires: value, date: 0 });

const byExpires: readonly HttpCase[] = [
  expires.reused('freshness-expires-future', { expires: 2_592_000, date: 0 }),
  expires.notReused('freshness-expires-past', { expires: -2_592_000, date: 0 }),
  expires.notReused('freshness-expires-present', { expires: 0, date: 0 }, { wait: 0 }),
  expires.notReused('freshness-expires-old-date', { expires: 300, date: 400 }),
  expires.notReused('freshness-expires-invalid', until('0')),
  expires.reused('freshness-expires-invalid-date', { date: 'foo', expires: 10 }, { wait: 0 }),
  expires.notReused('freshness-expires-age-slow-date', { date: -10, expires: 10, age: '25' }, { wait: 0 }),
  expires.notReused('freshness-expires-age-fast-date', { date: 10, expires: 20, age: '15' }, { wait: 0 }),
  expires.reused('freshness-expires-32bit', until('Tue, 19 Jan 2038 14:14:08 GMT')),
  expires.reused('freshness-expires-far-future', until('Sun, 21 Nov 2286 04:46:39 GMT')),
  expires.reused('freshness-expires-rfc850', until('Thursday, 18-Aug-50 02:01:18 GMT')),
  expires.reused('freshness-expires-ansi-c', until('Thu Aug 18 02:01:18 2050')),
  expires.reused('freshness-expires-wrong-case-weekday', until('THU, 18 Aug 2050 02:01:18 GMT')),
  expires.reused('freshness-expires-wrong-case-month', until('Thu, 18 AUG 2050 02:01:18 GMT')),
  expires.reused('freshness-expires-wrong-case-tz', until('Thu, 18 Aug 2050 02:01:18 gMT')),
  ...[
    ['freshness-expires-invalid-utc', 'Thu, 18 Aug 2050 02:01:18 UTC'],
    ['freshness-expires-invalid-aest', 'Thu, 18 Aug 2050 02:01:18 AEST'],
    ['freshness-expires-invalid-2-digit-year', 'Thu, 18 Aug 50 02:01:18 GMT'],
    ['freshness-expires-invalid-no-comma', 'Thu 18 Aug 2050 02:01:18 GMT'],
    ['freshness-expires-invalid-multiple-spaces', 'Thu, 18  Aug  2050 02:01:18 GMT'],
    ['freshness-expires-invalid-date-dashes', 'Thu, 18-Aug-2050 02:01:18 GMT'],
    ['freshness-expires-invalid-time-periods', 'Thu, 18 Aug 2050 02.01.18 GMT'],
    ['freshness-expires-invalid-1-digit-hour', 'Thu, 18 Aug 2050 2:01:18 GMT'],
  ].map(([id = '', date = '']) => expires.notReused(id, until(date))),
  expires.notReused(
    'freshness-expires-invalid-multiple-lines',
    until(['Thu, 18 Aug 2050 2:01:18 GMT', 'Thu, 18 Aug 2050 2:01:19 GMT']),
  ),
];

const modified = (secondsAgo: number) => ({ 'last-modified': -secondsAgo, date: 0 });
const aDay = modified(86_400);

const byHeuristics: readonly HttpCase[] = [
  ...[200, 203, 204, 404, 405, 410, 414, 501].map((status) =>
    heuristic.reused(`heuristic-${status}-cached`, aDay, { answer: { status } }),
  ),
  ...[201, 202, 403, 502, 503, 504, 599].map((status) =>
    heuristic.notReused(`heuristic-${status}-not_cached`, aDay, { answer: { status } }),
  ),
  heuristic.reused(
    'heuristic-599-cached',
    { ...aDay, 'cache-control': 'public' },
    { answer: { status: 599 } },
  ),
  ...[5, 10, 30, 60, 300, 600, 1200, 1800, 3600, 43_200, 86_400].map((seconds) =>
    heuristic.reused(`heuristic-delta-${seconds}`, modified(seconds)),
  ),
];

export const freshnessCases: readonly HttpCase[] = [
  ...byDirectives,
  ...malformed,
  ...byAge,
  ...byExpires,
  ...byHeuristics,
];
