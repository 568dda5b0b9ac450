/**
 * What counts by the settings, by documented defaults, and for requests with state.
 */
import { describe, expect, it } from 'vitest';
import { chatRequest, identifierWith, identityOf, question } from '../../../../test/support/identify.ts';
import type { SettingsInput } from '../settings/table.ts';
import type { CacheRequest } from './request.ts';

const ask = chatRequest;
const said = (content: unknown, more: object = {}) =>
  ask({ model: 'm', messages: [{ role: 'user', content }], ...more });
const withHeaders = (headers: CacheRequest['headers']) =>
  ask(question, { headers: { authorization: 'Bearer one', ...headers } });

describe('settings of what counts', () => {
  const same = (one: CacheRequest, other: CacheRequest, settings: SettingsInput) =>
    identityOf(one, { settings }).key === identityOf(other, { settings }).key;

  it.each<[string, SettingsInput, CacheRequest, CacheRequest, boolean]>([
    [
      'an ignored field does not count',
      { ignoredFields: ['novelty'] },
      said('a', { novelty: 1 }),
      said('a'),
      true,
    ],
    [
      'an ignored header does not count',
      { ignoredHeaders: ['X-Nov*'] },
      withHeaders({ 'x-novelty': '1' }),
      withHeaders({}),
      true,
    ],
    [
      'ignoring headers never merges credentials',
      { ignoredHeaders: ['authorization', '*'] },
      ask(question),
      withHeaders({ authorization: 'Bearer two' }),
      false,
    ],
    [
      'a wider temperature step merges more',
      { temperatureStep: 1 },
      said('a', { temperature: 0.6 }),
      said('a', { temperature: 1.2 }),
      true,
    ],
    [
      'a narrow temperature step merges less',
      { temperatureStep: 0.001 },
      said('a', { temperature: 0.71 }),
      said('a', { temperature: 0.711 }),
      false,
    ],
    [
      'limits in buckets merge up to a power of two',
      { maxTokens: 'bucket' },
      said('a', { max_tokens: 513 }),
      said('a', { max_tokens: 1024 }),
      true,
    ],
    [
      'limits in two buckets differ',
      { maxTokens: 'bucket' },
      said('a', { max_tokens: 512 }),
      said('a', { max_tokens: 513 }),
      false,
    ],
    [
      'a limit of 0 has no bucket',
      { maxTokens: 'bucket' },
      said('a', { max_tokens: 0 }),
      said('a', { max_tokens: 1 }),
      false,
    ],
    [
      'exact limits differ by one',
      { maxTokens: 'exact' },
      said('a', { max_tokens: 513 }),
      said('a', { max_tokens: 514 }),
      false,
    ],
    [
      'no limit and a limit of null differ',
      { maxTokens: 'exact' },
      said('a', { max_tokens: null }),
      said('a'),
      false,
    ],
    [
      'masked text does not count',
      { masks: [{ pattern: '\\d{4}-\\d\\d-\\d\\d', replacement: 'DATE' }] },
      said('on 2026-11-21'),
      said('on 2026-11-22'),
      true,
    ],
    [
      'every occurrence is masked, in any case asked for',
      { masks: [{ pattern: 'id-[0-9a-f]+', flags: 'gi', replacement: '' }] },
      said('ID-1 id-2'),
      said('id-a ID-b'),
      true,
    ],
    [
      'masks apply one after another',
      {
        masks: [
          { pattern: 'a', replacement: 'b' },
          { pattern: 'b+', replacement: 'c' },
        ],
      },
      said('ab'),
      said('bb'),
      true,
    ],
    [
      'what no mask matches counts',
      { masks: [{ pattern: '\\d', replacement: '#' }] },
      said('a1'),
      said('b1'),
      false,
    ],
  ])('the settings of what counts: %s', (_what, settings, one, other, merged) => {
    expect(same(one, other, settings)).toBe(merged);
  });

  it('the hash function of long texts is a setting, and counts', () => {
    const keys = (['sha256', 'sha384', 'sha512'] as const).map(
      (hashAlgorithm) => identityOf(said('x'.repeat(2000)), { settings: { hashAlgorithm } }).key,
    );
    expect(new Set(keys).size).toBe(3);
  });

  it('a text at the threshold counts as it is, and one above it by its digest', () => {
    const keyAt = (length: number, textHashThreshold: number) =>
      identityOf(said('x'.repeat(length)), { settings: { textHashThreshold } }).fingerprint;
    expect(keyAt(100, 100)).toBe(keyAt(100, 1000));
    expect(keyAt(101, 100)).not.toBe(keyAt(101, 1000));
  });
});

describe('documented defaults', () => {
  const known = (more: object) => said('a', more);
  const tools = [{ type: 'function', function: { name: 'f' } }];
  it.each<[string, object, object, boolean]>([
    ['a field at its default is the same as one left out', { n: 1, presence_penalty: 0 }, {}, true],
    ['a field beside its default is not', { n: 2 }, {}, false],
    ['null is the same as left out where null is the default', { seed: null }, {}, true],
    ['null is not where it is not', { n: null }, {}, false],
    ['a sampling parameter at its default is', { temperature: 1 }, {}, true],
    ['one in the bucket of its default is', { temperature: 1.02 }, {}, true],
    ['one in another bucket is not', { temperature: 1.2 }, {}, false],
    ['a default that needs tools holds beside tools', { tools, tool_choice: 'auto' }, { tools }, true],
    ['a default that needs tools does not hold without', { tool_choice: 'auto' }, {}, false],
    ['nor beside an empty list of tools', { tools: [], tool_choice: 'auto' }, { tools: [] }, false],
    ['nor beside tools that are null', { tools: null, tool_choice: 'auto' }, { tools: null }, false],
  ])('with documented defaults (%s), that %j and %j share a key is %s', (_what, one, other, merged) => {
    const keyOf = (more: object) => identityOf({ ...known(more), knownDefaults: true }).key;
    expect(keyOf(one) === keyOf(other)).toBe(merged);
  });

  it('documented defaults count unless the upstream is known to have them', () => {
    expect(identityOf(known({ n: 1 })).key).not.toBe(identityOf(known({})).key);
  });
});

describe('requests with state', () => {
  const stateful = ask(
    { model: 'm', input: 'a', previous_response_id: 'r' },
    { protocol: 'openai-responses' },
  );
  it('requests with state bypass the cache', () => {
    expect(identifierWith()(stateful)).toEqual({ bypass: 'stateful' });
  });
  it('requests with state are answered from the cache if the settings allow it', () => {
    expect(identifierWith({ settings: { statefulRequests: true } })(stateful)).toHaveProperty('key');
  });
  it('requests with side effects, and those with neither, are answered from the cache if the settings allow it', () => {
    const identify = identifierWith({ settings: { statefulRequests: true } });
    const searching = { model: 'm', input: 'a', tools: [{ type: 'web_search' }] };
    expect(identifierWith()(ask(searching, { protocol: 'openai-responses' }))).toEqual({
      bypass: 'side-effects',
    });
    expect(identify(ask(searching, { protocol: 'openai-responses' }))).toHaveProperty('key');
    expect(identify(ask(question))).toHaveProperty('key');
  });
  it('the settings add to the tools, fields and models with side effects, and except from them', () => {
    const bypassOf = (body: object, settings = {}) => {
      const identified = identifierWith({ settings })(ask({ ...question, ...body }));
      return 'bypass' in identified ? identified.bypass : undefined;
    };
    const rows: [object, object, object][] = [
      [{ tools: [{ type: 'function', function: { name: 'lookup' } }] }, { sideEffectTools: ['look*'] }, {}],
      [{ rag: true }, { sideEffectFields: ['rag'] }, {}],
      [{ model: 'acme-live' }, { sideEffectModels: ['acme-*'] }, {}],
      [{ model: 'sonar-local' }, {}, { sideEffectExceptions: ['sonar-local'] }],
    ];
    for (const [body, on, off] of rows) {
      expect(bypassOf(body, on)).toBe('side-effects');
      expect(bypassOf(body, { ...on, statefulRequests: true })).toBeUndefined();
      expect(bypassOf(body, off)).toBeUndefined();
    }
  });
  it('a request without one meaning bypasses the cache in any case', () => {
    const request = ask('{"model":"m","input":"a","input":"b","background":true}', {
      protocol: 'openai-responses',
    });
    expect(identifierWith({ settings: { statefulRequests: true } })(request)).toEqual({
      bypass: 'unrepresentable',
    });
  });
});

it('a stored field names the values that are no content, and digests every other', () => {
  const fields = identityOf(said('a', { temperature: 0.7, logprobs: true, top_p: null, seed: 7 })).fields();
  expect(fields).toMatchObject({
    temperature: expect.stringMatching(/^~\d+$/),
    logprobs: 'true',
    top_p: 'null',
  });
  expect(fields['messages']).toMatch(/^[0-9a-f]{16}$/);
  expect(fields['seed']).toMatch(/^[0-9a-f]{16}$/);
});
