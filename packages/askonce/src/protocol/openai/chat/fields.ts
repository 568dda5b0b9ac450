/**
 * What each parameter of `POST /chat/completions` means to the fingerprint.
 */
import type { FieldRule } from '../../contract.ts';
import { samplingFields } from '../requests.ts';

const promptCaching = 'steers the provider’s prompt cache: price and speed, not the answer';

export const fields = {
  ...samplingFields,
  messages: { counts: 'content' },
  max_completion_tokens: { counts: 'apart', as: 'ceiling' },

  audio: { counts: 'value', default: null },
  function_call: { counts: 'value', default: 'auto', defaultNeeds: 'functions' },
  functions: { counts: 'value' },
  logprobs: { counts: 'value', default: false },
  modalities: { counts: 'value', default: ['text'] },
  moderation: { counts: 'value', default: null },
  parallel_tool_calls: { counts: 'value', default: true, defaultNeeds: 'tools' },
  prediction: { counts: 'value', default: null },
  // Its default differs from model to model.
  reasoning_effort: { counts: 'value', default: null },
  response_format: { counts: 'value', default: { type: 'text' } },
  // A request that pays for speed must not wait for one that doesn't, hence it counts.
  service_tier: { counts: 'value', default: 'auto' },
  store: { counts: 'value', default: false },
  tool_choice: { counts: 'value', default: 'auto', defaultNeeds: 'tools' },
  tools: { counts: 'value' },
  top_logprobs: { counts: 'value', default: null },
  verbosity: { counts: 'value', default: 'medium' },
  web_search_options: { counts: 'value' },

  metadata: { counts: 'ignored', because: 'labels the completion where the provider stores it' },
  prompt_cache_key: { counts: 'ignored', because: promptCaching },
  prompt_cache_options: { counts: 'ignored', because: promptCaching },
  prompt_cache_retention: { counts: 'ignored', because: promptCaching },
  safety_identifier: { counts: 'ignored', because: 'names the end user to the provider’s abuse detection' },
} as const satisfies Record<string, FieldRule>;
