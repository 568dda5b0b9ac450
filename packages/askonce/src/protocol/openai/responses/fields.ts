/**
 * Which fields of a Responses request count (https://platform.openai.com/docs/api-reference/responses/create).
 */
import type { FieldRule } from '../../contract.ts';

export const responseFields = {
  model: { counts: 'apart', as: 'subject' },
  max_output_tokens: { counts: 'apart', as: 'ceiling' },
  stream: { counts: 'apart', as: 'form' },
  // Only whether events are padded against measuring their length.
  stream_options: { counts: 'apart', as: 'form' },

  instructions: { counts: 'content' },
  input: { counts: 'content' },

  temperature: { counts: 'bucket', bucket: 'temperature', default: 1 },
  top_p: { counts: 'bucket', bucket: 'topP', default: 1 },
  top_logprobs: { counts: 'value', default: 0 },
  text: { counts: 'value', default: { format: { type: 'text' } } },
  reasoning: { counts: 'value', default: null },
  tools: { counts: 'value', default: [] },
  tool_choice: { counts: 'value', default: 'auto' },
  parallel_tool_calls: { counts: 'value', default: true },
  max_tool_calls: { counts: 'value', default: null },
  include: { counts: 'value', default: null },
  truncation: { counts: 'value', default: 'disabled' },
  context_management: { counts: 'value', default: null },
  moderation: { counts: 'value', default: null },
  access_programs: { counts: 'value' },
  image: { counts: 'value' },
  service_tier: { counts: 'value', default: 'auto' },
  // Whether the answer's id can be named by a later request: an answer that was not stored can't stand for one that was.
  store: { counts: 'value', default: true },

  // Requests with these bypass the cache; they count for whoever switches that off.
  background: { counts: 'value', default: false },
  conversation: { counts: 'value', default: null },
  previous_response_id: { counts: 'value', default: null },
  prompt: { counts: 'value', default: null },

  metadata: { counts: 'ignored', because: 'kept by the provider beside the answer; the model never sees it' },
  user: { counts: 'ignored', because: 'names the end user for abuse detection; the model never sees it' },
  safety_identifier: {
    counts: 'ignored',
    because: 'names the end user for abuse detection; the model never sees it',
  },
  prompt_cache_key: {
    counts: 'ignored',
    because: 'prompt caching changes price and latency, never the answer',
  },
  prompt_cache_options: {
    counts: 'ignored',
    because: 'prompt caching changes price and latency, never the answer',
  },
  prompt_cache_retention: {
    counts: 'ignored',
    because: 'prompt caching changes price and latency, never the answer',
  },
} as const satisfies Readonly<Record<string, FieldRule>>;
