import { describe, expect, it } from 'vitest';
import { CanonicalText } from '../../identity/canonical.ts';
import type { JsonObject, JsonValue } from '../../json.ts';
import { aiSdk } from './protocol.ts';

function written(field: string, value: JsonValue, body: JsonObject = {}) {
  const settings = { hashAlgorithm: 'sha256', textHashThreshold: 1000 } as const;
  const writer = new CanonicalText(settings, (text) => text, aiSdk.schemaKeys);
  const text = aiSdk.writeContent(field, value, body, writer);
  return { text, question: writer.semantic?.plain, media: writer.media };
}

const user = (...content: readonly JsonValue[]) => ({ role: 'user', content });
const text = (words: string, more: JsonObject = {}) => ({ type: 'text', text: words, ...more });
const file = (data: JsonObject) => ({ type: 'file', mediaType: 'image/png', data });

describe('the question of a prompt', () => {
  it.each<[string, readonly JsonValue[], string | undefined]>([
    ['the last turn of the user', [user(text('first')), user(text(' last \n'))], 'last'],
    ['its texts, apart by a blank line', [user(text('one'), text('two'))], 'one\n\ntwo'],
    ['none in a turn with a file', [user(text('one'), file({ type: 'data', data: 'AAAA' }))], undefined],
    [
      'none in a turn with options that count',
      [user(text('one', { providerOptions: { a: { b: 1 } } }))],
      undefined,
    ],
    [
      'the text beside a mark for the prompt cache',
      [user(text('one', { providerOptions: { a: { cacheControl: {} } } }))],
      'one',
    ],
    [
      'none after tools',
      [user(text('a')), { role: 'tool', content: [{ type: 'tool-result' }] }, user(text('b'))],
      undefined,
    ],
    [
      'none if the model speaks last',
      [user(text('a')), { role: 'assistant', content: [text('b')] }],
      undefined,
    ],
  ])('is %s', (_what, prompt, question) => {
    expect(written('prompt', prompt).question).toBe(question);
  });

  it('is none if the model may call tools', () => {
    const tools = [{ type: 'function', name: 'a', inputSchema: {} }];
    expect(written('prompt', [user(text('a'))], { tools }).question).toBeUndefined();
  });
});

describe('a prompt', () => {
  it.each<[string, JsonValue, JsonValue]>([
    [
      'white space around a system prompt',
      [{ role: 'system', content: ' a ' }],
      [{ role: 'system', content: 'a' }],
    ],
    [
      'marks for the prompt cache',
      [{ ...user(text('a')), providerOptions: { anthropic: { cacheControl: { type: 'ephemeral' } } } }],
      [user(text('a'))],
    ],
  ])('is the same whatever %s', (_what, one, other) => {
    expect(written('prompt', one)).toEqual(written('prompt', other));
  });

  it.each<[string, JsonValue, JsonValue]>([
    [
      'white space that the model continues',
      [{ role: 'assistant', content: [text('a ')] }],
      [{ role: 'assistant', content: [text('a')] }],
    ],
    ['its parts', [user(text('a'), text('b'))], [user(text('a\n\nb'))]],
    [
      'a result of a tool',
      [{ role: 'tool', content: [{ type: 'tool-result', output: { type: 'text', value: 'a' } }] }],
      [{ role: 'tool', content: [{ type: 'tool-result', output: { type: 'text', value: 'b' } }] }],
    ],
    [
      'options that count',
      [user(text('a', { providerOptions: { mock: { detail: 'low' } } }))],
      [user(text('a', { providerOptions: { mock: { detail: 'high' } } }))],
    ],
    ['a text and a file of that text', [user(file({ type: 'text', text: 'a' }))], [user(text('a'))]],
  ])('differs by %s', (_what, one, other) => {
    expect(written('prompt', one).text).not.toBe(written('prompt', other).text);
  });

  it.each<[string, JsonValue, string]>([
    ['bytes count by their digest', user(file({ type: 'data', data: 'AAAA' })), 'inline'],
    ['a URL counts by its text', user(file({ type: 'url', url: 'https://a.test/' })), 'reference'],
    [
      'a file at the provider counts by its id',
      user(file({ type: 'reference', reference: { openai: 'f' } })),
      'reference',
    ],
    ['text is no medium', user(file({ type: 'text', text: 'a' })), 'none'],
    ['a part that is not known may be a reference', user({ type: 'hologram', id: 1 }), 'reference'],
    [
      'a file in the answer of a tool counts as any',
      {
        role: 'tool',
        content: [
          { type: 'tool-result', output: { type: 'content', value: [file({ type: 'data', data: 'AAAA' })] } },
        ],
      },
      'inline',
    ],
  ])('%s', (_what, message, media) => {
    expect(written('prompt', [message]).media).toBe(media);
  });
});

describe('tools', () => {
  const tool = (properties: JsonObject) => [{ type: 'function', name: 'a', inputSchema: { properties } }];

  it('differ by the order of the properties in their schema, and not by that of their own', () => {
    expect(written('tools', tool({ a: {}, b: {} }))).not.toEqual(written('tools', tool({ b: {}, a: {} })));
    expect(written('tools', [{ name: 'a', type: 'function' }])).toEqual(
      written('tools', [{ type: 'function', name: 'a' }]),
    );
  });
});
