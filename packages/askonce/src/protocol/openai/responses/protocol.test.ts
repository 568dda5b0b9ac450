import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { canonicalWriter } from '../../../../../../test/support/canonical-writer.ts';
import { replay, streamRecording } from '../../../../../../test/support/provider-recordings.ts';
import type { JsonObject, JsonValue } from '../../../json.ts';
import type { ErrorInfo, FieldRule } from '../../contract.ts';
import { serverSentEvents } from '../../framings/server-sent-events.ts';
import { openaiResponses, responseFields } from './protocol.ts';

type Documented = keyof OpenAI.Responses.ResponseCreateParams;

/** No parameter of the official client's types may be missing from the table: a new one fails the type check here. */
const documented = responseFields satisfies Record<Documented, FieldRule>;

/** Fields of the table beyond those types, with the reason; none of them may be in the client's types. */
const undocumented: Record<Exclude<keyof typeof documented, Documented>, string> = {};

const user = (content: JsonValue): JsonObject => ({ role: 'user', content });
const assistant = (content: JsonValue): JsonObject => ({ role: 'assistant', content });
const text = (value: string): JsonObject => ({ type: 'input_text', text: value });
const image = (url: string): JsonObject => ({ type: 'input_image', image_url: url, detail: 'auto' });
const request = (change: JsonObject = {}): JsonObject => ({ model: 'gpt-x', input: 'hi', ...change });
const output = (value: JsonValue): JsonObject => ({
  type: 'function_call_output',
  call_id: 'c',
  output: value,
});

const rules: Readonly<Record<string, FieldRule>> = openaiResponses.fields;

/** The content that counts, and the text that would be embedded. */
function written(change: JsonObject) {
  const body = request(change);
  const write = canonicalWriter(openaiResponses.schemaKeys);
  const fields = Object.entries(body).filter(([name]) => rules[name]?.counts === 'content');
  const frame = fields
    .map(([name, value]) => `${name}:${openaiResponses.writeContent(name, value ?? null, body, write)}`)
    .join();
  return {
    frame,
    semantic: write.semantic?.plain,
    whole: `${frame}|${write.semantic?.canonical}`,
    media: write.media,
  };
}

describe('fields', () => {
  it('the field table of Responses has the documented parameters and no others', () => {
    expect(Object.keys(undocumented)).toEqual([]);
    expect(Object.keys(documented)).toContain('input');
  });

  it('every ignored field of Responses states its reason', () => {
    const ignored = Object.entries(openaiResponses.fields).flatMap(([name, rule]) =>
      rule.counts === 'ignored' ? [[name, rule.because]] : [],
    );
    expect(ignored.map(([name]) => name)).toEqual([
      'metadata',
      'user',
      'safety_identifier',
      'prompt_cache_key',
      'prompt_cache_options',
      'prompt_cache_retention',
    ]);
    for (const [, because] of ignored) expect(because).toMatch(/\w+ \w+/);
  });
});

describe('reading a request', () => {
  it('a Responses request names its model, form, ceiling and user', () => {
    expect(openaiResponses.read(request({ stream: true, max_output_tokens: 9, user: 'u1' }))).toEqual({
      subject: 'gpt-x',
      form: 'stream',
      ceiling: 9,
      user: 'u1',
      bypass: undefined,
    });
    expect(openaiResponses.read(request({ stream: null, safety_identifier: 's1' }))).toMatchObject({
      form: 'body',
      user: 's1',
    });
  });

  it('a Responses request without a model bypasses the cache', () => {
    expect(openaiResponses.read({ input: 'hi' })).toMatchObject({ subject: '', bypass: 'unrepresentable' });
  });

  it.each<[JsonObject, string]>([
    [{ model: 7 }, 'model: '],
    [{ input: 7 }, 'input: '],
    [{ input: [user('a'), user('b'), null] }, 'input[2]: '],
    [{ input: [{ role: 4, content: 'x' }] }, 'input[0].role: '],
    [{ input: [user(5)] }, 'input[0].content: '],
    [{ input: [user([text('a'), null])] }, 'input[0].content[1]: '],
    [{ instructions: ['x'] }, 'instructions: '],
    [{ max_output_tokens: '9' }, 'max_output_tokens: '],
    [{ stream: 'yes' }, 'stream: '],
    [{ background: 1 }, 'background: '],
    [{ tools: [null] }, 'tools[0]: '],
    [{ tools: [{}] }, 'tools[0].type: '],
  ])('a Responses request with %j is refused, and the error names the place', (change, place) => {
    expect(() => openaiResponses.read(request(change))).toThrow(
      expect.objectContaining({ code: 'invalid_request', message: expect.stringContaining(place) }),
    );
  });

  it.each<[JsonObject, string | undefined]>([
    [{}, undefined],
    [
      { background: false, conversation: null, previous_response_id: null, prompt: null, tools: null },
      undefined,
    ],
    [
      {
        tools: [
          { type: 'function', name: 'f', parameters: {}, strict: true },
          { type: 'custom', name: 'g' },
        ],
      },
      undefined,
    ],
    [{ tools: [{ type: 'local_shell' }, { type: 'apply_patch' }, { type: 'shell' }] }, undefined],
    [
      {
        tools: [
          { type: 'shell', environment: { type: 'local' } },
          { type: 'tool_search', execution: 'client' },
        ],
      },
      undefined,
    ],
    [{ tools: [{ type: 'namespace', name: 'n', description: '', tools: [] }] }, undefined],
    [{ tools: [{ type: 'namespace', name: 'n', tools: [{ type: 'function', name: 'f' }] }] }, undefined],
    [
      { tools: [{ type: 'namespace', name: 'n', tools: [{ type: 'mcp', server_url: 'u' }] }] },
      'side-effects',
    ],
    [{ tools: [{ type: 'web_search' }] }, 'side-effects'],
    [{ tools: [{ type: 'web_search_preview_2025_03_11' }] }, 'side-effects'],
    [{ tools: [{ type: 'file_search', vector_store_ids: ['v'] }] }, 'side-effects'],
    [{ tools: [{ type: 'code_interpreter', container: 'c' }] }, 'side-effects'],
    [{ tools: [{ type: 'image_generation' }] }, 'side-effects'],
    [{ tools: [{ type: 'computer_use_preview' }] }, 'side-effects'],
    [{ tools: [{ type: 'mcp', server_label: 'm' }] }, 'side-effects'],
    [{ tools: [{ type: 'shell', environment: { type: 'container_auto' } }] }, 'side-effects'],
    [{ tools: [{ type: 'tool_search' }] }, 'side-effects'],
    [{ tools: [{ type: 'programmatic_tool_calling' }] }, 'side-effects'],
    [{ tools: [{ type: 'a_tool_of_next_year' }] }, 'side-effects'],
    [{ prompt_cache_options: { prewarm: true } }, 'side-effects'],
    [{ prompt_cache_options: { mode: 'explicit' } }, undefined],
    [{ prompt_cache_options: { comparison_response_id: 'resp_1' } }, 'stateful'],
    [{ previous_response_id: 'resp_1' }, 'stateful'],
    [{ conversation: 'conv_1' }, 'stateful'],
    [{ conversation: { id: 'conv_1' } }, 'stateful'],
    [{ background: true }, 'stateful'],
    [{ prompt: { id: 'pmpt_1' } }, 'stateful'],
    [{ input: [{ type: 'item_reference', id: 'msg_1' }] }, 'stateful'],
    [{ input: [{ id: 'msg_1' }] }, 'stateful'],
    [{ input: [{ type: 'reasoning', id: 'rs_1', summary: [] }, user('a')] }, undefined],
  ])('a Responses request with %j bypasses the cache as %s', (change, bypass) => {
    expect(openaiResponses.read(request(change)).bypass).toBe(bypass);
  });
});

describe('equal prompts in different spellings', () => {
  it.each<[string, JsonObject, JsonObject]>([
    ['a string and a message of the user', { input: 'hi' }, { input: [user('hi')] }],
    ['a string and a list of one part', { input: 'hi' }, { input: [user([text('hi')])] }],
    ['the type of a message', { input: [{ type: 'message', ...user('hi') }] }, { input: [user('hi')] }],
    ['white space round a message', { input: ' hi\n' }, { input: [user('hi')] }],
    ['white space round instructions', { instructions: ' Be brief. ' }, { instructions: 'Be brief.' }],
    ['order of properties', { input: [{ content: 'hi', role: 'user' }] }, { input: [user('hi')] }],
    [
      'a mark for the prompt cache',
      { input: [user([{ ...text('hi'), prompt_cache_breakpoint: { mode: 'explicit' } }])] },
      { input: 'hi' },
    ],
    [
      'the same bytes of an image',
      { input: [user([image('data:image/png;base64,aGVs\nbG8=')])] },
      { input: [user([image('data:image/png;base64,aGVsbG8=')])] },
    ],
  ])('Responses prompts are equal: %s', (_what, one, other) => {
    expect(written(one).whole).toBe(written(other).whole);
  });
});

describe('different prompts', () => {
  it.each<[string, JsonObject, JsonObject]>([
    ['another text', { input: 'a' }, { input: 'b' }],
    ['another role', { input: [user('a')] }, { input: [{ role: 'developer', content: 'a' }] }],
    ['another order', { input: [user('a'), user('b')] }, { input: [user('b'), user('a')] }],
    ['white space inside', { input: 'a  b' }, { input: 'a b' }],
    [
      'white space after what the assistant began',
      { input: [user('a'), assistant('b ')] },
      { input: [user('a'), assistant('b')] },
    ],
    ['two parts and one', { input: [user([text('a\n\nb')])] }, { input: [user([text('a'), text('b')])] }],
    [
      'another image',
      { input: [user([image('data:image/png;base64,aGk=')])] },
      { input: [user([image('data:image/png;base64,aGo=')])] },
    ],
    [
      'another type of image',
      { input: [user([image('data:image/png;base64,aGk=')])] },
      { input: [user([image('data:image/gif;base64,aGk=')])] },
    ],
    [
      'another phase',
      { input: [{ ...assistant('a'), phase: 'commentary' }, user('b')] },
      { input: [assistant('a'), user('b')] },
    ],
    ['another output of a tool', { input: [user('a'), output('x')] }, { input: [user('a'), output('y')] }],
  ])('Responses prompts differ: %s', (_what, one, other) => {
    expect(written(one).whole).not.toBe(written(other).whole);
  });
});

describe('the semantic text', () => {
  it('the semantic text of Responses is the last user turn, trimmed, and not in the frame', () => {
    const { semantic, frame } = written({ input: [user('first'), assistant('second'), user(' third ')] });
    expect(semantic).toBe('third');
    expect(frame).toBe(written({ input: [user('first'), assistant('second'), user('else')] }).frame);
    expect(frame).not.toBe(written({ input: [user('else'), assistant('second'), user('third')] }).frame);
    expect(written({ input: 'hi', instructions: 'a' }).frame).not.toBe(
      written({ input: 'hi', instructions: 'b' }).frame,
    );
  });

  it('the semantic text of Responses joins the parts of the turn', () => {
    expect(written({ input: [user([text('a'), text('b')])] }).semantic).toBe('a\n\nb');
  });

  it.each<[string, JsonObject]>([
    ['after what the assistant began', { input: [user('a'), assistant('b')] }],
    ['where there are tools', { tools: [{ type: 'function', name: 'f', parameters: {}, strict: true }] }],
    ['where a tool has answered', { input: [user('a'), output('x'), user('b')] }],
    ['beside an image', { input: [user([text('what is it?'), image('data:image/png;base64,aGk=')])] }],
  ])('a Responses request has no semantic text %s', (_when, change) => {
    expect(written(change).semantic).toBeUndefined();
  });
});

describe('media', () => {
  it.each<[JsonObject, string]>([
    [{ input: [user([image('data:image/png;base64,aGk=')])] }, 'inline'],
    [{ input: [user([image('data:text/plain,hi')])] }, 'inline'],
    [{ input: [user([image('https://x/y.png')])] }, 'reference'],
    [{ input: [user([{ type: 'input_image', file_id: 'file_1' }])] }, 'reference'],
    [{ input: [user([{ type: 'input_hologram', file_id: 'file_1' }])] }, 'reference'],
    [{ input: [{ role: 'assistant', content: [{ type: 'refusal', refusal: 'no' }] }, user('a')] }, 'none'],
    [
      { input: [user([{ type: 'input_image', file_id: null, image_url: 'data:image/png;base64,aGk=' }])] },
      'inline',
    ],
    [
      {
        input: [
          user([{ type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,aGk=' }]),
        ],
      },
      'inline',
    ],
    [{ input: [user([{ type: 'input_file', filename: 'a.pdf', file_data: 'aGk=' }])] }, 'inline'],
    [{ input: [user([{ type: 'input_file', file_url: 'https://x' }])] }, 'reference'],
    [{ input: [user([{ type: 'input_audio', input_audio: { data: 'aGk=', format: 'wav' } }])] }, 'inline'],
    [{ input: [output([image('https://x/y.png')])] }, 'reference'],
    [
      {
        input: [
          {
            type: 'computer_call_output',
            call_id: 'c',
            output: { type: 'computer_screenshot', file_id: 'f' },
          },
        ],
      },
      'reference',
    ],
    [{ input: [{ type: 'shell_call_output', call_id: 'c', output: [{ stdout: 'x' }] }, user('a')] }, 'none'],
    [{ input: 'https://x/y.png' }, 'none'],
  ])('the media of the Responses input %j are %s', (change, media) => {
    expect(written(change).media).toBe(media);
  });
});

describe('following across forms', () => {
  it('a request for a response body follows a stream, and a request for a stream follows no body', () => {
    expect(openaiResponses.mayFollow('stream', 'body')).toBe(true);
    expect(openaiResponses.mayFollow('body', 'stream')).toBe(false);
  });
});

describe('errors', () => {
  const info: ErrorInfo = { status: 502, code: 'provider_broke_off', message: 'The provider broke off.' };

  it('an error body of Responses is as OpenAI writes it', () => {
    expect(JSON.parse(openaiResponses.errorBody(info))).toMatchObject({
      error: { message: info.message, code: info.code },
    });
  });

  it('an error event of Responses is as the API documents it', () => {
    const [head, data] = openaiResponses.errorEvent(info, serverSentEvents).split('\n');
    expect(head).toBe('event: error');
    expect(JSON.parse(data?.slice('data: '.length) ?? '')).toEqual({
      type: 'error',
      code: 'provider_broke_off',
      message: info.message,
      param: null,
      sequence_number: 0,
    });
  });

  it("OpenAI's client takes no response from a stream that ends with the error event", async () => {
    const created = {
      type: 'response.created',
      sequence_number: 0,
      response: { id: 'resp_1', object: 'response', status: 'in_progress', output: [] },
    };
    const recording = streamRecording([
      `event: response.created\ndata: ${JSON.stringify(created)}\n\n`,
      openaiResponses.errorEvent(info, serverSentEvents),
    ]);
    const client = new OpenAI({ apiKey: 'none', fetch: replay(recording), maxRetries: 0 });
    await expect(client.responses.stream({ model: 'gpt-x', input: 'x' }).finalResponse()).rejects.toThrow();
  });
});
