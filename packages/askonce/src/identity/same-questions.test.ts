/**
 * Two spellings of one question have one key, in every protocol of a chat; and what only looks alike has two.
 */
import { describe, expect, it } from 'vitest';
import { chatRequest, identityOf } from '../../../../test/support/identify.ts';
import type { CacheRequest } from './request.ts';

type Protocol = 'openai-chat' | 'openai-responses' | 'anthropic-messages';
type Case = readonly [what: string, protocol: Protocol, one: object, other: object];

function keyOf(protocol: Protocol, body: object, more: Partial<CacheRequest> = {}): string {
  return identityOf(chatRequest({ model: 'm', ...body }, { protocol, knownDefaults: true, ...more })).key;
}

const chat = (role: string, content: unknown) => ({ messages: [{ role, content }] });
const messages = (content: unknown, more: object = {}) => ({
  max_tokens: 9,
  messages: [{ role: 'user', content }],
  ...more,
});
const input = (role: string, content: unknown) => ({ input: [{ role, content }] });
const text = (words: string, more: object = {}) => ({ type: 'text', text: words, ...more });
const tool = { name: 'f', input_schema: { type: 'object' } };
const used = (content: unknown) => ({
  max_tokens: 9,
  messages: [
    { role: 'assistant', content: [{ type: 'tool_use', id: 'c', name: 'f', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c', content }] },
  ],
});
const thinking = (model: string, more: object) => messages('a', { model, ...more });
const called = (output: unknown) => ({
  input: [
    { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
    { type: 'function_call_output', call_id: 'c', output },
  ],
});
const disabled = { thinking: { type: 'disabled' } };
const auto = { tool_choice: { type: 'auto' } };

const same: readonly Case[] = [
  ['a question as one text part', 'openai-chat', chat('user', 'a b'), chat('user', [text(' a b ')])],
  ['an empty question as one text part', 'openai-chat', chat('user', ''), chat('user', [text('')])],
  ['a system prompt as one text part', 'openai-chat', chat('system', 'a'), chat('system', [text('a')])],
  ['a prefill as one text part', 'openai-chat', chat('assistant', 'a '), chat('assistant', [text('a ')])],
  [
    'one text part with a mark for the prompt cache',
    'openai-chat',
    chat('user', 'a'),
    chat('user', [text('a', { prompt_cache_breakpoint: { mode: 'explicit' } })]),
  ],
  [
    'an input as one text part',
    'openai-responses',
    { input: 'a' },
    input('user', [{ type: 'input_text', text: 'a' }]),
  ],
  [
    'an earlier answer as one text part',
    'openai-responses',
    input('assistant', 'a'),
    input('assistant', [{ type: 'output_text', text: 'a' }]),
  ],
  [
    'an earlier answer with empty lists beside its text',
    'openai-responses',
    input('assistant', 'a'),
    input('assistant', [{ type: 'output_text', text: 'a', annotations: [], logprobs: [] }]),
  ],
  [
    'the output of a tool as one text part',
    'openai-responses',
    called('a'),
    called([{ type: 'input_text', text: 'a' }]),
  ],
  ['a question as one text block', 'anthropic-messages', messages('a'), messages([text('a')])],
  [
    'one text block with a mark for the prompt cache',
    'anthropic-messages',
    messages('a'),
    messages([text('a', { cache_control: { type: 'ephemeral' } })]),
  ],
  [
    'a system prompt as one text block',
    'anthropic-messages',
    messages('a', { system: 's' }),
    messages('a', { system: [text('s')] }),
  ],
  ['the result of a tool as one text block', 'anthropic-messages', used('a'), used([text('a')])],
  [
    'tool_choice at its default',
    'anthropic-messages',
    messages('a', { tools: [tool] }),
    messages('a', { tools: [tool], ...auto }),
  ],
  [
    'tool_choice at its default, with parallel use',
    'anthropic-messages',
    messages('a', { tools: [tool] }),
    messages('a', { tools: [tool], tool_choice: { type: 'auto', disable_parallel_tool_use: false } }),
  ],
  [
    'a tool of the default type',
    'anthropic-messages',
    messages('a', { tools: [tool] }),
    messages('a', { tools: [{ ...tool, type: 'custom' }] }),
  ],
  [
    'a tool whose optional fields are null',
    'anthropic-messages',
    messages('a', { tools: [tool] }),
    messages('a', { tools: [{ ...tool, type: null, eager_input_streaming: null }] }),
  ],
  ...['claude-3-7-sonnet-20250219', 'claude-sonnet-4-5', 'claude-opus-4-8', 'claude-haiku-4-5-20251001'].map(
    (model): Case => [
      `thinking switched off for ${model}`,
      'anthropic-messages',
      thinking(model, {}),
      thinking(model, disabled),
    ],
  ),
];

const different: readonly Case[] = [
  [
    'one text part that says more',
    'openai-chat',
    chat('user', 'a'),
    chat('user', [text('a', { vendor: 1 })]),
  ],
  ['two text parts', 'openai-chat', chat('user', 'a\n\nb'), chat('user', [text('a'), text('b')])],
  ['no part', 'openai-chat', chat('user', ''), chat('user', [])],
  [
    'another kind of part',
    'openai-chat',
    chat('assistant', 'a'),
    chat('assistant', [{ type: 'refusal', refusal: 'a' }]),
  ],
  [
    'an earlier answer with annotations',
    'openai-responses',
    input('assistant', 'a'),
    input('assistant', [{ type: 'output_text', text: 'a', annotations: [{ type: 'url_citation' }] }]),
  ],
  [
    'an earlier answer that says more',
    'openai-responses',
    input('assistant', 'a'),
    input('assistant', [{ type: 'output_text', text: 'a', vendor: 1 }]),
  ],
  [
    'an earlier answer of two parts',
    'openai-responses',
    input('assistant', 'a'),
    input('assistant', [
      { type: 'output_text', text: 'a' },
      { type: 'output_text', text: '' },
    ]),
  ],
  [
    'the output of a tool as two parts',
    'openai-responses',
    called('a'),
    called([
      { type: 'input_text', text: 'a' },
      { type: 'input_text', text: '' },
    ]),
  ],
  [
    'the result of a tool with citations',
    'anthropic-messages',
    used('a'),
    used([text('a', { citations: [1] })]),
  ],
  ['the result of a tool without blocks', 'anthropic-messages', used(''), used([])],
  [
    'another tool_choice',
    'anthropic-messages',
    messages('a', { tools: [tool] }),
    messages('a', { tools: [tool], tool_choice: { type: 'any' } }),
  ],
  [
    'tool_choice without parallel use',
    'anthropic-messages',
    messages('a', { tools: [tool] }),
    messages('a', { tools: [tool], tool_choice: { type: 'auto', disable_parallel_tool_use: true } }),
  ],
  ['tool_choice without tools', 'anthropic-messages', messages('a'), messages('a', auto)],
  [
    'a tool that streams its input eagerly',
    'anthropic-messages',
    messages('a', { tools: [tool] }),
    messages('a', { tools: [{ ...tool, eager_input_streaming: true }] }),
  ],
  [
    'a tool of another type',
    'anthropic-messages',
    messages('a', { tools: [{ name: 'bash' }] }),
    messages('a', { tools: [{ name: 'bash', type: 'bash_20250124' }] }),
  ],
  ...['claude-sonnet-5', 'claude-opus-5-5', 'claude-fable-5', 'claude-mythos-preview', 'm'].map(
    (model): Case => [
      `thinking switched off for ${model}, which may think by itself`,
      'anthropic-messages',
      thinking(model, {}),
      thinking(model, disabled),
    ],
  ),
];

describe('spellings of one question', () => {
  it.each(same)('%s has the same key (%s)', (_what, protocol, one, other) => {
    expect(keyOf(protocol, other)).toBe(keyOf(protocol, one));
  });

  it.each(different)('%s has another key (%s)', (_what, protocol, one, other) => {
    expect(keyOf(protocol, other)).not.toBe(keyOf(protocol, one));
  });

  it('defaults count where the upstream is not known to have them', () => {
    const elsewhere = { knownDefaults: false };
    const plain = messages('a', { model: 'claude-sonnet-4-5', tools: [tool] });
    for (const spelt of [
      { ...plain, ...auto },
      { ...plain, tools: [{ ...tool, type: 'custom' }] },
      { ...plain, ...disabled },
    ])
      expect(keyOf('anthropic-messages', spelt, elsewhere)).not.toBe(
        keyOf('anthropic-messages', plain, elsewhere),
      );
  });
});
