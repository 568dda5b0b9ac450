import { describe, expect, it } from 'vitest';
import { everyProtocol } from '../../../../test/support/every-protocol.ts';
import { commonHeaders, type HeaderRule, headerRules } from './headers.ts';

describe('rules for request headers', () => {
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
  ])('the rule %s applies to %o', (expected, names) => {
    for (const name of names) expect([name, rule(name)]).toEqual([name, expected]);
  });

  it.each(Object.values(everyProtocol))(
    '$name never weakens the rule of a credential or of a stripped header',
    ({ headers }) => {
      const own = headerRules(headers, commonHeaders);
      for (const [name, expected] of Object.entries(commonHeaders)) {
        if (expected === 'credential' || expected === 'stripped')
          expect([name, own(name)]).toEqual([name, expected]);
      }
    },
  );

  it('every header name in the tables is in lower case', () => {
    const names = [commonHeaders, ...Object.values(everyProtocol).map(({ headers }) => headers)].flatMap(
      (table) => Object.keys(table),
    );
    expect(names.filter((name) => name !== name.toLowerCase())).toEqual([]);
  });
});

describe('tables of header rules', () => {
  it('an earlier table of header rules takes precedence', () => {
    const rule = headerRules(
      { a: 'credential', 'b-*': 'credential' },
      { a: 'ignored', 'b-*': 'ignored', c: 'ignored' },
    );
    expect(['a', 'b-x', 'c', 'd'].map(rule)).toEqual(['credential', 'credential', 'ignored', 'counts']);
  });

  it('a whole header name takes precedence over a prefix, and a longer prefix over a shorter one', () => {
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

  it('a star matches every header name', () => {
    expect(headerRules({ '*': 'ignored' })('anything')).toBe('ignored');
  });

  it('without a table every header counts', () => {
    expect(headerRules()('authorization')).toBe('counts');
  });
});
