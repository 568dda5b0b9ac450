import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readEntry, type WarmDefaults } from './entry.ts';
import { modelFamilies } from './route.ts';

const anthropicVersion = '2026-10-21';
const defaults: WarmDefaults = { model: 'gpt-4o', anthropicVersion, familyOf: modelFamilies([]) };

function requestOf(entry: unknown, given: WarmDefaults = defaults) {
  const read = readEntry(entry, given);
  if ('fault' in read) throw new Error(read.fault);
  return { ...read.request, body: JSON.parse(read.request.body) };
}

function faultOf(entry: unknown, given: WarmDefaults = defaults): string {
  const read = readEntry(entry, given);
  return 'fault' in read ? read.fault : '';
}

describe('an entry', () => {
  it('a question with a system prompt is the chat that an application sends', () => {
    expect(
      requestOf({
        question: ' Open on Sunday? ',
        system: 'Be brief.',
        temperature: 0.2,
        request: { user: 'app' },
      }),
    ).toMatchObject({
      path: '/v1/chat/completions',
      protocol: 'openai-chat',
      headers: { 'content-type': 'application/json' },
      body: {
        model: 'gpt-4o',
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: ' Open on Sunday? ' },
        ],
        temperature: 0.2,
        user: 'app',
      },
    });
  });

  it('of a Claude model is a message, with the limit that Anthropic demands', () => {
    expect(requestOf({ model: 'claude-sonnet-4-5', question: 'Open?', system: 'Be brief.' })).toMatchObject({
      path: '/v1/messages',
      headers: { 'anthropic-version': '2026-10-21' },
      body: {
        model: 'claude-sonnet-4-5',
        max_tokens: 4096,
        system: 'Be brief.',
        messages: [{ role: 'user', content: 'Open?' }],
      },
    });
    expect(requestOf({ model: 'claude-sonnet-4-5', question: 'Open?', max_tokens: 50 }).body.max_tokens).toBe(
      50,
    );
  });

  it('asks the family of the provider that the settings name for the model', () => {
    const familyOf = modelFamilies([
      {
        name: 'proxy',
        protocol: 'openai',
        baseUrl: 'http://127.0.0.1:1',
        models: [{ prefix: 'claude-' }],
      },
      { name: 'own', protocol: 'anthropic', baseUrl: 'http://127.0.0.1:2', models: [{ name: 'mine' }] },
    ]);
    expect(requestOf({ model: 'claude-x', question: 'Open?' }, { anthropicVersion, familyOf }).protocol).toBe(
      'openai-chat',
    );
    expect(requestOf({ model: 'mine', question: 'Open?' }, { anthropicVersion, familyOf }).protocol).toBe(
      'anthropic-messages',
    );
  });

  it.each([
    ['openai-responses', { instructions: 'Be brief.', input: 'Open?' }, 'Be brief.'],
    ['/v1/embeddings', { input: 'Open?' }, undefined],
    ['openai-completions', { prompt: 'Open?' }, undefined],
  ])('on the route %s has the question where that route has it', (protocol, body, system) => {
    expect(requestOf({ protocol, question: 'Open?', ...(system && { system }) }).body).toEqual({
      model: 'gpt-4o',
      ...body,
    });
  });

  it('sends category, tags and callers as the headers that an application sends', () => {
    expect(
      requestOf({
        question: 'Open?',
        category: 'Hours',
        tags: ['Team=Support', 'faq', 'quote=a"b'],
        tenant: 'acme',
        user: 'ada',
        language: 'pt-BR',
        headers: { 'Askonce-Language': 'pt-BR' },
      }).headers,
    ).toEqual({
      'content-type': 'application/json',
      'askonce-category': 'Hours',
      'askonce-tags': 'team="Support", faq, quote="a\\"b"',
      'askonce-tenant': 'acme',
      'askonce-user': 'ada',
      'askonce-language': 'pt-BR',
    });
    expect(requestOf({ question: 'Open?', tags: 'faq; team=support' }).headers['askonce-tags']).toBe(
      'faq, team="support"',
    );
  });

  it('is asked as a body, which serves streams as well', () => {
    expect(
      requestOf({ question: 'Open?', stream: true, stream_options: { include_usage: true } }).body,
    ).toEqual({
      model: 'gpt-4o',
      messages: [{ role: 'user', content: 'Open?' }],
    });
  });

  it('reports fields that no request has, and leaves them out', () => {
    const read = readEntry({ question: 'Open?', faq_number: 7 }, defaults);
    expect(read).toMatchObject({ unknown: ['faq_number'] });
    expect(requestOf({ question: 'Open?', faq_number: 7 }).body).not.toHaveProperty('faq_number');
  });

  it.each([
    ['no object', 'text', /must be an object/],
    ['no question', { model: 'gpt-4o' }, /neither a question nor messages/],
    ['question and messages', { question: 'Open?', messages: [{ role: 'user', content: 'x' }] }, /or both/],
    ['a blank question', { question: ' \n' }, /^question: is empty/],
    ['a question that is too long', { question: 'x'.repeat(65_537) }, /^question: is over 65536 characters/],
    ['bytes that are not UTF-8', { question: 'Caf\ufffd?' }, /^question: has bytes that are not UTF-8/],
    [
      'a slip in a name',
      { question: 'Open?', temprature: 1 },
      /^temprature: is unknown; did you mean temperature\?/,
    ],
    ['an unknown protocol', { question: 'Open?', protocol: 'smtp' }, /^protocol: is no cached route/],
    [
      'a protocol and another path',
      { question: 'Open?', protocol: 'openai-chat', path: '/v1/messages' },
      /no cached route/,
    ],
    [
      'a category that no header can hold',
      { question: 'Open?', category: 'часы' },
      /^category: must be printable ASCII/,
    ],
    ['a tag without a name', { question: 'Open?', tags: ['=x'] }, /^tags/],
    [
      'a credential',
      { question: 'Open?', headers: { Authorization: 'Bearer x' } },
      /must not hold a credential/,
    ],
    [
      'two system prompts',
      { messages: [{ role: 'system', content: 'a' }], system: 'b' },
      /^system: the messages have/,
    ],
    [
      'a system prompt of an embedding',
      { protocol: 'openai-embeddings', question: 'a', system: 'b' },
      /no system prompt/,
    ],
    [
      'more than a request holds',
      { question: 'a', request: { stop: 'x'.repeat(262_144) } },
      /is over 262144 bytes/,
    ],
  ])('is wrong, and says why: %s', (_what, entry, fault) => {
    expect(faultOf(entry)).toMatch(fault);
  });

  it('needs a model, by itself or by the settings', () => {
    expect(faultOf({ question: 'Open?' }, { anthropicVersion, familyOf: modelFamilies([]) })).toMatch(
      /^model: is missing/,
    );
  });
});

it('the common questions of the repository are entries, in five languages', () => {
  const path = new URL('../../../../data/common-queries.json', import.meta.url);
  const entries: readonly {
    readonly language: string;
    readonly category: string;
    readonly tags: readonly string[];
  }[] = JSON.parse(readFileSync(path, 'utf8'));
  expect(entries.flatMap((entry) => (faultOf(entry) === '' ? [] : [[entry, faultOf(entry)]]))).toEqual([]);
  const languages = new Map<string, number>();
  for (const { language } of entries) languages.set(language, (languages.get(language) ?? 0) + 1);
  expect(Object.fromEntries(languages)).toEqual({ en: 12, ru: 12, es: 12, pt: 12, he: 12 });
  expect(entries.every(({ category, tags }) => category !== '' && tags.length > 0)).toBe(true);
  expect(new Set(entries.map((entry) => JSON.stringify(requestOf(entry).body))).size).toBe(entries.length);
});
