import { describe, expect, it } from 'vitest';
import type { Recording } from '../entry/entry.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import type { Protocol } from '../protocol/contract.ts';
import { protocols } from '../protocol/protocols.ts';
import { notAsAsked } from './wanted-json.ts';

const schema = {
  type: 'object',
  properties: { city: { type: 'string' }, size: { type: 'integer', minimum: 0 } },
  required: ['city'],
  additionalProperties: false,
} as const;

const bodyOf = (value: unknown): Recording => ({
  form: 'body',
  status: 200,
  headers: {},
  body: Buffer.from(JSON.stringify(value)),
});

function verdict(protocol: Protocol, request: JsonObject, answer: unknown) {
  const wantedJson = () => protocol.structured?.wanted(request);
  return notAsAsked({ protocol, wantedJson }, bodyOf(answer));
}

const message = (content: JsonValue, more: JsonObject = {}) => ({ role: 'assistant', content, ...more });
const choices = (...messages: JsonObject[]) => ({
  choices: messages.map((one, index) => ({ index, message: one, finish_reason: 'stop' })),
});
const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } };

/** Protocols, a request that asks by the schema, and an answer that says a text. */
const kinds: readonly [string, Protocol, JsonObject, (text: string) => unknown][] = [
  [
    'chat',
    protocols['openai-chat'],
    { response_format: { type: 'json_schema', json_schema: { name: 'c', schema } } },
    (text) => choices(message(text)),
  ],
  [
    'completions',
    protocols['openai-completions'],
    { guided_json: schema },
    (text) => ({ choices: [{ index: 0, text, finish_reason: 'stop' }] }),
  ],
  [
    'responses',
    protocols['openai-responses'],
    { text: { format: { type: 'json_schema', name: 'c', schema } } },
    (text) => ({
      object: 'response',
      status: 'completed',
      output: [
        { type: 'reasoning', id: 'rs', summary: [] },
        { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Let me see.' }] },
        { type: 'message', role: 'assistant', content: [{ type: 'output_text', text }] },
      ],
    }),
  ],
  [
    'messages',
    protocols['anthropic-messages'],
    { output_config: { format: { type: 'json_schema', schema } } },
    (text) => ({
      type: 'message',
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'hm', signature: 's' },
        { type: 'text', text },
      ],
      stop_reason: 'end_turn',
      usage: { input_tokens: 1, output_tokens: 1 },
    }),
  ],
];

describe.each(kinds)('content that must fit a schema: %s', (_name, protocol, request, saying) => {
  it('an answer that fits passes, however it is spaced', () => {
    expect(verdict(protocol, request, saying('{"city":"Paris"}'))).toBeUndefined();
    expect(verdict(protocol, request, saying('\n {"size": 3, "city": "Paris"} \n'))).toBeUndefined();
  });

  it.each(['Paris.', '```json\n{"city":"Paris"}\n```', '{"city":"Paris"', '{"city":"Paris"} Voilà.', ''])(
    'the content %j is not JSON',
    (text) => {
      expect(verdict(protocol, request, saying(text))).toBe('not-json');
    },
  );

  it.each([
    '{}',
    '[]',
    '"Paris"',
    '{"city":1}',
    '{"city":"Paris","size":-1}',
    '{"city":"Paris","country":"F"}',
  ])('the content %j does not fit', (text) => {
    expect(verdict(protocol, request, saying(text))).toBe('schema');
  });

  it('any content passes where none was asked for', () => {
    expect(verdict(protocol, {}, saying('Paris.'))).toBeUndefined();
    expect(verdict(protocol, { response_format: { type: 'text' } }, saying('Paris.'))).toBeUndefined();
  });
});

describe('how JSON is asked for', () => {
  it.each<[JsonObject]>([
    [{ response_format: { type: 'json_schema', json_schema: { schema } } }],
    [{ response_format: { type: 'json_schema', schema } }],
    [{ response_format: { type: 'json_object', schema } }],
    [{ response_format: { type: 'json_object', response_schema: schema } }],
    [{ response_format: { type: 'json', value: schema } }],
    [{ guided_json: JSON.stringify(schema) }],
    [{ json_schema: schema }],
    [{ structured_outputs: { json: schema } }],
  ])('%j asks for content that fits', (request) => {
    const chat = protocols['openai-chat'];
    expect(verdict(chat, request, choices(message('{"city":1}')))).toBe('schema');
    expect(verdict(chat, request, choices(message('{"city":"Paris"}')))).toBeUndefined();
  });

  it.each<[JsonObject]>([
    [{ response_format: { type: 'json_object' } }],
    [{ response_format: { type: 'json_schema', json_schema: { name: 'c' } } }],
  ])('%j asks for any JSON', (request) => {
    const chat = protocols['openai-chat'];
    expect(verdict(chat, request, choices(message('{"any":1}')))).toBeUndefined();
    expect(verdict(chat, request, choices(message('Paris.')))).toBe('not-json');
  });

  it.each<[JsonObject]>([
    [{ response_format: null }],
    [{ response_format: { type: 'text' } }],
    [{ response_format: { type: 'regex', regex: { regex: 'a' } } }],
    [{ guided_json: 'not json' }],
    [{ structured_outputs: { regex: 'a' } }],
  ])('%j asks for no JSON', (request) => {
    expect(verdict(protocols['openai-chat'], request, choices(message('Paris.')))).toBeUndefined();
  });

  it('responses and messages also take the older fields', () => {
    const format = { type: 'json_schema', schema };
    const [, , responses, messages] = kinds;
    expect(verdict(protocols['openai-responses'], { response_format: format }, responses?.[3]('x'))).toBe(
      'not-json',
    );
    expect(verdict(protocols['anthropic-messages'], { output_format: format }, messages?.[3]('x'))).toBe(
      'not-json',
    );
  });
});

describe('the content of an answer', () => {
  const chat = protocols['openai-chat'];
  const asked = { response_format: { type: 'json_schema', json_schema: { schema } } };

  it('a call of the caller’s tools instead of content is an answer', () => {
    expect(verdict(chat, asked, choices(message(null, { tool_calls: [call] })))).toBeUndefined();
    expect(verdict(chat, asked, choices(message('Wait.', { tool_calls: [call] })))).toBeUndefined();
    const output = [{ type: 'function_call', name: 'f', call_id: 'c', arguments: '{}' }];
    const responses = { object: 'response', status: 'completed', output };
    expect(verdict(protocols['openai-responses'], kinds[2]?.[2] ?? {}, responses)).toBeUndefined();
    const content = [{ type: 'tool_use', id: 't', name: 'f', input: {} }];
    const messages = { type: 'message', role: 'assistant', content, stop_reason: 'tool_use' };
    expect(verdict(protocols['anthropic-messages'], kinds[3]?.[2] ?? {}, messages)).toBeUndefined();
  });

  it('every choice must fit', () => {
    const good = message('{"city":"Paris"}');
    expect(verdict(chat, asked, choices(good, good))).toBeUndefined();
    expect(verdict(chat, asked, choices(good, message('{}')))).toBe('schema');
    expect(verdict(chat, asked, choices(good, message('no')))).toBe('not-json');
  });

  it('content in parts is read as one text', () => {
    const parts = [
      { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
      { type: 'text', text: '{"city":' },
      { type: 'text', text: '"Paris"}' },
    ];
    expect(verdict(chat, asked, choices(message(parts)))).toBeUndefined();
  });

  it('an answer that cannot be read, or has no message, is not judged', () => {
    expect(verdict(chat, asked, 'no answer')).toBeUndefined();
    expect(
      verdict(protocols['openai-responses'], kinds[2]?.[2] ?? {}, { object: 'response' }),
    ).toBeUndefined();
    expect(verdict(protocols.function, asked, 'anything')).toBeUndefined();
  });
});

describe('a schema that cannot be applied', () => {
  const chat = protocols['openai-chat'];
  const judged = (given: JsonObject, value: JsonValue) =>
    verdict(
      chat,
      { response_format: { type: 'json_schema', json_schema: { schema: given } } },
      choices(message(JSON.stringify(value))),
    );

  it.each<[string, JsonObject]>([
    ['a reference that leads nowhere', { $ref: '#/$defs/none' }],
    ['a pattern that is no regular expression', { properties: { a: { pattern: '(' } } }],
  ])('%s counts as fitting', (_what, given) => {
    expect(judged(given, { a: 'b' })).toBeUndefined();
  });

  it('a pattern that would take forever is given up, and counts as fitting', () => {
    expect(
      judged({ properties: { a: { pattern: '^(a+)+$' } } }, { a: `${'a'.repeat(40)}!` }),
    ).toBeUndefined();
    expect(judged({ properties: { a: { pattern: '^a+$' } } }, { a: 'b' })).toBe('schema');
  });

  it('references that multiply are given up, and count as fitting', () => {
    const $defs: Record<string, JsonObject> = { d30: { type: 'string' } };
    for (let n = 0; n < 30; n += 1) {
      const next = { $ref: `#/$defs/d${n + 1}` };
      $defs[`d${n}`] = { anyOf: [next, next] };
    }
    expect(judged({ $defs, $ref: '#/$defs/d0' }, 7)).toBeUndefined();
  });

  it.each([
    'http://json-schema.org/draft-04/schema#',
    'http://json-schema.org/draft-07/schema#',
    'https://json-schema.org/draft/2019-09/schema',
    'https://json-schema.org/draft/2020-12/schema',
    'https://example.com/own',
  ])('a schema of %s is applied', ($schema) => {
    const given = {
      $schema,
      definitions: { s: { type: 'string' } },
      properties: { a: { $ref: '#/definitions/s' } },
    };
    expect(judged(given, { a: 'x' })).toBeUndefined();
    expect(judged(given, { a: 1 })).toBe('schema');
  });

  it.each([
    ['http://json-schema.org/draft-04/schema#', undefined],
    ['http://json-schema.org/draft-06/schema#', undefined],
    ['http://json-schema.org/draft-07/schema#', undefined],
    ['https://json-schema.org/draft/2019-09/schema', 'schema'],
    ['https://json-schema.org/draft/2020-12/schema', 'schema'],
  ])('what stands beside a `$ref` counts as the draft has it that a schema names: %s', ($schema, outcome) => {
    const definitions = { s: { type: 'string' } };
    const given = { $schema, definitions, properties: { a: { $ref: '#/definitions/s', maxLength: 1 } } };
    expect(judged(given, { a: 'x' })).toBeUndefined();
    expect(judged(given, { a: 'too long' })).toBe(outcome);
  });
});
