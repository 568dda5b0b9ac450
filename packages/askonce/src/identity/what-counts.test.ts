/**
 * What of a request changes its key, and what does not.
 */
import { describe, expect, it } from 'vitest';
import { chatRequest, identityOf, question } from '../../../../test/support/identify.ts';
import type { SettingsInput } from '../settings/table.ts';
import type { CacheRequest } from './request.ts';

type Case = readonly [what: string, one: CacheRequest, other: CacheRequest];

const ask = chatRequest;
const said = (content: unknown, more: object = {}) =>
  ask({ model: 'm', messages: [{ role: 'user', content }], ...more });
const answering = (parameters: string) =>
  ask(
    `{"model":"m","messages":[],"tools":[{"type":"function","function":{"name":"f","parameters":${parameters}}}]}`,
  );
const url = (text: string) => said([{ type: 'image_url', image_url: { url: text } }]);
const withHeaders = (headers: CacheRequest['headers']) =>
  ask(question, { headers: { authorization: 'Bearer one', ...headers } });

describe('what does not change the answer does not change the key', () => {
  it.each<Case>([
    [
      'property order',
      ask('{"model":"m","messages":[],"seed":1}'),
      ask('{"seed":1,"messages":[],"model":"m"}'),
    ],
    [
      'property order inside messages',
      ask('{"model":"m","messages":[{"role":"user","content":"a"}]}'),
      ask('{"model":"m","messages":[{"content":"a","role":"user"}]}'),
    ],
    [
      'white space between tokens',
      ask('{"model":"m","messages":[]}'),
      ask(' {\n"model" : "m",\t"messages":[ ] } '),
    ],
    ['Unicode form of a message', said('caf\u00e9'), said('cafe\u0301')],
    [
      'Unicode form of a property name beside others',
      said('a', { logit_bias: { 'e\u0301': 1, f: 2 } }),
      said('a', { logit_bias: { '\u00e9': 1, f: 2 } }),
    ],
    [
      'the order of properties whose names have several Unicode forms',
      said('a', { logit_bias: { 'a\u0301': 1, 'e\u0301': 2, 'z\u0301': 3 } }),
      said('a', { logit_bias: { 'z\u0301': 3, 'e\u0301': 2, 'a\u0301': 1 } }),
    ],
    [
      'escapes in strings',
      ask('{"model":"m","messages":[{"role":"user","content":"A"}]}'),
      ask('{"model":"m","messages":[{"role":"user","content":"\\u0041"}]}'),
    ],
    ['outer white space of a message', said('a b'), said(' \n a b\t')],
    [
      'how a number is written',
      said('a', { seed: 1 }),
      ask('{"model":"m","messages":[{"role":"user","content":"a"}],"seed":1.0e0}'),
    ],
    ['the end user', said('a', { user: 'eve' }), said('a')],
    ['metadata', said('a', { metadata: { run: '7' } }), said('a')],
    ['the form', said('a', { stream: true, stream_options: { include_usage: true } }), said('a')],
    ['a limit on output tokens', said('a', { max_tokens: 5 }), said('a', { max_completion_tokens: 900 })],
    ['temperatures in one bucket', said('a', { temperature: 0.71 }), said('a', { temperature: 0.69 })],
    ['top_p in one bucket', said('a', { top_p: 0.9 }), said('a', { top_p: 0.91 })],
    ['an ignored header', withHeaders({ 'user-agent': 'x', 'x-stainless-lang': 'js' }), withHeaders({})],
    [
      'a header askonce keeps to itself',
      withHeaders({ 'cache-control': 'max-age=1', 'askonce-ttl': '5' }),
      withHeaders({}),
    ],
    [
      'the case of header names',
      ask(question, { headers: { Authorization: 'Bearer one' } }),
      withHeaders({}),
    ],
    [
      'the order of headers',
      withHeaders({ 'x-a': '1', 'x-b': '2', 'x-c': '3' }),
      withHeaders({ 'x-c': '3', 'x-b': '2', 'x-a': '1' }),
    ],
    [
      'how base64 is broken into lines',
      url('data:image/png;base64,AAEC\nAwQF'),
      url('data:image/png;base64,AAECAwQF'),
    ],
    [
      'where upstream ends and route begins',
      ask(question, { upstream: 'https://h/v1/chat', route: '/completions' }),
      ask(question, { upstream: 'https://h/v1', route: '/chat/completions' }),
    ],
    [
      'the case of the language',
      ask(question, { context: { language: 'pt-BR' } }),
      ask(question, { context: { language: 'PT-br' } }),
    ],
    ['text or bytes', ask(JSON.stringify(question)), ask(Buffer.from(JSON.stringify(question)))],
    [
      'what a category, tags or a confidence say',
      ask(question, { context: { category: 'pricing', tags: ['a=b'], confidence: 1 } }),
      ask(question),
    ],
  ])('the key stays the same: %s', (_what, one, other) => {
    expect(identityOf(one).key).toBe(identityOf(other).key);
  });
});

describe('what may change the answer changes the key', () => {
  it.each<Case>([
    [
      'what belongs to which of two names that are one in Unicode NFC',
      said('a', { logit_bias: { '\u00e9': 1, 'e\u0301': 2 } }),
      said('a', { logit_bias: { '\u00e9': 2, 'e\u0301': 1 } }),
    ],
    ['the model', ask({ ...question, model: 'n' }), ask(question)],
    [
      'order of messages',
      ask({ model: 'm', messages: question.messages }),
      ask({ model: 'm', messages: question.messages.toReversed() }),
    ],
    ['property order in a schema', answering('{"a":1,"b":2}'), answering('{"b":2,"a":1}')],
    [
      'property order deep in a schema',
      answering('{"a":[{"x":1,"y":2}]}'),
      answering('{"a":[{"y":2,"x":1}]}'),
    ],
    ['an unknown field', said('a', { novelty: 1 }), said('a')],
    ['an unknown field that is null', said('a', { novelty: null }), said('a')],
    ['an unknown header', withHeaders({ 'x-novelty': '1' }), withHeaders({})],
    ['the value of an unknown header', withHeaders({ 'x-novelty': '1' }), withHeaders({ 'x-novelty': '2' })],
    [
      'a header several times',
      withHeaders({ 'x-novelty': ['1', '2'] }),
      withHeaders({ 'x-novelty': ['12'] }),
    ],
    ['the query string', ask(question, { query: 'api-version=1' }), ask(question)],
    ['the route', ask(question, { route: '/other' }), ask(question)],
    ['the upstream', ask(question, { upstream: 'https://elsewhere/v1' }), ask(question)],
    ['inner white space', said('a  b'), said('a b')],
    ['upper case', said('A'), said('a')],
    ['a number and its text', said('a', { seed: 1 }), said('a', { seed: '1' })],
    ['temperatures in two buckets', said('a', { temperature: 0.7 }), said('a', { temperature: 0.8 })],
    [
      'property order in an unknown field called schema',
      said('a', { schema: { a: 1, b: 2 } }),
      said('a', { schema: { b: 2, a: 1 } }),
    ],
    [
      'temperatures without a bucket',
      said('a', { temperature: 1.7e308 }),
      said('a', { temperature: -1.7e308 }),
    ],
    ['temperatures that are none', said('a', { temperature: null }), said('a', { temperature: 0 })],
    ['a temperature and none', said('a', { temperature: 1 }), said('a')],
    ['bytes of inline media', url('data:image/png;base64,AAEC'), url('data:image/png;base64,AAED')],
    ['type of inline media', url('data:image/png;base64,AAEC'), url('data:image/jpeg;base64,AAEC')],
    ['media in no base64', url('data:image/png;base64,AAE*'), url('data:image/png;base64,AAE')],
    [
      'a lone last character of base64',
      url('data:image/png;base64,AAECA'),
      url('data:image/png;base64,AAEC'),
    ],
    ['the alphabet of base64', url('data:image/png;base64,AA-C'), url('data:image/png;base64,AA+C')],
    ['the URL of media', url('https://h/1.png'), url('https://h/2.png')],
    ['Unicode form of a URL', url('https://h/caf\u00e9'), url('https://h/cafe\u0301')],
    ['a long text at its end', said('x'.repeat(5000)), said(`${'x'.repeat(4999)}y`)],
    ['a limit that is none (-1)', said('a', { max_tokens: -1 }), said('a')],
  ])('the key changes: %s', (_what, one, other) => {
    expect(identityOf(one).key).not.toBe(identityOf(other).key);
  });
});

describe('the options of a stream', () => {
  const streamed = (options?: unknown, protocol: CacheRequest['protocol'] = 'openai-chat') =>
    ask({ model: 'm', messages: [], stream: true, stream_options: options }, { protocol });
  const both = ['openai-chat', 'openai-responses'] as const;

  it.each<[string, unknown]>([
    ['none', {}],
    ['null', null],
    ['usage', { include_usage: true }],
    ['usage without padding', { include_usage: true, include_obfuscation: false }],
    ['no usage in each chunk', { include_usage: true, chunk_include_usage: false }],
    ['null for an option that is known', { continuous_usage_stats: null, chunk_include_usage: null }],
  ])('options that change only the form do not change the key: %s', (_what, options) => {
    expect(identityOf(streamed(options)).key).toBe(identityOf(streamed()).key);
  });

  it.each<[string, unknown]>([
    ['usage in each chunk', { continuous_usage_stats: true }],
    ['no usage in each chunk, where the default is unknown', { continuous_usage_stats: false }],
    ['usage in each chunk of Volcengine', { include_usage: true, chunk_include_usage: true }],
    ['an unknown option', { include_usage: true, novelty: 1 }],
    ['an unknown option that is null', { novelty: null }],
    ['an unknown option with the name of a property of all objects', { constructor: true }],
  ])('options that make another answer or cannot be converted change the key: %s', (_what, options) => {
    expect(identityOf(streamed(options)).key).not.toBe(identityOf(streamed()).key);
  });

  it('an unknown option counts by its name and value alone', () => {
    const [one, other] = [
      { a: 1, include_usage: true, b: 2 },
      { b: 2, a: 1 },
    ];
    expect(identityOf(streamed(one)).key).toBe(identityOf(streamed(other)).key);
    expect(identityOf(streamed({ a: 1 })).key).not.toBe(identityOf(streamed({ a: 2 })).key);
  });

  it.each(both)('padding is a form of %s', (protocol) => {
    const bare = identityOf(streamed({ include_obfuscation: false }, protocol));
    expect(bare.form).toBe('stream+unpadded');
    expect(bare.key).toBe(identityOf(streamed({ include_obfuscation: true }, protocol)).key);
  });

  it('usage is no option of the Responses API, whose streams always report it', () => {
    const asked = identityOf(streamed({ include_usage: true }, 'openai-responses'));
    expect(asked.form).toBe('stream');
    expect(asked.key).not.toBe(identityOf(streamed(undefined, 'openai-responses')).key);
  });

  it('options that are no object count as they are', () => {
    const odd = identityOf(streamed('all', 'openai-responses'));
    expect(odd.key).not.toBe(identityOf(streamed(undefined, 'openai-responses')).key);
  });
});

describe('structured payloads', () => {
  const profile = (input: unknown) => ask({ name: 'f', input }, { protocol: 'function' });
  const settings: SettingsInput = {
    percentagePaths: ['match', 'scores.*', 'list.*.share'],
    percentageStep: 0.5,
  };
  it.each<[string, unknown, unknown, boolean]>([
    ['nulls are dropped at every depth', { a: 1, b: null, c: { d: null } }, { a: 1, c: {} }, true],
    ['a null in a list has its place', { a: [null, 1] }, { a: [1] }, false],
    ['property order never counts', { a: 1, b: { c: 1, d: 2 } }, { b: { d: 2, c: 1 }, a: 1 }, true],
    ['order of lists counts', { a: [1, 2] }, { a: [2, 1] }, false],
    ['percentages count in steps', { match: 84.9 }, { match: 85.1 }, true],
    ['percentages of two steps differ', { match: 85 }, { match: 85.5 }, false],
    ['any name below a star', { scores: { x: 10.1 } }, { scores: { x: 10 } }, true],
    ['items of a list below a star', { list: [{ share: 1.1 }] }, { list: [{ share: 1 }] }, true],
    ['other paths count as they are', { other: 84.9 }, { other: 85.1 }, false],
    ['deeper paths count as they are', { match: { x: 84.9 } }, { match: { x: 85.1 } }, false],
    ['a percentage that is a text counts as it is', { match: '85' }, { match: 85 }, false],
    ['what is too big for steps counts as it is', { match: 1.7e308 }, { match: -1.7e308 }, false],
    ['a payload that is no object', 'text', ['text'], false],
    ['texts count in their Unicode form', { name: 'caf\u00e9' }, { name: 'cafe\u0301' }, false],
    ['so do names of properties', { 'caf\u00e9': true }, { 'cafe\u0301': true }, false],
    [
      'names that are alike in Unicode NFC are two properties',
      { '\u00e9': 1, 'e\u0301': 2 },
      { '\u00e9': 2, 'e\u0301': 1 },
      false,
    ],
  ])('a structured payload: %s', (_what, one, other, merged) => {
    expect(identityOf(profile(one), { settings }).key === identityOf(profile(other), { settings }).key).toBe(
      merged,
    );
  });
});

describe('a ceiling', () => {
  it.each<[object, number | undefined]>([
    [{ max_tokens: 100 }, 100],
    [{ max_tokens: 0 }, 0],
    [{ max_tokens: -1 }, undefined],
    [{}, undefined],
  ])('the ceiling of %o is reported as %s', (more, ceiling) => {
    expect(identityOf(said('a', more)).ceiling).toBe(ceiling);
  });
});
