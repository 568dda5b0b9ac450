import { describe, expect, it } from 'vitest';
import { bodyOf } from '../../../../../test/support/provider-recordings.ts';
import type { Recording } from '../../entry/entry.ts';
import type { JsonObject, JsonValue } from '../../json.ts';
import { describeProtocolContract } from '../../testing/protocol-contract.ts';
import { jsonLines } from '../framings/json-lines.ts';
import { aiSdkEmbeddings } from './embeddings.ts';
import { writeFailure } from './errors.ts';
import { aiSdk } from './protocol.ts';

const runner = { describe, it, expect };

const usage = {
  inputTokens: { total: 12, cacheRead: 4, cacheWrite: 2, $askonce: { undefined: ['noCache'] } },
  outputTokens: { total: 5 },
};
const finishReason = { unified: 'stop', raw: 'end_turn' };
const call = { type: 'tool-call', toolCallId: 'c', toolName: 'weather', input: '{"city":"Lyon"}' };
const result = {
  content: [
    { type: 'reasoning', text: 'Hm.', providerMetadata: { mock: { signature: 's' } } },
    { type: 'text', text: 'By train.' },
    { type: 'source', sourceType: 'url', id: '1', url: 'https://a.test/' },
    call,
  ],
  finishReason,
  usage,
  response: { id: 'r', modelId: 'm', timestamp: { $askonce: 'date', value: '2026-11-01T00:00:00.000Z' } },
  warnings: [{ type: 'other', message: 'careful' }],
};

function stream(parts: readonly JsonValue[]): Recording {
  const lines = parts.map((part) => jsonLines.write(JSON.stringify(part)));
  return { form: 'stream', status: 200, headers: {}, ...jsonLines.join(lines) };
}

const parts = [
  { type: 'stream-start', warnings: [] },
  { type: 'response-metadata', id: 'r', modelId: 'm' },
  { type: 'text-start', id: '1' },
  { type: 'text-delta', id: '1', delta: 'By ' },
  { type: 'text-delta', id: '1', delta: 'train.' },
  { type: 'text-end', id: '1' },
];
const end = { type: 'finish', usage, finishReason };
const whole = bodyOf(JSON.stringify(result));
const prompt = [{ role: 'user', content: [{ type: 'text', text: 'How do I get to Lyon?' }] }];

describeProtocolContract({
  protocol: aiSdk,
  runner,
  questions: [
    { title: 'a call', body: { model: 'm', prompt }, answers: [whole, stream([...parts, end])] },
    {
      title: 'a call with tools',
      body: { model: 'm', prompt, tools: [{ type: 'function', name: 'weather', inputSchema: {} }] },
      answers: [stream([...parts, call, end])],
    },
  ],
});

const vectors = { object: 'list', data: [{ index: 0, embedding: [1, '-0'] }], model: 'm', warnings: [] };

describeProtocolContract({
  protocol: aiSdkEmbeddings,
  runner,
  questions: [
    { title: 'values', body: { model: 'm', input: ['a'] }, answers: [bodyOf(JSON.stringify(vectors))] },
  ],
});

describe('an answer of the AI SDK', () => {
  it.each<[string, JsonObject, string]>([
    ['stop', { unified: 'stop', raw: 'stop' }, 'natural'],
    ['no word of the provider', { unified: 'stop' }, 'natural'],
    ['a pause', { unified: 'stop', raw: 'pause_turn' }, 'paused'],
    ['a refusal', { unified: 'content-filter', raw: 'refusal' }, 'filtered'],
    ['a limit', { unified: 'length', raw: 'stop' }, 'length'],
    ['another end', { unified: 'other', raw: 'end_of_thought' }, 'natural'],
    ['another end without a word', { unified: 'other' }, 'incomplete'],
    ['an error', { unified: 'error', raw: 'stop' }, 'failed'],
  ])('that ends with %s has the finish %j', (_how, reason, finish) => {
    const answer = bodyOf(JSON.stringify({ ...result, finishReason: reason }));
    expect(aiSdk.assess(answer).finish).toBe(finish);
  });

  it('has the finish that the user’s own word means', () => {
    const answer = bodyOf(JSON.stringify({ ...result, finishReason: { unified: 'stop', raw: 'Eager' } }));
    expect(aiSdk.assess(answer, new Map([['eager', 'length']])).finish).toBe('length');
  });

  it('has usage, model, id and calls', () => {
    expect(aiSdk.assess(whole)).toEqual({
      finish: 'natural',
      finishReason: 'end_turn',
      empty: false,
      toolCalls: 'valid',
      usage: { inputTokens: 12, outputTokens: 5, cachedInputTokens: 4, cacheWriteTokens: 2 },
      model: 'm',
      id: 'r',
    });
  });

  it('that only its own process can read is unreadable, and text that looks so is not', () => {
    const held = { ...result, providerMetadata: { $askonce: 'held' } };
    expect(aiSdk.assess(bodyOf(JSON.stringify(held))).finish).toBe('unreadable');
    const talk = { ...result, content: [{ type: 'text', text: 'write "$askonce":"held"' }] };
    expect(aiSdk.assess(bodyOf(JSON.stringify(talk))).finish).toBe('natural');
  });

  it.each<[string, readonly JsonValue[]]>([
    ['a piece of a text that has not begun', [{ type: 'text-delta', id: '9', delta: 'a' }, end]],
    ['a part behind its end', [...parts, end, { type: 'ping' }]],
    ['a piece that is no text', [{ type: 'text-start', id: '1' }, { type: 'text-delta', id: '1' }, end]],
    ['an end without usage', [...parts, { type: 'finish', finishReason }]],
  ])('with %s is unreadable', (_how, some) => {
    expect(aiSdk.assess(stream(some)).finish).toBe('unreadable');
  });

  it.each<[string, readonly JsonValue[]]>([
    ['a part that is not known', [...parts, { type: 'hologram' }, end]],
    [
      'a property that is not known',
      [{ type: 'text-start', id: '1', tone: 'warm' }, { type: 'text-end', id: '1' }, ...parts.slice(2), end],
    ],
    ['a text that has not ended', [...parts.slice(0, -1), end]],
    [
      'the input of a call that never came',
      [...parts, { type: 'tool-input-start', id: 'c', toolName: 'a' }, end],
    ],
    ['a call whose input is not JSON', [...parts, { ...call, input: '{' }, end]],
  ])('with %s is not converted', (_how, some) => {
    expect(aiSdk.convert(stream(some), 'body')).toBeUndefined();
    expect(aiSdk.convert(stream([...parts, end]), 'body')).toBeDefined();
  });

  it.each<[string, JsonObject]>([
    ['a text for its output', { structuredOutputText: '{}' }],
    ['content that is not known', { content: [{ type: 'hologram' }] }],
    ['text with more than a stream says', { content: [{ type: 'text', text: 'a', tone: 'warm' }] }],
  ])('with %s is not streamed', (_how, more) => {
    expect(aiSdk.convert(bodyOf(JSON.stringify({ ...result, ...more })), 'stream')).toBeUndefined();
    expect(aiSdk.convert(whole, 'stream')).toBeDefined();
  });

  it('says its text, if it says nothing else', () => {
    const read = (answer: JsonObject) => aiSdk.answerText(answer);
    expect(read({ ...result, content: result.content.slice(0, 2) })).toBe('By train.');
    expect(read(result)).toBeUndefined();
  });
});

describe('an error of the AI SDK', () => {
  const failure = {
    name: 'E',
    message: 'No.',
    url: '',
    isRetryable: false,
    data: undefined,
    held: undefined,
  };
  const kindOf = (status: number, responseBody: string | undefined) =>
    aiSdk.errorKind({ status, headers: {}, body: Buffer.from(writeFailure({ ...failure, responseBody })) });

  it.each<[string, number, string | undefined]>([
    ['deterministic', 400, '{"error":{"message":"max_tokens: too large","type":"invalid_request_error"}}'],
    ['account', 400, '{"error":{"message":"Your credit balance is too low"}}'],
    ['account', 429, '{"error":{"message":"You exceeded","code":"insufficient_quota"}}'],
    ['overload', 429, '{"error":{"message":"Slow down","code":"rate_limit_exceeded"}}'],
    ['overload', 529, undefined],
    ['transient', 500, ''],
    ['account', 404, undefined],
  ])('is %s by its status %i and the provider’s own body %s', (kind, status, body) => {
    expect(kindOf(status, body)).toBe(kind);
  });
});
