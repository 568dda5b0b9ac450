/** The tier that an answer names, which changes its price: read by each protocol, from a body and from a stream. */
import { describe, expect, it } from 'vitest';
import type { Recording } from '../entry/entry.ts';
import { streamOf, writeEvent } from '../entry/sse.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { protocols } from './protocols.ts';

type Named = 'openai-chat' | 'openai-completions' | 'openai-responses' | 'anthropic-messages';

const chatUsage = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 };
const tokens = { input_tokens: 9, output_tokens: 4 };
const message = { role: 'assistant', content: 'Four.' };
const output = [
  { type: 'message', id: 'm', role: 'assistant', content: [{ type: 'output_text', text: 'Four.' }] },
];

/** A whole answer of each protocol that was served by a tier. */
const bodies: Readonly<Record<Named, (tier: JsonValue) => JsonValue>> = {
  'openai-chat': (tier) => ({
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    usage: chatUsage,
    service_tier: tier,
  }),
  'openai-completions': (tier) => ({
    choices: [{ index: 0, text: 'Four.', finish_reason: 'stop' }],
    usage: chatUsage,
    service_tier: tier,
  }),
  'openai-responses': (tier) => ({
    object: 'response',
    status: 'completed',
    output,
    usage: tokens,
    service_tier: tier,
  }),
  'anthropic-messages': (tier) => ({
    type: 'message',
    content: [{ type: 'text', text: 'Four.' }],
    stop_reason: 'end_turn',
    usage: { ...tokens, service_tier: tier },
  }),
};

/** The same as a stream. */
const streams: Readonly<Record<Named, (tier: JsonValue) => readonly string[]>> = {
  'openai-chat': (tier) => [
    data({ choices: [{ index: 0, delta: message, finish_reason: null }], service_tier: tier }),
    data({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], service_tier: tier }),
    data({ choices: [], usage: chatUsage, service_tier: tier }),
    'data: [DONE]\n\n',
  ],
  'openai-completions': (tier) => [
    data({
      choices: [{ index: 0, text: 'Four.', finish_reason: 'stop' }],
      usage: chatUsage,
      service_tier: tier,
    }),
    'data: [DONE]\n\n',
  ],
  'openai-responses': (tier) => [
    typed({
      type: 'response.created',
      response: { status: 'in_progress', output: [], service_tier: 'auto' },
    }),
    typed({ type: 'response.completed', response: bodies['openai-responses'](tier) }),
  ],
  'anthropic-messages': (tier) => [
    typed({
      type: 'message_start',
      message: {
        type: 'message',
        content: [],
        usage: { input_tokens: 9, output_tokens: 1, service_tier: tier },
      },
    }),
    typed({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'Four.' } }),
    typed({ type: 'content_block_stop', index: 0 }),
    typed({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 4 } }),
    typed({ type: 'message_stop' }),
  ],
};

function data(chunk: JsonValue): string {
  return writeEvent(JSON.stringify(chunk), undefined);
}

function typed(event: JsonObject & { readonly type: string }): string {
  return writeEvent(JSON.stringify(event), event.type);
}

function body(value: JsonValue): Recording {
  return { form: 'body', status: 200, headers: {}, body: Buffer.from(JSON.stringify(value)) };
}

function stream(events: readonly string[]): Recording {
  return { form: 'stream', status: 200, headers: {}, ...streamOf(events) };
}

const names: readonly Named[] = [
  'openai-chat',
  'openai-completions',
  'openai-responses',
  'anthropic-messages',
];
const usage = { inputTokens: 9, outputTokens: 4 };

describe('the tier of an answer', () => {
  it.each(names)('%s reads the tier of a body and of a stream as a part of its usage', (name) => {
    for (const recording of [body(bodies[name]('flex')), stream(streams[name]('flex'))]) {
      const read = protocols[name].assess(recording);
      expect(read).toMatchObject({ finish: 'natural', usage: { ...usage, serviceTier: 'flex' } });
    }
  });

  it.each(names)('%s has no tier for the usual one, and for what is no name', (name) => {
    for (const tier of ['default', 'standard', 'auto', 'on_demand', '', null, 7, 't'.repeat(65)])
      expect(protocols[name].assess(body(bodies[name](tier))).usage).toEqual(usage);
  });
});
