import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../json.ts';
import { anthropicMessages } from '../anthropic/protocol.ts';
import type { RequestLine } from '../contract.ts';
import { openaiChat } from '../openai/chat/protocol.ts';
import { openaiCompletions } from '../openai/completions/protocol.ts';
import { openaiResponses } from '../openai/responses/protocol.ts';
import { sideEffects } from './side-effects.ts';
import { fields, functionNames, models, toolKeys, toolTypes } from './table.ts';

const none = {
  sideEffectTools: [],
  sideEffectFields: [],
  sideEffectModels: [],
  sideEffectExceptions: [],
};

type Added = { readonly [Name in keyof typeof none]?: readonly string[] };

const messages = [{ role: 'user', content: 'What is new today?' }];
const readers = {
  chat: (body: JsonObject, line: RequestLine) => openaiChat.read({ model: 'm', messages, ...body }, line),
  responses: (body: JsonObject, line: RequestLine) =>
    openaiResponses.read({ model: 'm', input: 'What is new today?', ...body }, line),
  messages: (body: JsonObject, line: RequestLine) =>
    anthropicMessages.read({ model: 'm', max_tokens: 9, messages, ...body }, line),
  completions: (body: JsonObject, line: RequestLine) =>
    openaiCompletions.read({ model: 'm', prompt: 'Today', ...body }, line),
};
type Reader = keyof typeof readers;
const all: readonly Reader[] = ['chat', 'responses', 'messages', 'completions'];

function bypassOf(protocol: Reader, body: JsonObject, added: Added = {}): string | undefined {
  const rules = sideEffects({
    sideEffectTools: [...(added.sideEffectTools ?? [])],
    sideEffectFields: [...(added.sideEffectFields ?? [])],
    sideEffectModels: [...(added.sideEffectModels ?? [])],
    sideEffectExceptions: [...(added.sideEffectExceptions ?? [])],
  });
  const line = { route: '/', query: '', header: () => undefined, sideEffects: rules };
  return readers[protocol](body, line).bypass;
}

const bypasses = (body: JsonObject, added: Added = {}, protocol: Reader = 'chat') =>
  bypassOf(protocol, body, added) === 'side-effects';

/** A name that matches a pattern. */
const member = (pattern: string) => pattern.replaceAll('*', '3');

describe('the table of side effects', () => {
  it('every row of the table states a vendor and what happens, and no name comes twice', () => {
    for (const rows of [toolTypes, toolKeys, functionNames, fields, models]) {
      expect(rows.every(({ vendor, because }) => vendor !== '' && because.length > 5)).toBe(true);
      expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    }
  });

  it.each(toolTypes.map(({ name }) => member(name)))('a tool of the type %s acts at the provider', (type) => {
    for (const protocol of all)
      expect(bypassOf(protocol, { tools: [{ type, name: 'x' }] })).toBe('side-effects');
  });

  it.each(toolKeys.map(({ name }) => name))('a tool without a type that has the key %s acts', (key) => {
    for (const value of [{}, { x: 1 }, true, [{}]])
      expect(bypasses({ tools: [{ functionDeclarations: [{ name: 'f' }] }, { [key]: value }] })).toBe(true);
    expect(bypasses({ tools: [{ functionDeclarations: [{ name: 'f' }], [key]: {} }] })).toBe(true);
    expect(bypasses({ tools: [{ name: 'f', parameters: {}, [key]: null }] })).toBe(false);
  });

  it.each(functionNames.map(({ name }) => name))('the function %s acts, since a gateway runs it', (name) => {
    expect(bypasses({ tools: [{ type: 'function', function: { name } }] })).toBe(true);
    expect(bypasses({ tools: [{ name, input_schema: {} }] }, {}, 'messages')).toBe(true);
  });

  it.each(fields.map(({ name }) => name))('a request with the field %s bypasses the cache', (name) => {
    for (const protocol of all) {
      expect(bypassOf(protocol, { [name]: [{ any: true }] }) ?? 'none').toBe('side-effects');
      expect(bypassOf(protocol, { extra_body: { [name]: { any: true } } })).toBe('side-effects');
    }
  });

  it.each(fields.map(({ name }) => name))(
    'a request that switches the field %s off uses the cache',
    (name) => {
      for (const off of [null, false, [], '', 'off', { enable: false }, { enabled: false }, { mode: 'off' }])
        for (const protocol of ['chat', 'responses', 'completions'] as const)
          expect(bypassOf(protocol, { [name]: off })).toBeUndefined();
    },
  );

  it.each(models.map(({ name }) => member(name)))('a request to the model %s bypasses the cache', (model) => {
    for (const protocol of all) {
      for (const name of [model, model.toUpperCase(), `vendor/${model}`, `router/vendor/${model}`])
        expect(bypassOf(protocol, { model: name })).toBe('side-effects');
    }
  });
});

describe('a request that searches, browses or acts at the provider', () => {
  it.each([
    'openai/gpt-4o:online',
    'openai/gpt-oss-20b:free:online',
    'gpt-4o-mini:online/linkup-deep',
    'gpt-4o-search-preview',
    'gpt-4o-mini-search-preview-2025-03-11',
    'gpt-5-search-api',
    'o4-mini-deep-research-2025-06-26',
    'sonar',
    'sonar-reasoning-pro',
    'perplexity/sonar-pro-search',
    'perplexity/sonar:free',
    'llama-3.1-sonar-large-128k-online',
    'groq/compound-mini',
    'compound-beta',
    'jina-deepsearch-v1',
    'bot-20241114164326-xlcc9',
    'gpt-4o-mini,sonar',
    'glm-4-alltools',
    'openai/gpt-4o@preset/news',
  ])('the model %s bypasses the cache', (model) => {
    expect(bypasses({ model })).toBe(true);
  });

  it.each([
    'gpt-4o',
    'o3',
    'r1-1776',
    'perplexity/r1-1776',
    'llama-3.1-sonar-small-128k-chat',
    'llama-3.3-70b-versatile',
    'gemini-2.5-flash',
    'alibaba/tongyi-deepresearch-30b-a3b',
    'text-search-ada-doc-001',
    'deepseek-reasoner',
    'openai/gpt-oss-20b:free',
    'research-assistant',
    'example',
  ])('the model %s uses the cache', (model) => {
    expect(bypasses({ model })).toBe(false);
  });

  it.each<[string, readonly JsonValue[]]>([
    ['a built-in function', [{ type: 'builtin_function', function: { name: '$web_search' } }]],
    ['a function of Moonshot’s own', [{ type: 'function', function: { name: '$web_search' } }]],
    ['a tool below a function', [{ type: 'function', function: { name: 'f' } }, { googleSearch: {} }]],
    ['a tool of an unknown kind', [{ search_of_next_year: {} }]],
    ['a type of an unknown kind', [{ type: 'search_of_next_year' }]],
    ['a tool that is switched on', [{ type: 'web_search', web_search: { enable: true } }]],
  ])('%s acts at the provider', (_what, tools) => {
    expect(bypasses({ tools })).toBe(true);
    expect(bypasses({ extra_body: { tools } })).toBe(true);
    expect(bypasses({ extra_body: { google: { tools } } })).toBe(true);
  });

  it.each<[string, readonly JsonValue[]]>([
    ['a function named web_search', [{ type: 'function', function: { name: 'web_search' } }]],
    ['a function without a type', [{ function: { name: 'web_search' } }]],
    ['a function of Anthropic’s', [{ name: 'google_search', input_schema: {} }]],
    ['declared functions', [{ functionDeclarations: [{ name: 'f' }] }]],
    [
      'a tool that is switched off',
      [{ type: 'web_search', web_search: { enable: false, search_result: true } }],
    ],
    ['a tool without a type that is switched off', [{ name: 'f', googleSearch: null }]],
    ['nothing at all', []],
  ])('%s is the caller’s own and uses the cache', (_what, tools) => {
    expect(bypasses({ tools })).toBe(false);
  });

  it.each<[JsonObject]>([
    [{ web_search_options: { search_context_size: 'low' } }],
    [{ search_parameters: { mode: 'auto' } }],
    [{ search_options: { forced_search: true } }],
    [{ plugins: [{ id: 'web', enabled: false }, { id: 'file-parser' }] }],
    [{ features: { code_interpreter: false, web_search: true } }],
    [{ venice_parameters: { enable_web_search: 'auto' } }],
    [{ google: { grounding: {} } }],
    [{ models: ['openai/gpt-4o', 'perplexity/sonar'] }],
    [{ fallbacks: [{ model: 'gpt-4o:online' }] }],
  ])('a request with %j bypasses the cache', (body) => {
    expect(bypasses(body)).toBe(true);
  });

  it.each<[JsonObject]>([
    [{ search_parameters: { mode: 'off', sources: [{ type: 'web' }] } }],
    [{ enable_search: false, search_options: { forced_search: true } }],
    [{ web_search: { enable: false } }],
    [{ plugins: [{ id: 'web', enabled: false }] }],
    [{ features: { code_interpreter: false, web_search: false } }],
    [{ venice_parameters: { enable_web_search: 'off', include_venice_system_prompt: true } }],
    [{ google: { thinking_config: { include_thoughts: true } } }],
    [{ model: 'sonar', disable_search: true }],
    [{ models: ['openai/gpt-4o', 'openai/gpt-4o-mini'], fallbacks: 'none' }],
    [
      {
        metadata: { plugins: ['web'] },
        messages: [{ role: 'user', content: 'plugins', search_mode: 'web' }],
      },
    ],
  ])('a request with %j uses the cache', (body) => {
    expect(bypasses(body)).toBe(false);
  });

  it.each<[JsonValue]>([['web_search'], [7], [true], [null], [[]]])(
    'a tool that is no object (%j) acts, since what it does is not known',
    (tool) => {
      const rules = sideEffects(none);
      expect(rules({ tools: [tool] }, 'm', () => true)).toBe(true);
    },
  );

  it('carriers of fields are read to a bounded depth', () => {
    let body: JsonObject = { plugins: ['web'] };
    for (let depth = 0; depth < 3; depth += 1) body = { extra_body: body };
    expect(bypasses(body)).toBe(true);
    expect(bypasses({ extra_body: body })).toBe(false);
  });

  it('more models than are remembered are each decided right', () => {
    const rules = sideEffects(none);
    for (let n = 0; n < 2500; n += 1) {
      expect(rules({}, `model-${n}`, () => true)).toBe(false);
      expect(rules({}, `model-${n}:online`, () => true)).toBe(true);
    }
  });
});

describe('side effects by the settings', () => {
  it('a further tool is recognised by its type, its key or the name of its function', () => {
    const added = { sideEffectTools: ['lookup_*', 'custom'] };
    for (const tool of [
      { type: 'lookup_web' },
      { lookup_web: {} },
      { type: 'function', function: { name: 'lookup_web' } },
      { type: 'function', name: 'lookup_web' },
      { type: 'custom', custom: { name: 'g' } },
    ])
      expect(bypasses({ tools: [tool] }, added)).toBe(true);
    expect(bypasses({ tools: [{ type: 'function', function: { name: 'look' } }] }, added)).toBe(false);
    expect(bypasses({ tools: [{ type: 'function', name: 'lookup_web' }] }, added, 'responses')).toBe(true);
  });

  it('a further field is recognised, unless it is switched off', () => {
    const added = { sideEffectFields: ['rag'] };
    expect(bypasses({ rag: true }, added)).toBe(true);
    expect(bypasses({ extra_body: { rag: 'on' } }, added)).toBe(true);
    expect(bypasses({ rag: false }, added)).toBe(false);
    expect(bypasses({ rag: true })).toBe(false);
  });

  it('a further model is recognised by a pattern, whatever its case', () => {
    const added = { sideEffectModels: ['Acme-*-Live'] };
    expect(bypasses({ model: 'acme-7b-live' }, added)).toBe(true);
    expect(bypasses({ model: 'hub/ACME-7B-LIVE' }, added)).toBe(true);
    expect(bypasses({ model: 'acme-live' }, added)).toBe(false);
  });

  it('exceptions take tools, fields and models of the table out of use', () => {
    const added = {
      sideEffectExceptions: ['Sonar-local*', 'plugins', 'browser_*', 'googleSearch', 'my_tool'],
    };
    expect(bypasses({ model: 'sonar-local-7b' }, added)).toBe(false);
    expect(bypasses({ model: 'sonar-pro' }, added)).toBe(true);
    expect(bypasses({ plugins: ['x'] }, added)).toBe(false);
    expect(
      bypasses({ tools: [{ type: 'browser_search' }, { googleSearch: {} }, { my_tool: {} }] }, added),
    ).toBe(false);
    expect(bypasses({ tools: [{ type: 'web_search' }] }, added)).toBe(true);
  });
});
