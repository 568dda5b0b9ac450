import { describe, expect, it } from 'vitest';
import {
  chatRequest,
  identifierWith,
  identityOf,
  noon,
  outcomeOf,
  question,
} from '../../../../test/support/identify.ts';
import { shortKey } from './key.ts';
import type { CallerContext } from './request.ts';
import { resourceTag, tagDigester } from './tags.ts';

describe('a key', () => {
  it('a key is {prefix}:v1:PARTITION:LANG:{FINGERPRINT}, the last braces literal', () => {
    const { key, partition, fingerprint } = identityOf(
      chatRequest(question, { context: { language: 'pt-BR' } }),
    );
    expect(key).toBe(`askonce:v1:${partition}:pt-br:{${fingerprint}}`);
    expect(key).toMatch(/^askonce:v1:[0-9a-f]{32}:pt-br:\{[0-9a-f]{64}\}$/);
  });

  it('a key is shown as the last 12 characters of its fingerprint', () => {
    const { key, fingerprint } = identityOf(chatRequest(question));
    expect(shortKey(key)).toBe(fingerprint.slice(-12));
    expect(shortKey('no-key-of-ours')).toBe('-key-of-ours');
  });

  it('a key says und if no language is given', () => {
    expect(identityOf(chatRequest(question)).key).toMatch(/^askonce:v1:[0-9a-f]{32}:und:\{[0-9a-f]{64}\}$/);
  });

  it('a key begins with the prefix of the settings', () => {
    expect(identityOf(chatRequest(question), { settings: { cachePrefix: 'blue.2' } }).key).toMatch(
      /^blue\.2:v1:/,
    );
  });

  it('the fingerprint differs between partitions, so that a guessed prompt cannot be confirmed', () => {
    const [one, other] = ['one', 'two'].map((secret) =>
      identityOf(chatRequest(question), { secret: `${secret} secret of tests` }),
    );
    expect(one?.frame).toBe(other?.frame);
    expect(one?.fingerprint).not.toBe(other?.fingerprint);
  });

  it('another question has the same frame and another fingerprint', () => {
    const [one, other] = ['Where?', 'When?'].map((content) =>
      identityOf(chatRequest({ model: 'm', messages: [{ role: 'user', content }] })),
    );
    expect(one?.frame).toBe(other?.frame);
    expect(one?.fingerprint).not.toBe(other?.fingerprint);
  });
});

describe('a context', () => {
  const outcome = (context: CallerContext) => outcomeOf(identifierWith(), chatRequest(question, { context }));
  it.each<[string, CallerContext]>([
    ['a language that would break the key', { language: 'en:{x}' }],
    ['an empty language', { language: '' }],
    ['a language of nine letters', { language: 'abcdefghi' }],
    ['a tenant of 257 characters', { tenant: 't'.repeat(257) }],
    ['a user of 257 characters', { user: 'u'.repeat(257) }],
    ['a template of 257 characters', { template: { id: 't'.repeat(257) } }],
    ['a template version of 257 characters', { template: { id: 't', version: 'v'.repeat(257) } }],
    ['33 tags', { tags: Array.from({ length: 33 }, (_, index) => `t=${index}`) }],
    ['a tag of 129 bytes', { tags: ['a=b', `t=${'é'.repeat(63)}x`] }],
    ['an empty tag', { tags: [''] }],
  ])('a context is refused: %s', (_what, context) => {
    expect(outcome(context)).toBe('error invalid_request');
  });

  it.each<[string, CallerContext]>([
    [
      'at every limit',
      {
        tenant: 't'.repeat(256),
        template: { id: 't'.repeat(256) },
        language: 'zh-Hant-TW',
        tags: Array.from({ length: 32 }, (_, index) => `${index}=`.padEnd(128, 'x')),
      },
    ],
    ['without anything', {}],
    [
      'with undefined parts',
      { tenant: undefined, language: undefined, template: undefined, tags: undefined },
    ],
  ])('a context is accepted %s', (_what, context) => {
    expect(outcome(context)).toMatch(/^askonce:v1:/);
  });

  it('an invalid part of the context is refused by name, never by value', () => {
    expect(() =>
      identityOf(chatRequest(question, { context: { tags: ['a=b', `secret=${'x'.repeat(128)}`] } })),
    ).toThrow('tags[1]: expected 1 to 128 bytes');
    expect(() => identityOf(chatRequest(question, { context: { user: 'secret'.repeat(50) } }))).toThrow(
      'user: expected at most 256 characters',
    );
  });
});

describe('tags', () => {
  const tagsOf = (context: CallerContext, how = {}) =>
    identityOf(chatRequest({ ...question, user: 'body' }, { context }), how).tags();

  it('an object at a provider has a tag by its origin and its id', () => {
    expect(resourceTag('https://api.openai.com/v1', 'resp_1')).toBe('resource=https://api.openai.com/resp_1');
    expect(resourceTag('https://api.openai.com', 'resp_1')).toBe('resource=https://api.openai.com/resp_1');
    expect(resourceTag('local', 'resp_1')).toBe('resource=local/resp_1');
  });

  it('every part of a request that is given becomes a tag', () => {
    const context = {
      tenant: 't',
      user: 'u',
      session: 's',
      language: 'EN',
      template: { id: 'p', version: '2' },
      indexVersion: '3',
      character: 'c',
      locale: 'de_AT',
      category: 'pricing',
      tags: ['own=1', 'model=gpt-4o-mini'],
    };
    const settings = { engineVersion: 'e1', promptHash: 'ABCDEF0123456', dateBucket: 'week' } as const;
    expect(tagsOf(context, { settings, now: noon })).toEqual([
      'endpoint=/chat/completions',
      'model=gpt-4o-mini',
      'lang=en',
      'tenant=t',
      'user=u',
      'session=s',
      'category=pricing',
      'character=c',
      'locale=de_AT',
      'tmpl=p',
      'tmplv=2',
      'idxv=3',
      'engine=e1',
      'prompt=abcdef0123',
      'date=2026-W47',
      'own=1',
    ]);
  });

  it('the user in the body becomes a tag if the caller names none', () => {
    const settings = { detectLanguage: false };
    expect(tagsOf({}, { settings })).toEqual([
      'endpoint=/chat/completions',
      'model=gpt-4o-mini',
      'lang=und',
      'user=body',
    ]);
  });

  it('the value of a tag that is too long is replaced by its digest, and two such values stay distinct', () => {
    const [one = '', other = ''] = ['a', 'b'].map((end) => tagsOf({ tenant: 't'.repeat(255) + end })[3]);
    expect(one).toMatch(/^tenant=#[0-9a-f]{32}$/);
    expect(other).toMatch(/^tenant=#[0-9a-f]{32}$/);
    expect(one).not.toBe(other);
  });

  it('a tag of exactly 128 bytes stays as it is', () => {
    const tenant = 't'.repeat(128 - 'tenant='.length);
    expect(tagsOf({ tenant })).toContain(`tenant=${tenant}`);
  });

  it('categories have no case, also among the tags of a request’s own', () => {
    const tags = tagsOf({ category: 'Pricing', tags: ['category=VIP', 'team=A'] });
    expect(tags.slice(-3)).toEqual(['category=pricing', 'category=vip', 'team=A']);
  });

  it('stores get keyed digests of tags, the same each time and others under another secret', () => {
    const [digest, other] = ['one secret', 'another secret'].map(tagDigester);
    expect(digest?.('own=1')).toMatch(/^[0-9a-f]{20}$/);
    expect(digest?.('own=1')).toBe(digest?.('own=1'));
    expect(digest?.('own=1')).not.toBe(digest?.('own=2'));
    expect(digest?.('own=1')).not.toBe(other?.('own=1'));
  });
});
