import { describe, expect, it } from 'vitest';
import { chunkStream, openaiRecordings } from '../../../../../../test/support/openai-recordings.ts';
import { bodyOf } from '../../../../../../test/support/provider-recordings.ts';
import { describeRecorded } from '../../../../../../test/support/recorded-suites.ts';
import type { Recording } from '../../../entry/entry.ts';
import { streamOf } from '../../../entry/sse.ts';
import type { JsonObject } from '../../../json.ts';
import type { Assessment } from '../../contract.ts';
import { assess } from './assess.ts';

type Verdict = readonly [
  finishReason: string,
  toolCalls: Assessment['toolCalls'],
  tokens: readonly [number, number, number?],
  model: string,
];

/** Each of them has a natural end and is not empty. */
const verdicts: Readonly<Record<string, Verdict>> = {
  'alibaba-text.events.jsonl': ['stop', 'none', [18, 779], 'qwen3-max'],
  'alibaba-text.json': ['stop', 'none', [18, 1064], 'qwen3-max'],
  'alibaba-tool-call.events.jsonl': ['tool_calls', 'valid', [295, 22], 'qwen3-max'],
  'alibaba-tool-call.json': ['tool_calls', 'valid', [295, 22], 'qwen3-max'],
  'deepseek-json.json': ['stop', 'none', [495, 144, 320], 'deepseek-reasoner'],
  'deepseek-reasoning.events.jsonl': ['stop', 'none', [18, 219], 'deepseek-reasoner'],
  'deepseek-reasoning.json': ['stop', 'none', [18, 345], 'deepseek-reasoner'],
  'groq-reasoning.events.jsonl': ['stop', 'none', [17, 1107], 'qwen/qwen3-32b'],
  'groq-reasoning.json': ['stop', 'none', [17, 649], 'qwen/qwen3-32b'],
  'mistral-incremental-tool-call.events.jsonl': ['tool_calls', 'valid', [171, 14, 128], 'zai-glm-5-2'],
  'mistral-text.events.jsonl': ['stop', 'none', [13, 8], 'mistral-small-latest'],
  'mistral-text.json': ['stop', 'none', [13, 434], 'mistral-small-latest'],
  'mistral-tool-call.events.jsonl': ['tool_calls', 'valid', [124, 22], 'mistral-small-latest'],
  'mistral-tool-call.json': ['tool_calls', 'valid', [124, 22], 'mistral-small-latest'],
  'moonshotai-reasoning.json': ['stop', 'none', [20, 30], 'kimi-k2.6'],
  'moonshotai-stream.events.jsonl': ['stop', 'none', [9, 12], 'kimi-k3'],
  'openai-text.events.jsonl': ['stop', 'none', [16, 300], 'gpt-4.1-nano-2025-04-14'],
  'openai-text.json': ['stop', 'none', [16, 363], 'gpt-4.1-nano-2025-04-14'],
  'xai-tool-call.events.jsonl': ['tool_calls', 'valid', [307, 26, 306], 'grok-3-mini'],
  'xai-tool-call.json': ['tool_calls', 'valid', [307, 26, 244], 'grok-3-mini'],
};

const recordings = openaiRecordings('openai-chat');

describeRecorded('real recordings of chat answers', () => {
  it('every recorded chat answer has a verdict in the table', () => {
    expect(recordings.map(({ name }) => name)).toEqual(Object.keys(verdicts).toSorted());
  });

  it.each(recordings)('$name is assessed as the table says', ({ name, recording }) => {
    const [finishReason, toolCalls, tokens, model] = verdicts[name] ?? [];
    const [inputTokens, outputTokens, cachedInputTokens] = tokens ?? [];
    expect(assess(recording)).toEqual({
      id: /"id":\s*"((?!call_)[^"]+)"/.exec(Buffer.from(recording.body).toString('utf8'))?.[1],
      finish: 'natural',
      finishReason,
      empty: false,
      toolCalls,
      usage: { inputTokens, outputTokens, cachedInputTokens },
      model,
    });
  });

  it.each(recordings)('$name, broken off anywhere, is never taken for finished', ({ recording }) => {
    const { body, events } = recording;
    const cuts = Array.from({ length: 24 }, (_, index) => Math.floor((body.length * index) / 24));
    const isText = (byte: number | undefined) => byte !== 0x0a && byte !== 0x20;
    if (events === undefined) cuts.push(body.findLastIndex(isText));
    else cuts.push(events.ends.at(-2) ?? 0, (events.ends.at(-1) ?? 0) - 1);
    for (const cut of cuts) {
      const piece: Recording = {
        ...recording,
        body: body.subarray(0, cut),
        events: events && {
          ends: events.ends.filter((end) => end <= cut),
          at: events.at.filter((_, index) => (events.ends[index] ?? 0) <= cut),
        },
      };
      expect(['incomplete', 'unreadable']).toContain(assess(piece).finish);
    }
  });
});

function answer(choice: object, rest: object = {}): Recording {
  return bodyOf(JSON.stringify({ choices: [{ index: 0, ...choice }], ...rest }));
}

function said(finishReason: unknown, message: object = { content: 'x' }): Recording {
  return answer({ message, finish_reason: finishReason });
}

function delta(delta: object, finishReason: string | null = null, index = 0): object {
  return { choices: [{ index, delta, finish_reason: finishReason }] };
}

describe('why a chat answer ended', () => {
  it.each([
    ['stop', 'natural'],
    ['tool_calls', 'natural'],
    ['function_call', 'natural'],
    ['length', 'length'],
    ['model_length', 'length'],
    ['content_filter', 'filtered'],
    ['error', 'failed'],
    ['insufficient_system_resource', 'failed'],
    [null, 'incomplete'],
    [undefined, 'incomplete'],
    ['eos', 'natural'],
    ['MAX_TOKENS', 'length'],
    ['a word from the future', 'natural'],
    [7, 'unreadable'],
  ])('the finish reason %s is %s, in a body and in a stream', (reason, finish) => {
    expect(assess(said(reason)).finish).toBe(finish);
    const chunk = { choices: [{ index: 0, delta: { content: 'x' }, finish_reason: reason }] };
    expect(assess(chunkStream([chunk, '[DONE]'])).finish).toBe(finish);
  });

  it.each([
    ['stop', 'MAX_TOKENS', 'length'],
    ['stop', 'max_output_tokens', 'length'],
    ['stop', 'SAFETY', 'filtered'],
    ['stop', 'insufficient_system_resource', 'failed'],
    ['length', 'STOP', 'length'],
    ['stop', 'end_turn', 'natural'],
    ['stop', 'completed', 'natural'],
    ['stop', 'null', 'natural'],
    ['stop', null, 'natural'],
    ['stop', 7, 'natural'],
    [null, 'STOP', 'incomplete'],
  ])('the finish reason %s with the native one %s is %s', (reason, native, finish) => {
    const ended = { finish_reason: reason, native_finish_reason: native };
    expect(assess(answer({ message: { content: 'x' }, ...ended })).finish).toBe(finish);
    const chunk = { choices: [{ index: 0, delta: { content: 'x' }, ...ended }] };
    expect(assess(chunkStream([chunk, '[DONE]'])).finish).toBe(finish);
  });

  it('a refusal is not a natural end, even with the reason stop', () => {
    expect(assess(said('stop', { content: null, refusal: 'No.' })).finish).toBe('refused');
    const stream = [delta({ refusal: '' }), delta({ refusal: 'No.' }), delta({}, 'stop'), '[DONE]'];
    expect(assess(chunkStream(stream)).finish).toBe('refused');
    expect(assess(said('stop', { content: 'Yes.', refusal: null })).finish).toBe('natural');
  });

  it('an error of MiniMax under status 200 has failed, whatever stands beside it', () => {
    const base = (status_code: number) => ({ base_resp: { status_code, status_msg: 'x' } });
    const choice = { message: { content: 'x' }, finish_reason: 'stop' };
    const end = delta({ content: 'x' }, 'stop');
    for (const [code, finish] of [
      [0, 'natural'],
      [1002, 'failed'],
    ] as const) {
      expect(assess(answer(choice, base(code))).finish).toBe(finish);
      expect(assess(chunkStream([{ ...end, ...base(code) }, '[DONE]'])).finish).toBe(finish);
    }
  });

  it('the worst of several choices decides for all', () => {
    const choices = ['stop', 'length', 'content_filter'].map((finish_reason, index) => ({
      index,
      message: { content: 'x' },
      finish_reason,
    }));
    const judged = assess(bodyOf(JSON.stringify({ choices })));
    expect([judged.finish, judged.finishReason]).toEqual(['filtered', 'content_filter']);
    const stream = [delta({ content: 'x' }, 'stop', 0), delta({ content: 'y' }, null, 1), '[DONE]'];
    expect(assess(chunkStream(stream)).finish).toBe('incomplete');
  });

  it('a chat stream without its [DONE] is incomplete, whatever its choices say', () => {
    const chunk = delta({ content: 'x' }, 'stop');
    expect(assess(chunkStream([chunk])).finish).toBe('incomplete');
    expect(assess(chunkStream([])).finish).toBe('incomplete');
    expect(assess(chunkStream(['[DONE]']))).toMatchObject({ finish: 'incomplete', empty: true });
  });

  it('an error in place of a chat answer, or in the middle of it, is a failure', () => {
    const error = { error: { message: 'overloaded', type: 'server_error' } };
    expect(assess(bodyOf(JSON.stringify(error))).finish).toBe('failed');
    expect(assess(chunkStream([delta({ content: 'x' }), error, '[DONE]'])).finish).toBe('failed');
    const named = streamOf(['event: error\ndata: {"message":"overloaded"}\n\n', 'data: [DONE]\n\n']);
    expect(assess({ form: 'stream', status: 200, headers: {}, ...named }).finish).toBe('failed');
    expect(assess(chunkStream([{ ...delta({}), x_groq: { error: 'over capacity' } }, '[DONE]'])).finish).toBe(
      'failed',
    );
    const choice = { message: { content: 'x' }, finish_reason: 'stop', error: { code: 502 } };
    expect(assess(answer(choice)).finish).toBe('failed');
    expect(assess(answer({ message: { content: 'x' }, finish_reason: 'stop' }, { error: null })).finish).toBe(
      'natural',
    );
  });

  it('a JSON document in place of a chat stream is an error or unreadable', () => {
    const events = { ends: new Uint32Array(), at: new Uint32Array() };
    const failed: Recording = { ...bodyOf('{"error":{"message":"no"}}'), form: 'stream', events };
    expect(assess(failed).finish).toBe('failed');
    expect(assess({ ...said('stop'), form: 'stream', events }).finish).toBe('unreadable');
  });

  it.each([['<html>'], ['null'], ['[]'], ['"text"'], ['{"object":"list"}'], ['{"choices":{}}'], ['']])(
    'the body %s is not a chat answer',
    (text) => {
      expect(['unreadable', 'incomplete']).toContain(assess(bodyOf(text)).finish);
    },
  );

  it('assessing a chat answer never throws, whatever the bytes are', () => {
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x7b]);
    expect(assess({ form: 'body', status: 200, headers: {}, body: bytes }).finish).toBe('unreadable');
    const choices = [null, 7, [], {}, { message: 3, delta: 4, finish_reason: {} }];
    expect(assess(bodyOf(JSON.stringify({ choices }))).finish).toBe('unreadable');
    expect(assess(chunkStream([{ choices }, '[DONE]'])).finish).toBe('unreadable');
    expect(assess(chunkStream(['no JSON', '[DONE]'])).finish).toBe('unreadable');
    expect(assess(chunkStream([{ choices: [{ delta: { tool_calls: [null, {}] } }] }, '[DONE]'])).finish).toBe(
      'incomplete',
    );
  });
});

describe('the content of a chat answer', () => {
  it.each([
    [{ content: '' }, true],
    [{ content: ' \n' }, true],
    [{ content: null, tool_calls: [] }, true],
    [{}, true],
    [{ content: 'x' }, false],
    [{ content: [{ type: 'text', text: 'x' }] }, false],
    [{ content: '', reasoning_content: 'hm' }, true],
    [{ content: ' \n', reasoning: 'hm', reasoning_details: [{ type: 'reasoning.text', text: 'hm' }] }, true],
    [{ content: 'x', reasoning_content: 'hm' }, false],
    [{ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] }] }, true],
    [
      {
        content: [
          { type: 'thinking', thinking: [] },
          { type: 'text', text: ' ' },
        ],
      },
      true,
    ],
    [
      {
        content: [
          { type: 'thinking', thinking: [] },
          { type: 'text', text: 'x' },
        ],
      },
      false,
    ],
    [{ content: [{ type: 'image_url', image_url: { url: 'u' } }] }, false],
    [{ content: [] }, true],
    [{ content: '\u200b\u00a0\ufeff' }, true],
    [{ content: '<think>hm</think>\n\n' }, true],
    [{ content: '<seed:think>hm</seed:think>' }, true],
    [{ content: '[THINK]hm[/THINK]\n' }, true],
    [{ content: '[THINK]hm[/THINK]x' }, false],
    [{ content: '◁think▷hm◁/think▷' }, true],
    [{ content: '<|channel|>analysis<|message|>hm' }, true],
    [
      { content: '<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>x' },
      false,
    ],
    [{ content: '\n<think>hm' }, true],
    [{ content: 'hm\n</think>\n' }, true],
    [{ content: '<think>hm</think><think></think> ' }, true],
    [{ content: '<Thinking>hm</thinking>x' }, false],
    [{ content: 'hm</think>\n\nx' }, false],
    [{ content: 'Write <think> first.' }, false],
    [{ content: null, tool_calls: [{ id: 'a', function: { name: 'f', arguments: '' } }] }, false],
    [{ content: null, function_call: { name: 'f', arguments: '{}' } }, false],
    [{ content: null, audio: { id: 'a', data: 'AA==' } }, false],
  ])('that an answer with the chat message %j is empty is %s', (message, empty) => {
    expect(assess(said('stop', message)).empty).toBe(empty);
    if (!('audio' in message))
      expect(assess(chunkStream([delta(message, 'stop'), '[DONE]'])).empty).toBe(empty);
  });

  it.each([
    ['{"a":1}', 'valid'],
    ['', 'valid'],
    ['[]', 'valid'],
    ['{"a":', 'invalid'],
    ['a=1', 'invalid'],
  ])('the arguments %s are %s', (text, toolCalls) => {
    const called = { name: 'f', arguments: text };
    const call = { id: 'a', type: 'function', function: called };
    expect(assess(said('tool_calls', { tool_calls: [call] })).toolCalls).toBe(toolCalls);
    expect(assess(said('function_call', { function_call: called })).toolCalls).toBe(toolCalls);
  });

  it('a call of a function with an empty name is invalid', () => {
    const call = (name: string) => ({ tool_calls: [{ id: 'a', function: { name, arguments: '{}' } }] });
    expect(assess(said('tool_calls', call('f'))).toolCalls).toBe('valid');
    for (const name of ['', ' ']) expect(assess(said('tool_calls', call(name))).toolCalls).toBe('invalid');
  });

  it('arguments are assembled call by call, however the deltas alternate', () => {
    const piece = (index: number, text: string, rest: object = {}) =>
      delta({ tool_calls: [{ index, ...rest, function: { arguments: text } }] });
    const whole = [
      piece(0, '{"a"', { id: 'a', type: 'function' }),
      piece(1, '', { id: 'b', type: 'function' }),
      piece(0, ':1}'),
      delta({}, 'tool_calls'),
      '[DONE]',
    ];
    expect(assess(chunkStream(whole)).toolCalls).toBe('valid');
    expect(assess(chunkStream(whole.toSpliced(2, 1))).toolCalls).toBe('invalid');
  });

  it('calls without an index are distinguished by their ids', () => {
    const call = (id: string, text: string) => delta({ tool_calls: [{ id, function: { arguments: text } }] });
    const stream = [call('a', '{}'), call('b', '{}'), delta({}, 'tool_calls'), '[DONE]'];
    expect(assess(chunkStream(stream)).toolCalls).toBe('valid');
  });

  it('a custom tool takes free text', () => {
    const call = { id: 'a', type: 'custom', custom: { name: 'f', input: 'not JSON' } };
    expect(assess(said('tool_calls', { tool_calls: [call] })).toolCalls).toBe('valid');
  });

  it('usage is found wherever the provider reports it, and only there', () => {
    const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };
    const found = { inputTokens: 3, outputTokens: 4 };
    const end = delta({ content: 'x' }, 'stop');
    expect(assess(chunkStream([end, { choices: [], usage }, '[DONE]'])).usage).toEqual(found);
    expect(assess(chunkStream([{ ...end, usage }, '[DONE]'])).usage).toEqual(found);
    expect(assess(chunkStream([{ ...end, x_groq: { usage } }, '[DONE]'])).usage).toEqual(found);
    expect(assess(chunkStream([{ ...end, usage: null }, '[DONE]'])).usage).toBeUndefined();
    expect(assess(said('stop')).usage).toBeUndefined();
  });

  it.each<[string, JsonObject, object]>([
    ['OpenAI', { prompt_tokens_details: { cached_tokens: 2 } }, { cachedInputTokens: 2 }],
    ['DeepSeek', { prompt_cache_hit_tokens: 2, prompt_cache_miss_tokens: 1 }, { cachedInputTokens: 2 }],
    [
      'OpenRouter',
      { prompt_tokens_details: { cached_tokens: 1, cache_write_tokens: 2 } },
      { cachedInputTokens: 1, cacheWriteTokens: 2 },
    ],
    ['a provider without a cache', { prompt_tokens_details: { cached_tokens: 0 } }, {}],
    ['a provider with another shape', { prompt_tokens_details: { cached_tokens: '2' } }, {}],
  ])('usage of %s has cached tokens as a part of all input tokens', (_provider, details, found) => {
    const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7, ...details };
    const end = { choices: [{ index: 0, delta: { content: 'x' }, finish_reason: 'stop' }] };
    expect(assess(chunkStream([end, { choices: [], usage }, '[DONE]'])).usage).toEqual({
      inputTokens: 3,
      outputTokens: 4,
      ...found,
    });
  });
});

it('the words of several choices are all named, in their order, and the worst decides', () => {
  const choice = (index: number, word: string) => ({
    ...{ index, finish_reason: word },
    message: { role: 'assistant', content: 'x' },
  });
  const two = { id: 'c-1', object: 'chat.completion', choices: [choice(0, 'length'), choice(1, 'stop')] };
  expect(assess(bodyOf(JSON.stringify(two)))).toMatchObject({
    id: 'c-1',
    finishReason: 'length',
    finishReasons: ['length', 'stop'],
  });
});
