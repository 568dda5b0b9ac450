import { stripVTControlCharacters } from 'node:util';
import { AskonceError } from 'askonce';
import { expect, it } from 'vitest';
import { countersOf } from './counters.ts';
import { figuresOf } from './figures.ts';
import { openHistory } from './history.ts';
import { paneNames } from './panes.ts';
import { plainBlock } from './plain.ts';
import type { Readings } from './poll.ts';
import { screenLines } from './screen.ts';
import { coloured, plain } from './style.ts';
import { widthOf } from './text.ts';
import { type Key, openView, press, type View } from './view.ts';

const now = Date.parse('2026-11-29T12:00:00Z');
const url = 'http://127.0.0.1:8787';
const texts = [
  'What is a lease?',
  '请问如何重置密码？',
  'שלום',
  'Evil \u001b[2J\u001b[31m\u0007\nquestion',
  '🎉 free?',
];

const metricsAfter = (hits: number) => ({
  build_info: { '0.1.0': 1 },
  requests: { hit: hits, shared: 0, miss: 10, negative: 0, bypass: 5 },
  hit_duration_seconds: { count: hits, sum: 1, buckets: { '0.001': hits, '+Inf': hits } },
  miss_duration_seconds: { count: 10, sum: 1, buckets: { '1': 0, '2.5': 10, '+Inf': 10 } },
  saved_cost: 12.5,
  shared_cost: 0.5,
  spent_cost: { miss: 2, refresh: 1 },
  cache_miss_reason: { absent: 9, expired: 1, stale: 0 },
  cache_bypass: { 'no-store': 5 },
  refused: { length: 2, status: 0 },
  replies: { none: hits, client: 1, provider: 0, gateway: hits / 9 },
  provider_errors: hits / 9,
  error_replies: { store_failed: hits / 9, internal: 0 },
  provider_answers: { leader: { '2xx': 9, '5xx': 4 }, refresh: { '5xx': 1 } },
  provider_failures: { leader: { provider_timeout: 3 } },
  model_requests: { 'gpt-4o': 60, 'o3-\u001b[31mmini': 40, '': 5 },
  model_hits: { 'gpt-4o': 50 },
  model_misses: { 'gpt-4o': 10 },
  tier_entries: { memory: 9, sqlite: 9 },
  tier_bytes: { memory: 2048, sqlite: 4096 },
});

function readings(more: Partial<Readings> = {}): Readings {
  const history = openHistory();
  history.add({ at: 0, counters: countersOf(metricsAfter(0)) });
  history.add({ at: 10_000, counters: countersOf(metricsAfter(90)) });
  return {
    history,
    metrics: { value: 'read' },
    health: {
      value: {
        status: 'degraded',
        components: { memory: { status: 'ok', entries: 9 }, redis: { status: 'down', reason: 'refused' } },
        semantic: { state: 'ok', trouble: [] },
      },
    },
    day: { why: 'There is no ledger.' },
    questions: {
      value: texts.map((text, at) => ({
        text,
        key: `key-${at}`,
        hits: at + 1,
        language: 'en',
        category: '',
        model: 'gpt-4o',
        lastAsked: '2026-11-29T11:59:30.000Z',
      })),
    },
    trouble: undefined,
    waitMs: 0,
    ...more,
  };
}

const screen = (view: View, columns = 100, rows = 30, style = plain, given = readings()) =>
  screenLines(figuresOf(given, url), view, { space: { columns, rows }, style, now });

const pressed = (view: View, ...keys: readonly (string | Key)[]) =>
  keys.reduce<View>(
    (before, key) =>
      press(before, typeof key === 'string' ? { name: key, sequence: key } : key, { page: 3, rows: 5 }).view,
    view,
  );

it('the screen shows rates and times of the last minute, money, and what is in trouble', () => {
  const text = screen(openView(2000)).join('\n');
  for (const part of [
    '90.0 % since start',
    '100.0 % last 10 s',
    '9.00/s',
    'p95 0.95 ms',
    'saved $13.00',
    'spent $3.00',
    'net +$12.00',
    'redis down  memory ok  semantic ok',
    'degraded',
    'every 2 s',
  ])
    expect(text).toContain(part);
});

it.each(paneNames)(
  'the pane of %s fits every size, and sends the terminal no control character of a text',
  (pane) => {
    const view: View = { ...openView(2000), pane };
    for (const columns of [1, 8, 20, 39, 60, 80, 131, 300])
      for (const rows of [1, 2, 5, 9, 10, 15, 24, 60]) {
        const lines = screen(view, columns, rows);
        expect(lines).toHaveLength(rows);
        for (const line of lines) {
          expect(widthOf(line)).toBeLessThanOrEqual(columns);
          expect(line).not.toMatch(/\p{Cc}/u);
        }
      }
  },
);

it('colours change no character', () => {
  const own = screen(openView(2000), 100, 30, coloured);
  expect(own.join('')).not.toBe(screen(openView(2000)).join(''));
  expect(own.map(stripVTControlCharacters)).toEqual(screen(openView(2000)));
});

it('questions are sorted by hits, by any other column, and in reverse', () => {
  const order = (view: View) =>
    screen(view)
      .slice(12)
      .flatMap((line) => /^\s+(\d)\s+30 s/.exec(line)?.[1] ?? []);
  const view = openView(2000);
  expect(order(view)).toEqual(['5', '4', '3', '2', '1']);
  expect(order(pressed(view, 'r'))).toEqual(['1', '2', '3', '4', '5']);
  expect(
    screen(pressed(view, 's', 's', 's', 's', 's')).find((line) => line.includes('question▲')),
  ).toBeDefined();
  expect(order(pressed(view, 's', 's', 's', 's', 's', 's'))).toEqual(order(view));
});

it('a table that is longer than the screen says how much is hidden, and scrolls to its end and no further', () => {
  const view = openView(2000);
  expect(screen(view, 100, 15).join('\n')).toContain('… 2 more');
  const end = screen(pressed(view, 'end', 'down', 'pagedown'), 100, 15).join('\n');
  expect([end.includes('more'), end.includes('What is a lease?')]).toEqual([false, true]);
});

it('keys switch panes, pause, change the interval within its bounds, show help, and ask to quit', () => {
  const view = openView(2000);
  expect(pressed(view, 'tab').pane).toBe('models');
  expect(pressed(view, { name: 'tab', shift: true }).pane).toBe('health');
  expect(pressed(view, 'left', 'right', 'right').pane).toBe('models');
  expect(pressed(view, '4').pane).toBe('stores');
  expect(pressed(view, '+').intervalMs).toBe(5000);
  expect(pressed(view, '-', '-', '-', '-').intervalMs).toBe(500);
  expect(pressed({ ...view, intervalMs: 3_600_000 }, '+').intervalMs).toBe(3_600_000);
  expect(screen(pressed(view, 'p')).join('\n')).toContain('paused');
  expect(screen(pressed(view, '?')).join('\n')).toContain('sort by the next column');
  expect(pressed(view, '?', 'escape', 'x', 'f1')).toEqual(view);
  for (const key of [{ name: 'q' }, { name: 'c', ctrl: true }, { name: 'd', ctrl: true }])
    expect(press(view, key, { page: 1, rows: 1 }).request).toBe('quit');
  expect(press(view, { name: 'z', ctrl: true }, { page: 1, rows: 1 }).request).toBe('suspend');
});

it('a gateway that does not answer is shown with the reason and the last figures', () => {
  const error = new AskonceError('gateway_unreachable', 'No gateway answers (connection refused).');
  const lines = screen(openView(2000), 100, 24, plain, readings({ trouble: { error, since: now - 5000 } }));
  expect(lines[0]).toContain('no answer');
  expect(lines[1]).toContain('No gateway answers (connection refused).');
  expect(lines.join('\n')).toContain('90.0 % since start');
});

it('what cannot be read is a dash, and its pane says why', () => {
  const why = { why: 'The gateway answered with status 409: There is no ledger.' };
  const none = readings({
    history: openHistory(),
    metrics: { why: 'Metrics are off.' },
    health: why,
    questions: why,
  });
  const text = screen(openView(2000), 120, 24, plain, none).join('\n');
  for (const part of [
    'Metrics are off.',
    'No questions: The gateway answered with status 409',
    '– since start',
  ])
    expect(text).toContain(part);
});

it('a viewer, who is not shown texts, sees entries as the log names them', () => {
  const key = 'askonce:v1:aa:und:{1111222233334444456789abcdef}';
  const value = [{ key, hits: 1, language: '', category: '', model: '', lastAsked: '' }];
  const text = screen(openView(2000), 100, 24, plain, readings({ questions: { value } })).join('\n');
  expect(text).toContain('entry 456789abcdef');
});

it('errors of the gateway and of providers are counted together, and listed by code among the reasons', () => {
  const lines = screen({ ...openView(2000), pane: 'reasons' }, 100, 40);
  expect(lines.join('\n')).toContain('errors 2.00');
  const errors = lines.flatMap((line) => {
    const [, total, reason] = /(\d+) {2}error +(.*\S)/.exec(line) ?? [];
    return reason === undefined ? [] : [[reason, Number(total)]];
  });
  expect(Object.fromEntries(errors)).toEqual({
    store_failed: 10,
    'provider 5xx': 5,
    'provider provider_timeout': 3,
  });
  expect(screen(openView(2000), 100, 24, coloured).join('')).toContain('\u001b[31merrors 2.00');
});

it('plain output is a block with every pane that has rows, without control characters', () => {
  const block = plainBlock(figuresOf(readings(), url), now);
  for (const title of ['QUESTIONS', 'MODELS', 'REASONS', 'STORES', 'HEALTH']) expect(block).toContain(title);
  expect(block.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  expect(block).toMatch(/^2026-11-29T12:00:00\.000Z {2}http:\/\/127\.0\.0\.1:8787 {2}0\.1\.0 {2}degraded\n/);
});
