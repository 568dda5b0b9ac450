/**
 * OpenAI's Responses API: `POST /v1/responses`.
 */
import { isStream } from '../../../entry/entry.ts';
import type { FieldRule, Protocol } from '../../contract.ts';
import { common } from '../common.ts';
import { clientHeaders } from '../requests.ts';
import { responseStreamRule } from '../stream-options.ts';
import { assess } from './assess.ts';
import { writeContent } from './content.ts';
import { convert } from './convert.ts';
import { errorEvent } from './errors.ts';
import { readRequest } from './request.ts';
import { endMark, readResponse } from './response.ts';
import { answerText, structured } from './structured.ts';

/** How each parameter counts (https://platform.openai.com/docs/api-reference/responses/create). */
export const responseFields = {
  model: { counts: 'elsewhere', as: 'subject' },
  max_output_tokens: { counts: 'elsewhere', as: 'ceiling' },
  stream: { counts: 'elsewhere', as: 'form' },
  stream_options: responseStreamRule,

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
  // Counts, since later requests can refer only to an answer that the provider stored.
  store: { counts: 'value', default: true },

  // Requests with these fields bypass the cache, unless `statefulRequests` is on.
  background: { counts: 'value', default: false },
  conversation: { counts: 'value', default: null },
  previous_response_id: { counts: 'value', default: null },
  prompt: { counts: 'value', default: null },

  metadata: {
    counts: 'ignored',
    because: 'stored by the provider beside the answer; the model never sees it',
  },
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

export const openaiResponses = {
  ...common,
  name: 'openai-responses',
  storesAnswers: 'by-default',
  version: 1,
  headers: {
    ...clientHeaders,
    'openai-beta': 'counts',
    // Codex names itself and its session by these.
    originator: 'ignored',
    'session-id': 'ignored',
    session_id: 'ignored',
    'thread-id': 'ignored',
    conversation_id: 'ignored',
  },
  fields: responseFields,
  read: readRequest,
  writeContent,
  assess,
  convert,
  readAnswer(recording) {
    const reading = readResponse(recording);
    return reading.kind === 'response' ? { ...reading.response, output: reading.items } : undefined;
  },
  // Both forms report usage, so a stream has all that a body needs.
  mayFollow: (leading, wanted) => isStream(leading) && wanted === 'body',
  endMark,
  errorEvent,
  answerText,
  structured,
  continuesErrors: true,
} satisfies Protocol;
