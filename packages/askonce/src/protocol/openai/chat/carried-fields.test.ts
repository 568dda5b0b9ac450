import { describe, expect, it } from 'vitest';
import { chunkStream, dataOf, textOf } from '../../../../../../test/support/openai-recordings.ts';
import { bodyOf } from '../../../../../../test/support/provider-recordings.ts';
import { convert } from './convert.ts';

const frame = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 7, model: 'm' };
const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };

function chunk(delta: object, rest: object = {}, top: object = {}) {
  return { ...frame, ...top, choices: [{ index: 0, delta, finish_reason: null, ...rest }] };
}

const end = { ...chunk({}, { finish_reason: 'stop' }), usage };

/** The body that a stream of these chunks converts to; undefined if it converts to none. */
function bodyFrom(...chunks: readonly object[]) {
  const body = convert(chunkStream([...chunks, '[DONE]']), 'body');
  return body && JSON.parse(textOf(body));
}

function called(more: object, text = '') {
  return { ...more, function: { name: 'f', arguments: text } };
}

describe('a chat stream with more than text', () => {
  it.each<[string, readonly object[]]>([
    ['a finish reason after another', [chunk({ content: 'a' }, { finish_reason: 'length' })]],
    ['two roles', [chunk({ role: 'assistant' }), chunk({ role: 'tool' })]],
    ['a delta that is no object', [chunk({}, { delta: 'text' })]],
    ['a message beside its deltas', [chunk({ content: 'a' }, { message: { content: 'a' } })]],
    ['pieces of an unknown text', [chunk({ thoughts: 'a' }), chunk({ thoughts: 'a' })]],
    ['pieces of an unknown list', [chunk({ reasoning_details: [1] }), chunk({ reasoning_details: [1] })]],
    ['content parts in pieces', [chunk({ content: ['a'] }), chunk({ content: ['a'] })]],
    ['text after content parts', [chunk({ content: ['a'] }), chunk({ content: 'b' })]],
    ['annotations in two deltas', [chunk({ annotations: [{ a: 1 }] }), chunk({ annotations: [{ b: 1 }] })]],
    ['sound', [chunk({ audio: { id: 'a', data: 'AA==' } })]],
    ['token numbers in pieces', [chunk({}, { token_ids: [5] }), chunk({}, { token_ids: [5] })]],
    ['log probabilities that are no lists', [chunk({ content: 'a' }, { logprobs: { content: 'x' } })]],
    [
      'filter results that change',
      [
        chunk({}, { content_filter_results: { hate: { severity: 'safe' } } }),
        chunk({}, { content_filter_results: { hate: { severity: 'low' } } }),
      ],
    ],
    ['sources that change', [chunk({}, {}, { citations: ['a'] }), chunk({}, {}, { citations: ['a', 'b'] })]],
    ['two models', [chunk({ content: 'a' }), chunk({ content: 'b' }, {}, { model: 'n' })]],
    ['a chunk of another kind', [{ ...frame, type: 'status', text: 'searching' }]],
    ['a choice that is no object', [{ ...frame, choices: ['a'] }]],
    [
      'two choices without indexes',
      [{ ...frame, choices: [{ delta: { content: 'a' } }, { delta: { content: 'b' } }] }],
    ],
    [
      'two deltas of one choice in one chunk',
      [
        {
          ...frame,
          choices: [
            { index: 0, delta: { content: 'a' } },
            { index: 0, delta: { content: 'b' } },
          ],
        },
      ],
    ],
    ['a choice with an index beside one without', [chunk({}, { index: 1 }), chunk({}, { index: undefined })]],
    ['calls that are no list', [chunk({ tool_calls: called({ id: 'a' }) })]],
    ['a call that is no object', [chunk({ tool_calls: ['a'] })]],
    [
      'a call with two kinds',
      [chunk({ tool_calls: [called({ index: 0, id: 'a', custom: { name: 'f' } })] })],
    ],
    [
      'a call that changes its type',
      [
        chunk({ tool_calls: [called({ index: 0, id: 'a', type: 'function' })] }),
        chunk({ tool_calls: [{ index: 0, type: 'custom' }] }),
      ],
    ],
    [
      'arguments that are no text',
      [chunk({ tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: {} } }] })],
    ],
    [
      'arguments after a complete object',
      [
        chunk({ tool_calls: [called({ index: 0, id: 'a' }, '{"a":"\\"}"}')] }),
        chunk({ tool_calls: [{ index: 0, function: { arguments: '{"a":"\\"}"}' } }] }),
      ],
    ],
    ['a function that is no object', [chunk({ tool_calls: [{ index: 0, id: 'a', function: 'f' }] })]],
    [
      'pieces of an unknown field of a call',
      [
        chunk({ tool_calls: [called({ index: 0, id: 'a', signature: 'x' })] }),
        chunk({ tool_calls: [{ index: 0, signature: 'y' }] }),
      ],
    ],
    [
      'two names of the deprecated call',
      [
        chunk({ function_call: { name: 'f', arguments: '{}' } }),
        chunk({ function_call: { name: 'g', arguments: '' } }),
      ],
    ],
    ['a deprecated call that is no object', [chunk({ function_call: 'f' })]],
  ])('a chat stream with %s converts to no body', (_what, chunks) => {
    expect(bodyFrom(...chunks, end)).toBeUndefined();
  });

  it.each<[string, readonly object[], object]>([
    ['an unknown field', [chunk({ content: 'a', refined: { b: 1 } })], { content: 'a', refined: { b: 1 } }],
    [
      'an unknown field that repeats',
      [chunk({ tier: 2 }), chunk({ content: 'a', tier: 2 })],
      { content: 'a', tier: 2 },
    ],
    [
      'content parts',
      [chunk({ content: '' }), chunk({ content: [{ type: 'thinking' }] }), chunk({ content: '' })],
      {
        content: [{ type: 'thinking' }],
      },
    ],
    [
      'reasoning',
      [chunk({ reasoning_content: 'a' }), chunk({ reasoning_content: 'b' }), chunk({ content: 'c' })],
      {
        content: 'c',
        reasoning_content: 'ab',
      },
    ],
    [
      'the deprecated call',
      [chunk({ function_call: { name: 'f', arguments: '' } }), chunk({ function_call: { arguments: '{}' } })],
      { content: null, function_call: { name: 'f', arguments: '{}' } },
    ],
    [
      'calls that Mistral sends whole',
      [chunk({ tool_calls: [called({ id: 'a' }, '{"x":1}'), called({ id: 'b' })] })],
      { content: null, tool_calls: [called({ id: 'a' }, '{"x":1}'), called({ id: 'b' })] },
    ],
    [
      'a call with the signature of a thought',
      [chunk({ tool_calls: [called({ index: 0, id: 'a', extra_content: { google: 's' } }, '{}')] })],
      { content: null, tool_calls: [called({ id: 'a', extra_content: { google: 's' } }, '{}')] },
    ],
    [
      'a call without arguments',
      [chunk({ tool_calls: [{ index: 0, id: 'a', function: { name: 'f' } }] })],
      {
        content: null,
        tool_calls: [called({ id: 'a' })],
      },
    ],
    [
      'a custom call',
      [
        chunk({ tool_calls: [{ index: 0, id: 'a', type: 'custom', custom: { name: 'f', input: '{' } }] }),
        chunk({ tool_calls: [{ index: 0, id: 'a', type: 'custom', custom: { name: 'f', input: '}{' } }] }),
      ],
      { content: null, tool_calls: [{ id: 'a', type: 'custom', custom: { name: 'f', input: '{}{' } }] },
    ],
  ])('a chat stream with %s converts to a body that has it', (_what, chunks, message) => {
    expect(bodyFrom(...chunks, end).choices[0].message).toEqual({ role: 'assistant', ...message });
  });

  it('names that change from chunk to chunk, and fields that repeat, do not keep a stream from a body', () => {
    const sources = { citations: ['a'], provider: 'P' };
    const body = bodyFrom(
      chunk(
        { content: 'a' },
        { content_filter_results: { hate: { severity: 'safe' } } },
        { id: 'x', ...sources },
      ),
      chunk(
        { content: 'b' },
        { finish_reason: '', content_filter_results: {} },
        { id: 'y', created: 8, ...sources },
      ),
      { ...end, ...sources },
    );
    expect(body).toMatchObject({ ...sources, id: 'x', created: 7, usage });
    expect(body.choices).toEqual([
      {
        index: 0,
        message: { role: 'assistant', content: 'ab' },
        finish_reason: 'stop',
        content_filter_results: { hate: { severity: 'safe' } },
      },
    ]);
  });
});

describe('a chat body with more than text', () => {
  const message = { role: 'assistant', content: 'a' };
  const streamFrom = (choice: object) =>
    convert(
      bodyOf(
        JSON.stringify({
          ...frame,
          usage,
          choices: [{ index: 0, message, finish_reason: 'stop', ...choice }],
        }),
      ),
      'stream',
    );

  it.each<[string, object]>([
    ['no finish reason', { finish_reason: null }],
    ['an index of another place', { index: 1 }],
    ['a delta', { delta: { content: 'a' } }],
    ['a message that is no object', { message: 'a' }],
    ['log probabilities that are no object', { logprobs: [1] }],
    ['content parts', { message: { ...message, content: [{ type: 'text', text: 'a' }] } }],
    ['a role that is no text', { message: { ...message, role: 1 } }],
    ['calls that are no list', { message: { ...message, tool_calls: {} } }],
    ['a call that is no object', { message: { ...message, tool_calls: ['a'] } }],
    ['a call of another place', { message: { ...message, tool_calls: [called({ id: 'a', index: 1 })] } }],
    [
      'calls with one id',
      { message: { ...message, tool_calls: [called({ id: 'a' }), called({ id: 'a' })] } },
    ],
    [
      'a call with two kinds',
      { message: { ...message, tool_calls: [called({ id: 'a', custom: { name: 'f', input: '' } })] } },
    ],
    [
      'a call whose arguments are no text',
      { message: { ...message, tool_calls: [{ id: 'a', function: { name: 'f', arguments: {} } }] } },
    ],
    ['a deprecated call without a name', { message: { ...message, function_call: { arguments: '{}' } } }],
    ['a deprecated call that is no object', { message: { ...message, function_call: 'f' } }],
  ])('a chat body with %s converts to no stream', (_what, choice) => {
    expect(streamFrom({})).toBeDefined();
    expect(streamFrom(choice)).toBeUndefined();
  });

  it('a chat body with a choice that is no object converts to no stream', () => {
    const choices = [{ index: 0, message, finish_reason: 'stop' }, null];
    expect(convert(bodyOf(JSON.stringify({ ...frame, usage, choices })), 'stream')).toBeUndefined();
  });
});

describe('the usage chunk of a chat stream', () => {
  const stream = (more: object) =>
    chunkStream(
      [
        chunk({ content: 'a' }, { finish_reason: 'stop' }, { provider: 'P' }),
        { ...frame, choices: [], usage, provider: 'P', ...more },
        '[DONE]',
      ],
      'stream+usage',
    );

  it('is left out for a request without usage', () => {
    const bare = convert(stream({ citations: null }), 'stream');
    expect(bare && dataOf(bare)).toHaveLength(2);
  });

  it('that says more than usage is not left out', () => {
    expect(convert(stream({ citations: ['a'] }), 'stream')).toBeUndefined();
  });
});
