import { describe, expect, it } from 'vitest';
import { commonHeaders, type HeaderRule, headerRules } from './headers.ts';
import { protocols } from './protocols.ts';

describe('what request headers mean', () => {
  const rule = headerRules(commonHeaders);
  it.each<[HeaderRule, readonly string[]]>([
    [
      'credential',
      [
        'authorization',
        'x-api-key',
        'api-key',
        'cookie',
        'openai-organization',
        'openai-project',
        'x-goog-api-key',
      ],
    ],
    [
      'ignored',
      [
        'accept',
        'user-agent',
        'content-type',
        'idempotency-key',
        'sec-fetch-site',
        'x-stainless-retry-count',
        'traceparent',
        'x-request-id',
      ],
    ],
    [
      'stripped',
      [
        'askonce-ttl',
        'askonce-',
        'cache-control',
        'host',
        'content-length',
        'connection',
        'keep-alive',
        'te',
        'trailer',
        'transfer-encoding',
        'upgrade',
        'proxy-authorization',
        'x-forwarded-for',
        'accept-encoding',
        'last-event-id',
      ],
    ],
    [
      'counts',
      [
        'anthropic-version',
        'anthropic-beta',
        'openai-beta',
        'content-encoding',
        'x-novelty',
        '',
        'askonce',
        'constructor',
        '__proto__',
      ],
    ],
  ])('%s: %o', (expected, names) => {
    for (const name of names) expect([name, rule(name)]).toEqual([name, expected]);
  });

  it.each(Object.values(protocols))(
    '$name keeps every credential apart and strips what askonce strips',
    ({ headers }) => {
      const own = headerRules(headers, commonHeaders);
      for (const [name, expected] of Object.entries(commonHeaders)) {
        if (expected === 'credential' || expected === 'stripped')
          expect([name, own(name)]).toEqual([name, expected]);
      }
    },
  );

  it('has names in lower case only', () => {
    const names = [commonHeaders, ...Object.values(protocols).map(({ headers }) => headers)].flatMap(
      (table) => Object.keys(table),
    );
    expect(names.filter((name) => name !== name.toLowerCase())).toEqual([]);
  });
});

describe('tables of header rules', () => {
  it('go before those behind them', () => {
    const rule = headerRules(
      { a: 'credential', 'b-*': 'credential' },
      { a: 'ignored', 'b-*': 'ignored', c: 'ignored' },
    );
    expect(['a', 'b-x', 'c', 'd'].map(rule)).toEqual(['credential', 'credential', 'ignored', 'counts']);
  });

  it('hold a whole name above a beginning, a longer beginning above a shorter one, in any order', () => {
    const table = { 'x-*': 'ignored', 'x-a-*': 'credential', 'x-a-b': 'stripped' } as const;
    for (const entries of [Object.entries(table), Object.entries(table).toReversed()]) {
      const rule = headerRules(Object.fromEntries(entries));
      expect(['x-a-b', 'x-a-c', 'x-c', 'x', 'x-'].map(rule)).toEqual([
        'stripped',
        'credential',
        'ignored',
        'counts',
        'ignored',
      ]);
    }
  });

  it('hold a star for every name', () => {
    expect(headerRules({ '*': 'ignored' })('anything')).toBe('ignored');
  });

  it('without any, everything counts', () => {
    expect(headerRules()('authorization')).toBe('counts');
  });
});
