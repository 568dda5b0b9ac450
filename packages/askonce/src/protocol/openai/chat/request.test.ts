import type {
  ChatCompletionCreateParamsBase,
  ChatCompletionStreamOptions,
} from 'openai/resources/chat/completions/completions';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../json.ts';
import type { FieldRule, OptionRule } from '../../contract.ts';
import { completionStreamOptions } from '../stream-options.ts';
import { fields, openaiChat } from './protocol.ts';
import { readRequest } from './request.ts';

// Does not compile once OpenAI adds a parameter, until the table has a rule for it.
const documented: Record<keyof ChatCompletionCreateParamsBase, FieldRule> = fields;
const options: Record<keyof ChatCompletionStreamOptions, OptionRule> = completionStreamOptions;

const messages = [{ role: 'user', content: 'x' }];

function read(rest: JsonObject) {
  return readRequest({ model: 'm', messages, ...rest });
}

describe('the fields of a chat request', () => {
  it('the field table of chat has the documented parameters and no others', () => {
    expect(Object.keys(documented)).toHaveLength(37);
    expect(Object.keys(options)).toHaveLength(4);
    expect(Object.values(options).every(({ because }) => because.length > 10)).toBe(true);
  });

  it('the chat fields that do not count are few, and each states its reason', () => {
    const ignored = Object.entries(openaiChat.fields).filter(([, rule]) => rule.counts === 'ignored');
    expect(ignored.map(([name]) => name).toSorted()).toEqual([
      'metadata',
      'prompt_cache_key',
      'prompt_cache_options',
      'prompt_cache_retention',
      'safety_identifier',
      'user',
    ]);
    expect(ignored.every(([, rule]) => rule.counts === 'ignored' && rule.because.length > 10)).toBe(true);
  });
});

describe('reading a chat request', () => {
  it.each<[JsonObject, string]>([
    [{}, 'body'],
    [{ stream: false }, 'body'],
    [{ stream: null, stream_options: null }, 'body'],
    [{ stream_options: { include_usage: true } }, 'body'],
    [{ stream: true }, 'stream'],
    [{ stream: true, stream_options: { include_usage: false } }, 'stream'],
    [{ stream: true, stream_options: { include_usage: true, include_obfuscation: true } }, 'stream+usage'],
    [{ stream: true, stream_options: { include_usage: true, include_obfuscation: null } }, 'stream+usage'],
    [{ stream: true, stream_options: { include_obfuscation: false } }, 'stream+unpadded'],
    [
      { stream: true, stream_options: { include_usage: true, include_obfuscation: false } },
      'stream+usage+unpadded',
    ],
    [{ stream_options: { include_obfuscation: false } }, 'body'],
  ])('a chat request with %j asks for the form %s', (rest, form) => {
    expect(read(rest).form).toBe(form);
  });

  it.each<[JsonObject, number | undefined]>([
    [{}, undefined],
    [{ max_tokens: null }, undefined],
    [{ max_tokens: 5 }, 5],
    [{ max_completion_tokens: 7 }, 7],
    [{ max_tokens: 5, max_completion_tokens: 7 }, 5],
  ])('a chat request with %j has the ceiling %s', (rest, ceiling) => {
    expect(read(rest).ceiling).toBe(ceiling);
  });

  it('a chat request names its model and its end user', () => {
    expect(read({ user: 'u', safety_identifier: 's' })).toMatchObject({ subject: 'm', user: 'u' });
    expect(read({ safety_identifier: 's' }).user).toBe('s');
    expect(read({}).user).toBeUndefined();
  });

  it('a chat request without a model bypasses the cache', () => {
    expect(readRequest({ messages })).toMatchObject({ subject: '', bypass: 'unrepresentable' });
    expect(readRequest({ model: '', messages }).bypass).toBe('unrepresentable');
  });

  it.each<[JsonObject]>([
    [{ web_search_options: {} }],
    [{ search_parameters: { mode: 'auto' } }],
    [{ plugins: [{ id: 'web' }] }],
    [{ enable_search: true }],
    [{ tools: [{ type: 'browser_search' }] }],
    [{ tools: [{ type: 'function', function: { name: 'f' } }, { type: 'builtin_function' }] }],
  ])('a chat request with %j lets the provider act, so it bypasses the cache', (rest) => {
    expect(read(rest).bypass).toBe('side-effects');
  });

  it.each<[JsonObject]>([
    [{}],
    [{ web_search_options: null, search_parameters: null, enable_search: false }],
    [
      {
        tools: [
          { type: 'function', function: { name: 'f' } },
          { type: 'custom', custom: { name: 'g' } },
        ],
      },
    ],
    [{ store: true, metadata: { a: 'b' }, unknown: { deep: [1] } }],
  ])('a chat request with %j uses the cache', (rest) => {
    expect(read(rest).bypass).toBeUndefined();
  });

  it.each<[JsonObject, string]>([
    [{ model: 'm', messages: null }, 'messages: '],
    [{ model: 'm' }, 'messages: '],
    [{ model: 'm', messages: 'x' }, 'messages: '],
    [{ model: 'm', messages: [...messages, ...messages, null] }, 'messages[2]: '],
    [{ model: 'm', messages: [{ role: null, content: 'x' }] }, 'messages[0].role: '],
    [{ model: 'm', messages: [{ role: 'user', content: 7 }] }, 'messages[0].content: '],
    [
      { model: 'm', messages: [{ role: 'user', content: [{ type: 'text' }, null] }] },
      'messages[0].content[1]: ',
    ],
    [{ model: null, messages }, 'model: '],
    [{ model: 7, messages }, 'model: '],
    [{ model: 'm', messages, stream: 'yes' }, 'stream: '],
    [{ model: 'm', messages, max_tokens: '5' }, 'max_tokens: '],
    [{ model: 'm', messages, tools: [null] }, 'tools[0]: '],
  ])('the chat request %j is refused with the field’s name', (body, start) => {
    const refused = expect.objectContaining({
      code: 'invalid_request',
      message: expect.toSatisfy((message: string) => message.startsWith(start)),
    });
    expect(() => readRequest(body)).toThrow(refused);
  });

  it('an error about a chat request never quotes the request', () => {
    const secret = 'sk-very-secret';
    const body = { model: 'm', messages: [{ role: 'user', content: { [secret]: secret } }] };
    expect(() => readRequest(body)).toThrow(/^(?!.*secret).*$/);
  });
});
