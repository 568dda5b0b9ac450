import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chatRequest,
  type Identifying,
  identifierWith,
  identityOf,
  noon,
  question,
} from '../../../../test/support/identify.ts';
import type { SettingsInput } from '../settings/table.ts';
import { dateBucket, type PartitionParts, partitionDigester } from './partition.ts';
import type { CacheRequest, CallerContext } from './request.ts';

const digest = partitionDigester('a secret of tests');
const none: PartitionParts = {
  upstream: '',
  route: '',
  protocol: '',
  subject: '',
  credential: undefined,
  account: undefined,
  tenant: undefined,
  user: undefined,
  session: undefined,
  language: undefined,
  template: undefined,
  templateVersion: undefined,
  indexVersion: undefined,
  date: undefined,
  engineVersion: undefined,
  promptHash: undefined,
};
const names = [
  'upstream',
  'protocol',
  'subject',
  'credential',
  'account',
  'tenant',
  'user',
  'session',
  'language',
  'template',
  'templateVersion',
  'indexVersion',
  'date',
  'engineVersion',
  'promptHash',
] as const;

describe('every part is a wall', () => {
  it.each(names)('a part of the partition is a wall: %s', (name) => {
    const digests = ['a', 'b', '', 'a|b'].map((value) => digest({ ...none, [name]: value }));
    if (none[name] === undefined) digests.push(digest(none));
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('no part of a partition can pass for its neighbour', () => {
    const value = fc.option(
      fc.constantFrom(
        '',
        'a',
        'b',
        'ab',
        'a|b',
        '|',
        '"',
        '","',
        'a","b',
        '\\',
        'null',
        '\n',
        '\ud800',
        '\ufffd',
      ),
      { nil: undefined },
    );
    const parts = fc.record(
      Object.fromEntries(
        names.map((name) => [name, none[name] === '' ? value.map((text) => text ?? '') : value]),
      ),
    );
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        const same = names.every((name) => one[name] === other[name]);
        expect(digest({ ...none, ...one }) === digest({ ...none, ...other })).toBe(same);
      }),
      { numRuns: 5000 },
    );
  });

  it('two neighbouring parts that cut one text differently are two partitions', () => {
    const cuts = names.flatMap((name, index) => {
      const next = names[index + 1];
      if (next === undefined) return [];
      return [
        ['a|b', 'c'],
        ['a', 'b|c'],
        ['a","b', 'c'],
        ['a', 'b","c'],
        ['abc', ''],
      ].map(([one, two]) => digest({ ...none, [name]: one, [next]: two }));
    });
    expect(new Set(cuts).size).toBe(cuts.length);
  });

  it('a partition is known only by a digest under the secret', () => {
    const parts = { ...none, tenant: 'acme' };
    expect(digest(parts)).toMatch(/^[0-9a-f]{32}$/);
    expect(partitionDigester('another secret of tests')(parts)).not.toBe(digest(parts));
    expect(partitionDigester('a secret of tests')(parts)).toBe(digest(parts));
  });
});

describe('a request is walled in by what it says', () => {
  const partition = (context: CallerContext, how: Identifying = {}, more: Partial<CacheRequest> = {}) =>
    identityOf(chatRequest(question, { context, ...more }), how).partition;

  it.each<[string, CallerContext, CallerContext]>([
    ['tenant', { tenant: 'a' }, { tenant: 'b' }],
    ['user', { user: 'a' }, { user: 'b' }],
    ['session', { session: 'a' }, { session: 'b' }],
    ['language', { language: 'en' }, { language: 'de' }],
    ['no language', { language: 'und' }, {}],
    ['template', { template: { id: 'a' } }, { template: { id: 'b' } }],
    [
      'version of a template',
      { template: { id: 'a', version: '1' } },
      { template: { id: 'a', version: '2' } },
    ],
    ['template and its version', { template: { id: 'a|b' } }, { template: { id: 'a', version: 'b' } }],
    ['index version', { indexVersion: '1' }, { indexVersion: '2' }],
    ['tenant and user', { tenant: 'a' }, { user: 'a' }],
    ['user and session', { user: 'a', session: 'b' }, { user: 'b', session: 'a' }],
  ])('a request is separated by its %s', (_what, one, other) => {
    expect(partition(one)).not.toBe(partition(other));
  });

  it.each<[string, Identifying, Identifying]>([
    ['engine version', { settings: { engineVersion: '1' } }, { settings: { engineVersion: '2' } }],
    ['engine version or none', { settings: { engineVersion: '1' } }, {}],
    ['prompt hash', { settings: { promptHash: 'abcdef0123' } }, { settings: { promptHash: 'abcdef0124' } }],
    ['day', { settings: { dateBucket: 'day' } }, { settings: { dateBucket: 'day' }, now: noon + 86_400_000 }],
    ['secret', {}, { secret: 'another secret of tests' }],
  ])('a request is separated by the %s of the settings', (_what, one, other) => {
    expect(partition({}, one)).not.toBe(partition({}, other));
  });

  it('the first ten digits of the prompt hash, in lower case, are part of the partition', () => {
    const of = (promptHash: string) => partition({}, { settings: { promptHash } });
    expect(of('ABCDEF0123ff')).toBe(of('abcdef012300'));
  });

  it.each<[string, CacheRequest['headers'], CacheRequest['headers'], boolean]>([
    ['Authorization', { authorization: 'Bearer a' }, { authorization: 'Bearer b' }, false],
    ['x-api-key', { 'x-api-key': 'a' }, { 'x-api-key': 'b' }, false],
    ['api-key', { 'api-key': 'a' }, { 'api-key': 'b' }, false],
    ['cookies', { cookie: 'a' }, { cookie: 'b' }, false],
    [
      'organisation',
      { authorization: 'a', 'openai-organization': 'x' },
      { authorization: 'a', 'openai-organization': 'y' },
      false,
    ],
    ['project', { authorization: 'a', 'openai-project': 'x' }, { authorization: 'a' }, false],
    ['the header that names it', { authorization: 'a' }, { 'x-api-key': 'a' }, false],
    [
      'what is in one header and what in two',
      { authorization: 'a', 'x-api-key': 'b' },
      { authorization: 'ab' },
      false,
    ],
    ['a list and a text', { authorization: ['a', 'b'] }, { authorization: 'a, b' }, false],
    ['two lists', { authorization: ['a', 'b'] }, { authorization: ['ab'] }, false],
    ['a lone surrogate', { authorization: '\ud800' }, { authorization: '\ufffd' }, false],
    ['none and an empty one', {}, { authorization: '' }, false],
    [
      'three in any order',
      { authorization: 'a', 'openai-project': 'b', 'openai-organization': 'c' },
      { 'openai-organization': 'c', 'openai-project': 'b', authorization: 'a' },
      true,
    ],
    ['one not given', { authorization: 'a', 'x-api-key': undefined }, { authorization: 'a' }, true],
    ['a header that counts', { authorization: 'a', 'x-novelty': '1' }, { authorization: 'a' }, true],
  ])('a request is separated by its credential: %s', (_what, one, other, same) => {
    const [first, second] = [one, other].map((headers) => identityOf(chatRequest(question, { headers })));
    expect(first?.partition === second?.partition).toBe(same);
    expect(first?.credential === second?.credential).toBe(same);
  });

  it('no credential is in any part of an identity', () => {
    const identity = identityOf(
      chatRequest(question, {
        headers: { authorization: 'Bearer sk-very-secret', 'x-goog-api-key': 'very-secret' },
      }),
    );
    expect(JSON.stringify([identity, identity.tags(), identity.fields()])).not.toContain('very-secret');
  });
});

describe('the scope', () => {
  const credentials = ['Bearer a', 'Bearer b'];
  const partitions = (settings: SettingsInput, context: CallerContext = {}, body: object = question) =>
    new Set(
      credentials.map(
        (authorization) =>
          identityOf(chatRequest(body, { context, headers: { authorization } }), { settings }).partition,
      ),
    ).size;
  const picture = {
    model: 'm',
    messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://h/a.png' } }] }],
  };
  const inline = {
    model: 'm',
    messages: [
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAEC' } }] },
    ],
  };

  it.each<[string, SettingsInput, CallerContext, object, number]>([
    ['shared is one for all credentials', { scope: 'shared' }, {}, question, 1],
    ['shared keeps media references with their credential', { scope: 'shared' }, {}, picture, 2],
    ['shared shares inline media', { scope: 'shared' }, {}, inline, 1],
    ['tenant is one a credential', { scope: 'tenant' }, {}, question, 2],
    ['tenant never lets a named tenant span credentials', { scope: 'tenant' }, { tenant: 't' }, question, 2],
    ['user stays within the credential', { scope: 'user' }, { user: 'u' }, question, 2],
    ['session stays within the credential', { scope: 'session' }, { session: 's' }, question, 2],
  ])('the scope of a request: %s', (_what, settings, context, body, count) => {
    expect(partitions(settings, context, body)).toBe(count);
  });

  it.each<[string, CallerContext, object, number]>([
    ['do not share what a request refers to', {}, picture, 2],
    ['share text', {}, question, 1],
    ['share inline media', {}, inline, 1],
    ['share what a request of one tenant refers to', { tenant: 't' }, picture, 1],
    ['share what a request of one user refers to', { user: 'u' }, picture, 1],
    ['do not share what a request with an empty tenant refers to', { tenant: '' }, picture, 2],
    ['do not share what a request with an empty user refers to', { user: '' }, picture, 2],
  ])('two accounts whose credentials are hidden %s', (_what, context, body, count) => {
    const partitions = ['a', 'b'].map(
      (account) => identityOf(chatRequest(body, { context, account })).partition,
    );
    expect(new Set(partitions).size).toBe(count);
  });

  it.each<[string, SettingsInput, CallerContext, object, string | undefined]>([
    ['a user scope without a user', { scope: 'user' }, {}, question, 'no-user'],
    ['a user scope with an empty user', { scope: 'user' }, { user: '' }, question, 'no-user'],
    ['a session scope without a session', { scope: 'session' }, { user: 'u' }, question, 'no-user'],
    ['a session scope with a session', { scope: 'session' }, { session: 's' }, question, undefined],
    ['a user scope with a user in the body', { scope: 'user' }, {}, { ...question, user: 'u' }, undefined],
    ['a sensitive request', { scope: 'shared' }, { sensitive: true }, question, 'sensitive'],
  ])(
    'with %s (settings %j, context %j, body %j) the reason to bypass the cache is %s',
    (_what, settings, context, body, bypass) => {
      const identified = identifierWith({ settings })(chatRequest(body, { context }));
      expect('bypass' in identified ? identified.bypass : undefined).toBe(bypass);
    },
  );

  it("the scope `user` separates by the caller's user, else by that of the body", () => {
    const of = (user: string, context: CallerContext = {}) =>
      identityOf(chatRequest({ ...question, user }, { context }), { settings: { scope: 'user' } }).partition;
    expect(of('a')).not.toBe(of('b'));
    expect(of('a', { user: 'c' })).toBe(of('b', { user: 'c' }));
  });

  it('other scopes do not separate by the user in the body, and still report it', () => {
    const [one, other] = ['a', 'b'].map((user) => identityOf(chatRequest({ ...question, user })));
    expect(one?.partition).toBe(other?.partition);
    expect([one?.user, other?.user]).toEqual(['a', 'b']);
  });

  it('a request with media has no semantic text', () => {
    for (const body of [picture, inline]) expect(identityOf(chatRequest(body)).semanticText).toBeUndefined();
    expect(identityOf(chatRequest(question)).semanticText).toBe('Where should I go in May?');
  });

  it('a text longer than any embedder accepts is no semantic text', () => {
    const long = (length: number) =>
      identityOf(chatRequest({ model: 'm', messages: [{ role: 'user', content: 'a'.repeat(length) }] }));
    expect(long(262_144).semanticText).toHaveLength(262_144);
    expect(long(262_145).semanticText).toBeUndefined();
  });
});

describe('the date as a part', () => {
  it.each<[string, 'off' | 'day' | 'week' | 'month', string | undefined]>([
    ['2026-11-21T12:00:00Z', 'off', undefined],
    ['2026-11-21T23:59:59.999Z', 'day', '2026-11-21'],
    ['2026-11-22T00:00:00Z', 'day', '2026-11-22'],
    ['2026-11-21T12:00:00Z', 'month', '2026-11'],
    ['2026-11-21T12:00:00Z', 'week', '2026-W47'],
    ['2026-11-22T23:59:59Z', 'week', '2026-W47'],
    ['2026-11-23T00:00:00Z', 'week', '2026-W48'],
    ['2026-01-01T00:00:00Z', 'week', '2026-W01'],
    ['2025-12-28T23:59:59Z', 'week', '2025-W52'],
    ['2025-12-29T00:00:00Z', 'week', '2026-W01'],
    ['2021-01-03T23:59:59Z', 'week', '2020-W53'],
    ['2021-01-04T00:00:00Z', 'week', '2021-W01'],
    ['2023-01-01T12:00:00Z', 'week', '2022-W52'],
    ['2024-12-30T12:00:00Z', 'week', '2025-W01'],
    ['2026-12-31T12:00:00Z', 'week', '2026-W53'],
    ['2027-01-03T12:00:00Z', 'week', '2026-W53'],
  ])('the date %s by %s is %s', (instant, bucket, expected) => {
    expect(dateBucket(bucket, Date.parse(instant))).toBe(expected);
  });

  it('weeks of the date part have seven days and begin on Mondays', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40_000 }), (days) => {
        const [today, tomorrow] = [days, days + 1].map((day) => dateBucket('week', day * 86_400_000));
        expect(today !== tomorrow).toBe(new Date((days + 1) * 86_400_000).getUTCDay() === 1);
      }),
    );
  });
});
