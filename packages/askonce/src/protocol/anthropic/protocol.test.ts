import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import { canonicalWriter } from '../../../../../test/support/canonical-writer.ts';
import { replay, streamRecording } from '../../../../../test/support/provider-recordings.ts';
import type { JsonObject, JsonValue } from '../../json.ts';
import type { ErrorInfo, FieldRule } from '../contract.ts';
import { serverSentEvents } from '../framings/server-sent-events.ts';
import { anthropicMessages, messageFields } from './protocol.ts';

type SentInHeaders = 'betas' | 'user_profile_id' | 'workspace_id';
type Documented = Exclude<
  keyof Anthropic.MessageCreateParams | keyof Anthropic.Beta.MessageCreateParams,
  SentInHeaders
>;

/** No parameter of the official client's types may be missing from the table: a new one fails the type check here. */
const documented = messageFields satisfies Record<Documented, FieldRule>;

/** Fields of the table beyond those types, with the reason. */
const undocumented: Record<Exclude<keyof typeof documented, Documented>, string> = {
  temperature: 'no longer in the types, still taken by models that sample',
  top_k: 'no longer in the types, still taken by models that sample',
  top_p: 'no longer in the types, still taken by models that sample',
};

const user = (content: JsonValue): JsonObject => ({ role: 'user', content });
const assistant = (content: JsonValue): JsonObject => ({ role: 'assistant', content });
const request = (change: JsonObject = {}): JsonObject => ({
  model: 'claude-x',
  max_tokens: 9,
  messages: [user('hi')],
  ...change,
});
const rules: Readonly<Record<string, FieldRule>> = anthropicMessages.fields;
const block = (text: string): JsonObject => ({ type: 'text', text });

/** The content that counts, and the text that would be embedded. */
function written(change: JsonObject) {
  const body = request(change);
  const write = canonicalWriter(anthropicMessages.schemaKeys);
  const fields = Object.entries(body).filter(([name]) => rules[name]?.counts === 'content');
  const frame = fields
    .map(([name, value]) => `${name}:${anthropicMessages.writeContent(name, value ?? null, body, write)}`)
    .join();
  return {
    frame,
    semantic: write.semantic?.plain,
    whole: `${frame}|${write.semantic?.canonical}`,
    media: write.media,
  };
}

describe('fields', () => {
  it('the field table of Messages has every documented parameter, and those of older models', () => {
    expect(Object.keys(documented)).toEqual(expect.arrayContaining(Object.keys(undocumented)));
    expect(Object.keys(documented)).toContain('messages');
  });

  it('every ignored field of Messages states its reason', () => {
    const ignored = Object.entries(anthropicMessages.fields).flatMap(([name, rule]) =>
      rule.counts === 'ignored' ? [[name, rule.because]] : [],
    );
    expect(ignored.map(([name]) => name)).toEqual(['metadata', 'cache_control']);
    for (const [, because] of ignored) expect(because).toMatch(/\w+ \w+/);
  });
});

describe('reading a request', () => {
  it('a Messages request names its model, form, ceiling and user', () => {
    expect(anthropicMessages.read(request({ stream: true, metadata: { user_id: 'u1' } }))).toEqual({
      subject: 'claude-x',
      form: 'stream',
      ceiling: 9,
      user: 'u1',
      bypass: undefined,
    });
    expect(anthropicMessages.read(request({ stream: false })).form).toBe('body');
  });

  it('a Messages request without a model bypasses the cache', () => {
    const { model: _model, ...rest } = request();
    expect(anthropicMessages.read(rest)).toMatchObject({ subject: '', bypass: 'unrepresentable' });
  });

  it.each<[JsonObject, string]>([
    [{ model: 7 }, 'model: '],
    [{ messages: 'hi' }, 'messages: '],
    [{ messages: null }, 'messages: '],
    [{ messages: [user('a'), user('b'), null] }, 'messages[2]: '],
    [{ messages: [{ content: 'x' }] }, 'messages[0].role: '],
    [{ messages: [user(5)] }, 'messages[0].content: '],
    [{ messages: [user([block('a'), null])] }, 'messages[0].content[1]: '],
    [{ messages: [user([{ text: 'a' }])] }, 'messages[0].content[0].type: '],
    [{ system: 4 }, 'system: '],
    [{ max_tokens: '9' }, 'max_tokens: '],
    [{ stream: 'yes' }, 'stream: '],
    [{ tools: [null] }, 'tools[0]: '],
    [{ metadata: 'x' }, 'metadata: '],
  ])('a Messages request with %j is refused, and the error names the place', (change, place) => {
    expect(() => anthropicMessages.read(request(change))).toThrow(
      expect.objectContaining({ code: 'invalid_request', message: expect.stringContaining(place) }),
    );
  });

  it('an error about a Messages request never quotes the prompt', () => {
    const secret = 'my secret prompt';
    expect(() =>
      anthropicMessages.read(request({ messages: [{ role: 'user', content: { secret } }] })),
    ).toThrow(expect.objectContaining({ message: expect.not.stringContaining('secret') }));
  });

  it.each<[JsonObject, string | undefined]>([
    [{}, undefined],
    [{ container: null, mcp_servers: [], tools: [] }, undefined],
    [
      {
        tools: [
          { name: 'f', input_schema: {} },
          { type: 'custom', name: 'g', input_schema: {} },
        ],
      },
      undefined,
    ],
    [
      {
        tools: [
          { type: 'bash_20250124', name: 'bash' },
          { type: 'text_editor_20250728', name: 'e' },
        ],
      },
      undefined,
    ],
    [
      {
        tools: [
          { type: 'computer_20251124', name: 'computer' },
          { type: 'memory_20250818', name: 'memory' },
        ],
      },
      undefined,
    ],
    [{ tools: [{ type: 'browser_toolset_20260801' }, { type: 'computer_toolset_20260801' }] }, undefined],
    [{ tools: [{ type: 'web_search_20250305', name: 'web_search' }] }, 'side-effects'],
    [{ tools: [{ type: 'web_fetch_20250910', name: 'web_fetch' }] }, 'side-effects'],
    [{ tools: [{ type: 'code_execution_20250825', name: 'code' }] }, 'side-effects'],
    [{ tools: [{ type: 'tool_search_tool_bm25_20251119', name: 's' }] }, 'side-effects'],
    [{ tools: [{ type: 'advisor_20260301', name: 'advisor' }] }, 'side-effects'],
    [{ tools: [{ type: 'mcp_toolset', mcp_server_name: 'm' }] }, 'side-effects'],
    [{ tools: [{ type: 'a_tool_of_next_year', name: 'x' }] }, 'side-effects'],
    [{ mcp_servers: [{ type: 'url', url: 'https://m', name: 'm' }] }, 'side-effects'],
    [{ max_tokens: 0 }, 'side-effects'],
    [{ container: 'container_1' }, 'stateful'],
    [{ container: { id: 'container_1' } }, 'stateful'],
    [{ thread: { type: 'create' } }, 'stateful'],
    [{ diagnostics: { previous_message_id: 'msg_1' } }, 'stateful'],
    [{ fallback_credit_token: 'x' }, 'stateful'],
    [{ messages: [user([{ type: 'container_upload', file_id: 'f' }])] }, 'stateful'],
  ])('a Messages request with %j bypasses the cache as %s', (change, bypass) => {
    expect(anthropicMessages.read(request(change)).bypass).toBe(bypass);
  });
});

describe('equal prompts in different spellings', () => {
  it.each<[string, JsonObject, JsonObject]>([
    ['a string and one text block', { messages: [user('hi')] }, { messages: [user([block('hi')])] }],
    ['white space round a message', { messages: [user(' hi\n')] }, { messages: [user('hi')] }],
    [
      'white space round blocks',
      { messages: [user([block(' a'), block('b ')])] },
      { messages: [user([block('a'), block('b')])] },
    ],
    ['white space round the system prompt', { system: ' Be brief. ' }, { system: [block('Be brief.')] }],
    ['order of properties', { messages: [{ content: 'hi', role: 'user' }] }, { messages: [user('hi')] }],
    [
      'a mark for the prompt cache on a block',
      { messages: [user([{ ...block('hi'), cache_control: { type: 'ephemeral' } }])] },
      { messages: [user('hi')] },
    ],
    [
      'a mark on the system prompt',
      { system: [{ ...block('s'), cache_control: { type: 'ephemeral' } }] },
      { system: 's' },
    ],
    [
      'a mark on a tool',
      { tools: [{ name: 'f', input_schema: {}, cache_control: { type: 'ephemeral' } }] },
      { tools: [{ input_schema: {}, name: 'f' }] },
    ],
    [
      'the same bytes of an image in other base64',
      {
        messages: [
          user([{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGVs\nbG8=' } }]),
        ],
      },
      {
        messages: [
          user([{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGVsbG8=' } }]),
        ],
      },
    ],
  ])('Messages prompts are equal: %s', (_what, one, other) => {
    expect(written(one).whole).toBe(written(other).whole);
  });
});

describe('different prompts', () => {
  it.each<[string, JsonObject, JsonObject]>([
    ['another text', { messages: [user('a')] }, { messages: [user('b')] }],
    [
      'another role',
      { messages: [user('a'), assistant('b'), user('c')] },
      { messages: [user('a'), user('b'), user('c')] },
    ],
    ['another order', { messages: [user('a'), user('b')] }, { messages: [user('b'), user('a')] }],
    ['white space inside', { messages: [user('a  b')] }, { messages: [user('a b')] }],
    [
      'white space after a prefill',
      { messages: [user('a'), assistant('b ')] },
      { messages: [user('a'), assistant('b')] },
    ],
    [
      'two blocks and one',
      { messages: [user([block('a\n\nb')])] },
      { messages: [user([block('a'), block('b')])] },
    ],
    [
      'blocks cut elsewhere',
      { messages: [user([block('a\n'), block('b')])] },
      { messages: [user([block('a'), block('\nb')])] },
    ],
    [
      'text and an image of it',
      { messages: [user('a')] },
      { messages: [user([{ type: 'image', source: { type: 'text', data: 'a' } }])] },
    ],
    [
      'the order of a schema',
      { tools: [{ name: 'f', input_schema: { a: 1, b: 2 } }] },
      { tools: [{ name: 'f', input_schema: { b: 2, a: 1 } }] },
    ],
    [
      'a property called cache_control in a schema',
      { tools: [{ name: 'f', input_schema: { cache_control: 1 } }] },
      { tools: [{ name: 'f', input_schema: {} }] },
    ],
    [
      'a property called cache_control in an input',
      { messages: [assistant([{ type: 'tool_use', input: { cache_control: 1 } }]), user('a')] },
      { messages: [assistant([{ type: 'tool_use', input: {} }]), user('a')] },
    ],
    [
      'another media type',
      {
        messages: [
          user([
            { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'aGk=' } },
          ]),
        ],
      },
      {
        messages: [
          user([{ type: 'document', source: { type: 'base64', media_type: 'text/plain', data: 'aGk=' } }]),
        ],
      },
    ],
  ])('Messages prompts differ: %s', (_what, one, other) => {
    expect(written(one).whole).not.toBe(written(other).whole);
  });
});

describe('the semantic text', () => {
  it('the semantic text of Messages is the last user turn, trimmed, and not in the frame', () => {
    const { semantic, frame } = written({ messages: [user('first'), assistant('second'), user(' third ')] });
    expect(semantic).toBe('third');
    expect(frame).toBe(written({ messages: [user('first'), assistant('second'), user('else')] }).frame);
    expect(frame).not.toBe(written({ messages: [user('else'), assistant('second'), user('third')] }).frame);
  });

  it('the semantic text of Messages joins the blocks of the turn', () => {
    expect(
      written({ messages: [user([block('a'), { ...block('b'), cache_control: { type: 'ephemeral' } }])] })
        .semantic,
    ).toBe('a\n\nb');
  });

  const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } };
  it.each<[string, JsonObject]>([
    ['after a prefill', { messages: [user('a'), assistant('b')] }],
    ['where there are tools', { tools: [{ name: 'f', input_schema: {} }] }],
    [
      'where a tool has answered',
      {
        messages: [
          user('a'),
          assistant([{ type: 'tool_use', id: 't', name: 'f', input: {} }]),
          user([{ type: 'tool_result', tool_use_id: 't', content: 'x' }]),
          user('b'),
        ],
      },
    ],
    ['beside an image', { messages: [user([image, block('what is it?')])] }],
    [
      'in text with citations',
      { messages: [user([{ ...block('a'), citations: [{ type: 'char_location' }] }])] },
    ],
  ])('a Messages request has no semantic text %s', (_when, change) => {
    expect(written(change).semantic).toBeUndefined();
  });
});

describe('media', () => {
  const source = (value: JsonObject) => ({ messages: [user([{ type: 'document', source: value }])] });
  it.each<[JsonObject, string]>([
    [source({ type: 'base64', media_type: 'application/pdf', data: 'aGk=' }), 'inline'],
    [source({ type: 'url', url: 'https://x/y.pdf' }), 'reference'],
    [source({ type: 'file', file_id: 'file_1' }), 'reference'],
    [source({ type: 'text', media_type: 'text/plain', data: 'hi' }), 'none'],
    [{ messages: [user([{ type: 'hologram', source: { type: 'file', file_id: 'file_1' } }])] }, 'reference'],
    [{ messages: [assistant([{ type: 'tool_use', id: 't', name: 'f', input: {} }]), user('a')] }, 'none'],
    [
      source({ type: 'content', content: [{ type: 'image', source: { type: 'url', url: 'https://x' } }] }),
      'reference',
    ],
    [
      {
        messages: [
          user([
            {
              type: 'tool_result',
              tool_use_id: 't',
              content: [{ type: 'image', source: { type: 'file', file_id: 'f' } }],
            },
          ]),
        ],
      },
      'reference',
    ],
    [{ messages: [user([{ type: 'tool_result', tool_use_id: 't', content: 'plain' }])] }, 'none'],
  ])('the media of the Messages content %j are %s', (change, media) => {
    expect(written(change).media).toBe(media);
  });
});

describe('following across forms', () => {
  it('a request for a message body follows a stream, and a request for a stream follows no body', () => {
    expect(anthropicMessages.mayFollow('stream', 'body')).toBe(true);
    expect(anthropicMessages.mayFollow('body', 'stream')).toBe(false);
    expect(anthropicMessages.mayFollow('stream', 'body+base64')).toBe(false);
  });
});

describe('errors', () => {
  const info: ErrorInfo = {
    status: 400,
    code: 'invalid_request',
    message: 'model: wrong',
    requestId: 'req_1',
  };
  it.each([
    [400, 'invalid_request_error'],
    [401, 'authentication_error'],
    [403, 'permission_error'],
    [404, 'not_found_error'],
    [413, 'request_too_large'],
    [422, 'invalid_request_error'],
    [429, 'rate_limit_error'],
    [500, 'api_error'],
    [502, 'api_error'],
    [504, 'timeout_error'],
    [529, 'overloaded_error'],
  ])('Anthropic error status %i has the type %s', (status, type) => {
    const body = { type: 'error', error: { type, message: 'model: wrong' }, request_id: 'req_1' };
    expect(JSON.parse(anthropicMessages.errorBody({ ...info, status }))).toEqual(body);
  });

  it("Anthropic's client raises the event that ends a broken stream", async () => {
    const recording = streamRecording([
      anthropicMessages.errorEvent({ ...info, code: 'provider_broke_off', status: 502 }, serverSentEvents),
    ]);
    const client = new Anthropic({ apiKey: 'none', fetch: replay(recording), maxRetries: 0 });
    const stream = client.messages.stream({
      model: 'claude-x',
      max_tokens: 1,
      messages: [{ role: 'user', content: 'x' }],
    });
    await expect(stream.finalMessage()).rejects.toThrow(/model: wrong/);
  });
});
