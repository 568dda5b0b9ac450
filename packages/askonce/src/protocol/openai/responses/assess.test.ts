import { describe, expect, it } from 'vitest';
import { textOf } from '../../../../../../test/support/openai-recordings.ts';
import {
  bodyOf,
  namedRecordings,
  streamRecording,
} from '../../../../../../test/support/provider-recordings.ts';
import { describeRecorded } from '../../../../../../test/support/recorded-suites.ts';
import { writeEvent } from '../../../entry/sse.ts';
import type { JsonObject, JsonValue } from '../../../json.ts';
import type { Assessment } from '../../contract.ts';
import { readFinishWords } from '../../finish-words.ts';
import { assess } from './assess.ts';

type Verdict = Pick<Assessment, 'finish' | 'finishReason' | 'empty' | 'toolCalls'>;

const text: Verdict = { finish: 'natural', finishReason: 'completed', empty: false, toolCalls: 'none' };
const calls: Verdict = { ...text, toolCalls: 'valid' };
const unusable = (finish: 'failed' | 'unreadable'): Verdict => ({
  finish,
  finishReason: '',
  empty: true,
  toolCalls: 'none',
});

const verdicts: Readonly<Record<string, Verdict>> = {
  'azure-image-generation-tool.1.events.jsonl': calls,
  'azure-image-generation-tool.1.json': calls,
  'azure-text.1.events.jsonl': text,
  'azure-text.1.json': text,
  'azure-tool-call.1.events.jsonl': calls,
  'azure-tool-call.1.json': calls,
  'lmstudio-basic.1.events.jsonl': text,
  'lmstudio-basic.1.json': text,
  'lmstudio-tool-call.2.events.jsonl': calls,
  'openai-apply-patch-tool.1.events.jsonl': calls,
  'openai-apply-patch-tool.1.json': calls,
  'openai-client-tool-search.1.events.jsonl': calls,
  'openai-client-tool-search.1.json': calls,
  'openai-compaction.1.events.jsonl': text,
  'openai-compaction.1.json': text,
  'openai-custom-tool.1.events.jsonl': calls,
  'openai-custom-tool.1.json': calls,
  'openai-error.1.events.jsonl': unusable('failed'),
  'openai-error.1.json': unusable('failed'),
  'openai-file-search-tool.1.events.jsonl': calls,
  'openai-file-search-tool.1.json': calls,
  'openai-image-generation-tool.1.events.jsonl': calls,
  'openai-image-generation-tool.1.json': calls,
  'openai-local-shell-tool.1.events.jsonl': calls,
  'openai-local-shell-tool.1.json': calls,
  'openai-mcp-tool-approval.1.events.jsonl': calls,
  'openai-mcp-tool-approval.1.json': calls,
  'openai-pdf-input-file.1.events.jsonl': text,
  'openai-pdf-input-file.1.json': text,
  'openai-phase.1.events.jsonl': text,
  'openai-phase.1.json': text,
  'openai-shell-container-multiturn.1.events.jsonl': text,
  'openai-shell-container-multiturn.1.json': text,
  'openai-shell-container.1.events.jsonl': calls,
  'openai-shell-container.1.json': calls,
  'openai-shell-local-multiturn.1.events.jsonl': text,
  'openai-shell-local-multiturn.1.json': text,
  'openai-shell-skills.1.events.jsonl': calls,
  'openai-shell-skills.1.json': calls,
  // The answers to two requests in one file.
  'openai-shell-tool.1.events.jsonl': unusable('unreadable'),
  'openai-shell-tool.1.json': calls,
  'openai-web-search-tool.1.events.jsonl': calls,
  'openai-web-search-tool.1.json': calls,
  // Its first and its last event lack their last brace.
  'parallel-tool-call-wrapper.1.events.jsonl': unusable('unreadable'),
  'parallel-tool-call-wrapper.1.json': calls,
  'programmatic-tool-calling.1.events.jsonl': calls,
  'programmatic-tool-calling.1.json': calls,
  'programmatic-tool-calling.2.events.jsonl': calls,
  'programmatic-tool-calling.2.json': calls,
  'reasoning-model-temperature-error.json': unusable('failed'),
};

const recordings = namedRecordings('openai-responses');

describeRecorded('real recordings of Responses', () => {
  it('every recorded response has a verdict in the table', () => {
    expect(recordings.map(({ name }) => name)).toEqual(Object.keys(verdicts).toSorted());
  });

  it.each(recordings)('$name is assessed as the table says', ({ name, recording }) => {
    expect(assess(recording)).toMatchObject(verdicts[name] ?? {});
  });

  it.each(recordings.filter(({ name }) => verdicts[name]?.finish === 'natural'))(
    '$name reports its model and its usage',
    ({ recording }) => {
      const { model, usage } = assess(recording);
      expect(model).toMatch(/\w/);
      // The last event of a stream has the whole response, and so the final usage.
      const [, cached] = [...textOf(recording).matchAll(/"cached_tokens": *(\d+)/g)].at(-1) ?? [];
      expect(usage).toEqual({
        inputTokens: expect.any(Number),
        outputTokens: expect.any(Number),
        cachedInputTokens: Number(cached) || undefined,
      });
    },
  );

  it.each(
    recordings.filter(
      ({ name, recording }) => recording.form === 'stream' && verdicts[name]?.finish === 'natural',
    ),
  )('$name is never natural when it breaks off', ({ recording }) => {
    const ends = recording.events?.ends ?? new Uint32Array();
    const { length } = ends;
    for (const count of new Set([0, 1, 2, 3, length >> 1, length - 2, length - 1])) {
      const end = ends[count - 1] ?? 0;
      const events = { ends: ends.slice(0, count), at: new Uint32Array(count) };
      expect(assess({ ...recording, body: recording.body.subarray(0, end), events }).finish).toBe(
        'incomplete',
      );
      expect(assess({ ...recording, body: recording.body.subarray(0, end + 9), events }).finish).toBe(
        'incomplete',
      );
    }
  });
});

const call: JsonObject = {
  type: 'function_call',
  id: 'fc_1',
  call_id: 'call_1',
  name: 'f',
  arguments: '{}',
  status: 'completed',
};
const message: JsonObject = {
  type: 'message',
  id: 'msg_1',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text: 'hi', annotations: [] }],
};
const usage = { input_tokens: 4, output_tokens: 2 };
const response = (change: JsonObject = {}): JsonObject => ({
  id: 'resp_1',
  object: 'response',
  status: 'completed',
  model: 'gpt-x',
  output: [message],
  usage,
  ...change,
});
const created = {
  type: 'response.created',
  response: response({ status: 'in_progress', output: [], usage: null }),
};
const added = { type: 'response.output_item.added', output_index: 0, item: { ...message, content: [] } };
const done = { type: 'response.output_item.done', output_index: 0, item: message };
const completed = (change?: JsonObject) => ({ type: 'response.completed', response: response(change) });

function streamed(...events: readonly JsonObject[]): Assessment {
  return assess(
    streamRecording(events.map((event) => writeEvent(JSON.stringify(event), String(event['type'])))),
  );
}

describe('why a response ended', () => {
  it.each<[JsonObject, Assessment['finish']]>([
    [{}, 'natural'],
    [{ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }, 'length'],
    [{ status: 'incomplete', incomplete_details: { reason: 'content_filter' } }, 'filtered'],
    [{ status: 'incomplete', incomplete_details: { reason: 'MAX-OUTPUT-TOKENS' } }, 'length'],
    [{ status: 'incomplete', incomplete_details: { reason: 'contentFilter' } }, 'filtered'],
    [{ status: 'incomplete', incomplete_details: { reason: 'stop' } }, 'incomplete'],
    [{ status: 'incomplete', incomplete_details: null }, 'incomplete'],
    [{ status: 'failed' }, 'failed'],
    [{ status: 'cancelled' }, 'failed'],
    [{ status: 'completed', error: { code: 'server_error', message: 'x' } }, 'failed'],
    [{ status: 'queued' }, 'incomplete'],
    [{ status: 'in_progress' }, 'incomplete'],
    [{ status: 'a word of next year' }, 'unreadable'],
    [{ output: [{ ...message, content: [{ type: 'refusal', refusal: 'No.' }] }] }, 'refused'],
  ])('a response with %j is %s, in both forms', (change, finish) => {
    expect(assess(bodyOf(JSON.stringify(response(change)))).finish).toBe(finish);
    expect(streamed(created, added, done, completed(change)).finish).toBe(finish);
  });

  it.each<[string, readonly JsonObject[], Assessment['finish']]>([
    ['an error', [created, { type: 'error', code: 'server_error', message: 'x', param: null }], 'failed'],
    ['no end', [created, added, done], 'incomplete'],
    ['nothing at all', [], 'incomplete'],
    [
      'an item that was never done and is not in the end either',
      [created, added, completed({ output: [] })],
      'incomplete',
    ],
    ['no beginning', [added, done, completed()], 'unreadable'],
    ['another response in it', [created, added, done, created, completed({ id: 'resp_2' })], 'unreadable'],
    ['something after its end', [created, added, done, completed(), added], 'unreadable'],
    ['an item done that was never added', [created, done, completed()], 'unreadable'],
  ])('a stream with %s is not an answer', (_what, events, finish) => {
    expect(streamed(...events).finish).toBe(finish);
  });

  it("the user's own finish words give the reasons of incomplete responses a meaning", () => {
    const cut = response({ status: 'incomplete', incomplete_details: { reason: 'Out_Of_Time' } });
    const body = bodyOf(JSON.stringify(cut));
    expect(assess(body).finish).toBe('incomplete');
    for (const word of ['out_of_time=length', 'Out-Of-Time=length'])
      expect(assess(body, readFinishWords([word])).finish).toBe('length');
    const hyphens = bodyOf(JSON.stringify(cut).replace('Out_Of_Time', 'out-of-time'));
    expect(assess(hyphens, readFinishWords(['out_of_time=length'])).finish).toBe('length');
  });

  it('a response whose id changes from event to event is one response', () => {
    const begun = { ...created, response: response({ id: 'resp_2', status: 'in_progress', output: [] }) };
    expect(
      streamed(created, { ...begun, type: 'response.in_progress' }, added, done, completed({ id: 'resp_3' }))
        .finish,
    ).toBe('natural');
  });

  it('unknown events and a closing [DONE] do not change a response', () => {
    const events = [created, { type: 'keepalive' }, added, done, completed()].map((event) =>
      writeEvent(JSON.stringify(event), event.type),
    );
    expect(assess(streamRecording([...events, 'data: [DONE]\n\n'])).finish).toBe('natural');
  });

  it('a response whose last event is empty is the answer of the events before it', () => {
    expect(streamed(created, added, done, completed({ output: [] }))).toMatchObject({
      finish: 'natural',
      empty: false,
    });
  });

  it.each([
    ['{"error":{"message":"x"}}', 'failed'],
    ['{"object":"response","output":[', 'incomplete'],
    ['<html>502</html>', 'unreadable'],
    ['[]', 'unreadable'],
    ['{"object":"chat.completion"}', 'unreadable'],
    ['', 'unreadable'],
  ])('the body %s is not a response', (body, finish) => {
    expect(assess(bodyOf(body)).finish).toBe(finish);
  });

  it('assessing a response never throws, whatever the bytes are', () => {
    const bytes = Uint8Array.from([0xff, 0xfe, 0, 10, 10, 0xc3]);
    expect(assess({ form: 'body', status: 200, headers: {}, body: bytes }).finish).toBe('unreadable');
    const events = { ends: Uint32Array.of(5), at: Uint32Array.of(0) };
    expect(assess({ form: 'stream', status: 200, headers: {}, body: bytes, events }).finish).toBe(
      'incomplete',
    );
  });
});

describe('the content of a response', () => {
  it.each<[JsonValue, Partial<Assessment>]>([
    [[], { empty: true, toolCalls: 'none' }],
    [[{ ...message, content: [] }], { empty: true }],
    [[{ ...message, content: [{ type: 'output_text', text: ' ' }] }], { empty: true }],
    [[{ type: 'reasoning', id: 'rs_1', summary: [] }], { empty: true }],
    [[{ type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'so' }] }], { empty: true }],
    [[{ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'x' }], { empty: true }],
    [[{ type: 'image_generation_call', id: 'ig_1', status: 'completed', result: 'AA==' }], { empty: false }],
    [[{ ...message, content: [{ type: 'output_text', text: '<think>so</think> ' }] }], { empty: true }],
    [[call], { empty: false, toolCalls: 'valid' }],
    [[{ ...call, arguments: '' }], { toolCalls: 'valid' }],
    [[{ ...call, arguments: '{"a":' }], { toolCalls: 'invalid' }],
    [[call, { ...call, arguments: 'x' }], { toolCalls: 'invalid' }],
    [
      [{ type: 'custom_tool_call', id: 'ct_1', call_id: 'c', name: 'sql', input: 'SELECT' }],
      { toolCalls: 'valid' },
    ],
  ])('the output %j is assessed by its items', (output, expected) => {
    expect(assess(bodyOf(JSON.stringify(response({ output }))))).toMatchObject(expected);
  });

  it('the usage of a response is as the provider reports it, cached tokens apart', () => {
    expect(assess(bodyOf(JSON.stringify(response()))).usage).toEqual({ inputTokens: 4, outputTokens: 2 });
    expect(assess(bodyOf(JSON.stringify(response({ usage: null })))).usage).toBeUndefined();
    const cached = { ...usage, input_tokens_details: { cached_tokens: 3 } };
    expect(assess(bodyOf(JSON.stringify(response({ usage: cached })))).usage).toEqual({
      inputTokens: 4,
      outputTokens: 2,
      cachedInputTokens: 3,
    });
  });
});
