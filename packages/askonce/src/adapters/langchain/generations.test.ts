import { AIMessage, type AIMessageFields } from '@langchain/core/messages';
import type { ChatGeneration } from '@langchain/core/outputs';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../../json.ts';
import { factsOf } from './facts.ts';
import { generationsOf, storedForm } from './generations.ts';

const usage = { input_tokens: 10, output_tokens: 2, total_tokens: 12 };

function generation(
  fields: AIMessageFields,
  generationInfo?: Record<string, unknown>,
  usageMetadata?: object,
): ChatGeneration {
  const message = Object.assign(new AIMessage(fields), { usage_metadata: usageMetadata });
  return { text: message.text, message, ...(generationInfo && { generationInfo }) };
}

function stored(...given: Parameters<typeof generation>) {
  return parseJson(JSON.stringify(storedForm([generation(...given)])));
}

describe('generations', () => {
  it('a generation comes back as it was, with the information that other caches lose', () => {
    const given = generation(
      {
        id: 'm1',
        name: 'Ada',
        content: [
          { type: 'reasoning', reasoning: 'thinking' },
          { type: 'text', text: 'Hello' },
        ],
        tool_calls: [{ id: 't1', name: 'look', args: { a: [1, null] }, type: 'tool_call' }],
        additional_kwargs: { audio: { id: 'x' } },
        response_metadata: { finish_reason: 'tool_calls', logprobs: null },
      },
      { finish_reason: 'tool_calls' },
    );
    const [back] = generationsOf(JSON.parse(JSON.stringify(storedForm([given]))));
    expect(back).toEqual(given);
    expect(storedForm([{ text: 'plain' }])).toEqual([{ text: 'plain' }]);
  });

  it('generations that JSON cannot express have no stored form', () => {
    const sound = { content: [{ type: 'audio', data: new Uint8Array([1, 2]) }] };
    expect(storedForm([generation(sound)])).toBeUndefined();
    expect(storedForm([{ text: 'a', generationInfo: { at: new Date(0) } }])).toBeUndefined();
  });

  it.each<[string, AIMessageFields, Record<string, unknown>?]>([
    ['cut off', { content: 'a', response_metadata: { finish_reason: 'length' } }],
    ['cut off by Anthropic', { content: 'a', response_metadata: { stop_reason: 'max_tokens' } }],
    ['cut off, as its generation says', { content: 'a' }, { finish_reason: 'length' }],
    ['filtered', { content: 'a', response_metadata: { finish_reason: 'content_filter' } }],
    ['refused', { content: 'a', response_metadata: { stop_reason: 'refusal' } }],
    ['refused in words', { content: 'a', additional_kwargs: { refusal: 'I cannot' } }],
    ['not completed', { content: 'a', response_metadata: { status: 'incomplete' } }],
    ['empty', { content: ' ' }],
    ['of thoughts alone', { content: [{ type: 'reasoning', reasoning: 'hm' }] }],
    [
      'with a broken call of a tool',
      { content: 'a', invalid_tool_calls: [{ name: 'x', args: '{', type: 'invalid_tool_call' }] },
    ],
  ])('a generation that is %s is incomplete', (_what, fields, info) => {
    expect(factsOf(stored(fields, info)).isComplete).toBe(false);
  });

  it.each<[string, AIMessageFields]>([
    ['of text', { content: 'a', response_metadata: { finish_reason: 'stop' } }],
    ['without a finish word', { content: 'a' }],
    ['of a call alone', { content: '', tool_calls: [{ id: '1', name: 'x', args: {}, type: 'tool_call' }] }],
    ['with an image', { content: [{ type: 'image_url', image_url: { url: 'data:' } }] }],
    ['of OpenAI’s responses', { content: 'a', response_metadata: { status: 'completed' } }],
  ])('a generation %s is complete', (_what, fields) => {
    expect(factsOf(stored(fields)).isComplete).toBe(true);
  });

  it('a list without generations, or with one that is incomplete, is incomplete', () => {
    expect(factsOf([]).isComplete).toBe(false);
    expect(factsOf([{ text: 'a' }, { text: '' }]).isComplete).toBe(false);
    expect(factsOf([{ text: 'a' }, { text: 'b' }]).isComplete).toBe(true);
  });

  it('model and tokens are those of the message', () => {
    const details = { cache_read: 3, cache_creation: 4 };
    const fields = { content: 'a', response_metadata: { model: 'claude-sonnet-4-5' } };
    const facts = factsOf(stored(fields, undefined, { ...usage, input_token_details: details }));
    expect(facts).toEqual({
      isComplete: true,
      model: 'claude-sonnet-4-5',
      usage: { inputTokens: 10, outputTokens: 2, cachedInputTokens: 3, cacheWriteTokens: 4 },
    });
  });
});
