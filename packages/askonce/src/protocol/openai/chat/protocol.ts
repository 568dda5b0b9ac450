/**
 * OpenAI's chat completions: `POST /chat/completions`, which most other providers also speak.
 */
import { isJsonArray } from '../../../json.ts';
import type { FieldRule, Protocol } from '../../contract.ts';
import { common, completionCommon } from '../common.ts';
import { samplingFields } from '../requests.ts';
import { assess } from './assess.ts';
import { convert, readCompletion } from './convert.ts';
import { writeMessages } from './messages.ts';
import { readRequest } from './request.ts';
import { answerText, structured } from './structured.ts';

const promptCaching = 'steers the provider’s prompt cache: price and speed, not the answer';

/** How each parameter of `POST /chat/completions` counts. */
export const fields = {
  ...samplingFields,
  messages: { counts: 'content' },
  max_completion_tokens: { counts: 'elsewhere', as: 'ceiling' },

  audio: { counts: 'value', default: null },
  function_call: { counts: 'value', default: 'auto', defaultNeeds: 'functions' },
  functions: { counts: 'value' },
  logprobs: { counts: 'value', default: false },
  modalities: { counts: 'value', default: ['text'] },
  moderation: { counts: 'value', default: null },
  parallel_tool_calls: { counts: 'value', default: true, defaultNeeds: 'tools' },
  prediction: { counts: 'value', default: null },
  // The default depends on the model.
  reasoning_effort: { counts: 'value', default: null },
  response_format: { counts: 'value', default: { type: 'text' } },
  // Counts, since a request that pays for speed must not follow one that does not.
  service_tier: { counts: 'value', default: 'auto' },
  store: { counts: 'value', default: false },
  tool_choice: { counts: 'value', default: 'auto', defaultNeeds: 'tools' },
  tools: { counts: 'value' },
  top_logprobs: { counts: 'value', default: null },
  verbosity: { counts: 'value', default: 'medium' },
  web_search_options: { counts: 'value' },

  metadata: { counts: 'ignored', because: 'labels the completion in the provider’s storage' },
  prompt_cache_key: { counts: 'ignored', because: promptCaching },
  prompt_cache_options: { counts: 'ignored', because: promptCaching },
  prompt_cache_retention: { counts: 'ignored', because: promptCaching },
  safety_identifier: { counts: 'ignored', because: 'names the end user to the provider’s abuse detection' },
} as const satisfies Record<string, FieldRule>;

export const openaiChat = {
  ...common,
  ...completionCommon(readCompletion),
  name: 'openai-chat',
  version: 1,
  storesAnswers: 'if-asked',
  fields,
  read: readRequest,
  writeContent: (_field, value, body, write) =>
    isJsonArray(value) ? writeMessages(value, body, write) : write.value(value),
  assess,
  convert,
  answerText,
  structured,
} satisfies Protocol;
