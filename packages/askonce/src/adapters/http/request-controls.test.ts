import { describe, expect, it } from 'vitest';
import { AskonceError } from '../../errors.ts';
import { readControls } from './request-controls.ts';

const everyHeader = {
  'askonce-ttl': '3600',
  'askonce-stale-after': '60',
  'askonce-category': 'pricing',
  'askonce-language': 'pt-br',
  'askonce-user': 'u-1',
  'askonce-session': 's-1',
  'askonce-template': 'greeting@3',
  'askonce-index-version': '2026-11',
  'askonce-tenant': 'acme',
  'askonce-character': 'wizard',
  'askonce-locale': 'pt-BR',
  'askonce-tags': 'team=search, release="2026-11", beta, n=3',
  'askonce-sensitive': 'off',
  'askonce-event-ids': 'on',
  'askonce-confidence': '0.85',
  'askonce-semantic': 'max-error=0.005, question',
  'cache-control': 'max-age=5',
  'last-event-id': 'rec:7',
};

it('every control header becomes its part of context and directives', () => {
  expect(readControls(everyHeader, true)).toEqual({
    context: {
      tenant: 'acme',
      user: 'u-1',
      session: 's-1',
      language: 'pt-BR',
      template: { id: 'greeting', version: '3' },
      indexVersion: '2026-11',
      character: 'wizard',
      locale: 'pt-BR',
      category: 'pricing',
      tags: ['team=search', 'release=2026-11', 'beta=true', 'n=3'],
      sensitive: false,
      confidence: 0.85,
    },
    directives: {
      ttl: 3600,
      staleAfter: 60,
      eventIds: true,
      semantic: { maxErrorRate: 0.005, question: true },
      maxAge: 5,
      lastEventId: 'rec:7',
    },
  });
});

it('from untrusted callers only the harmless control headers are read, and the others are not even parsed', () => {
  const cacheStatus = readControls(
    { ...everyHeader, 'askonce-ttl': 'nonsense', 'askonce-sensitive': 'on' },
    false,
  );
  expect(cacheStatus).toEqual({
    context: { sensitive: true },
    directives: { eventIds: true, semantic: { maxErrorRate: 0.005 }, maxAge: 5, lastEventId: 'rec:7' },
  });
});

it('a request that warms is an ordinary one from an untrusted caller: a look takes only what is stored', () => {
  const directives = (mode: string, trusted: boolean) =>
    readControls({ 'askonce-warm': mode }, trusted, 'ignore').directives;
  expect(directives('look', false)).toEqual({ onlyIfCached: true });
  expect(directives('ask', false)).toEqual({});
  expect(directives('look', true)).toEqual({ warm: 'look' });
  expect(() => directives('please', false)).toThrow(/Askonce-Warm/i);
});

it('a request without control headers has an empty context and no directives', () => {
  expect(readControls({ host: 'localhost', authorization: 'Bearer x' }, true)).toEqual({
    context: {},
    directives: {},
  });
});

describe('a header that is wrong', () => {
  const wrong: readonly (readonly [string, string])[] = [
    ['askonce-ttl', '0'],
    ['askonce-ttl', '-1'],
    ['askonce-ttl', '1.5'],
    ['askonce-ttl', '60, 60'],
    ['askonce-ttl', ''],
    ['askonce-stale-after', 'soon'],
    ['askonce-category', ' '],
    ['askonce-category', 'c'.repeat(65)],
    ['askonce-language', 'not a tag'],
    ['askonce-language', 'e'],
    ['askonce-user', 'u'.repeat(257)],
    ['askonce-template', 'a@b@c'],
    ['askonce-template', '@3'],
    ['askonce-tags', 'Team=x'],
    ['askonce-tags', 'a=(1 2)'],
    ['askonce-tags', 'a=:YQ==:'],
    ['askonce-tags', `a="${'x'.repeat(127)}"`],
    ['askonce-tags', Array.from({ length: 33 }, (_, index) => `t${index}`).join(',')],
    ['askonce-sensitive', 'maybe'],
    ['askonce-event-ids', '2'],
    ['askonce-confidence', '1.1'],
    ['askonce-confidence', 'high'],
    ['askonce-semantic', ''],
    ['askonce-semantic', 'of'],
    ['askonce-semantic', 'off=1'],
    ['askonce-semantic', 'off question'],
    ['askonce-semantic', 'max-error=?1'],
    ['askonce-semantic', 'max-error=1.5'],
    ['askonce-semantic', 'max-error=-0.1'],
    ['askonce-semantic', 'max-error=0.0005'],
    ['askonce-semantic', 'max-error="0.5"'],
    ['askonce-semantic', 'question=("a" "b")'],
  ];

  it.each(wrong)(
    'the control header %s with %j is refused by its name, without quoting its value',
    (name, value) => {
      let thrown: unknown;
      try {
        readControls({ [name]: value }, true);
      } catch (error) {
        thrown = error;
      }
      expect(AskonceError.isInstance(thrown)).toBe(true);
      expect(thrown).toMatchObject({ code: 'invalid_request', status: 400 });
      const message = thrown instanceof Error ? thrown.message : '';
      expect(message.toLowerCase()).toContain(`the header ${name} is wrong`);
      expect(value.length > 3 && message.includes(value)).toBe(false);
    },
  );

  it('control headers at their limits are accepted', () => {
    const tags = Array.from({ length: 32 }, (_, index) => `t${index}`).join(',');
    const cacheStatus = readControls(
      { 'askonce-tags': tags, 'askonce-user': 'u'.repeat(256), 'askonce-confidence': '1' },
      true,
    );
    expect(cacheStatus.context.tags).toHaveLength(32);
    expect(cacheStatus.context.user).toHaveLength(256);
    expect(readControls({ 'askonce-tags': `a="${'x'.repeat(126)}"` }, true).context.tags).toEqual([
      `a=${'x'.repeat(126)}`,
    ]);
  });
});
