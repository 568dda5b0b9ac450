/**
 * Anthropic's Messages API: `POST /v1/messages`.
 */
import type { ErrorInfo, FieldRule, Protocol } from '../contract.ts';
import { type ErrorWords, judgeError } from '../error-kind.ts';
import { serverSentEvents } from '../framings/server-sent-events.ts';
import { typeOf } from '../recorded-json.ts';
import { assess } from './assess.ts';
import { writeContent } from './content.ts';
import { convert } from './convert.ts';
import { readMessage } from './message.ts';
import { readRequest } from './request.ts';
import { answerText, structured } from './structured.ts';

/** The API's error types by status (https://docs.anthropic.com/en/api/errors). */
const errorTypes: ReadonlyMap<number, string> = new Map([
  [400, 'invalid_request_error'],
  [401, 'authentication_error'],
  [403, 'permission_error'],
  [404, 'not_found_error'],
  [413, 'request_too_large'],
  [429, 'rate_limit_error'],
  [500, 'api_error'],
  [504, 'timeout_error'],
  [529, 'overloaded_error'],
]);

/** The kinds of the error types; `invalid_request_error` has several statuses and is judged by them. */
const words = {
  authentication_error: 'account',
  billing_error: 'account',
  permission_error: 'account',
  not_found_error: 'account',
  rate_limit_error: 'overload',
  overloaded_error: 'overload',
  api_error: 'transient',
  timeout_error: 'transient',
  conflict_error: 'transient',
} as const satisfies ErrorWords;

function errorBody({ status, message, requestId }: ErrorInfo): string {
  const type = errorTypes.get(status) ?? (status >= 500 ? 'api_error' : 'invalid_request_error');
  return JSON.stringify({
    type: 'error',
    error: { type, message },
    ...(requestId !== undefined && { request_id: requestId }),
  });
}

/** How each parameter counts (https://docs.anthropic.com/en/api/messages, with the beta fields). */
export const messageFields = {
  model: { counts: 'elsewhere', as: 'subject' },
  max_tokens: { counts: 'elsewhere', as: 'ceiling' },
  stream: { counts: 'elsewhere', as: 'form' },

  system: { counts: 'content' },
  messages: { counts: 'content' },
  tools: { counts: 'content' },

  temperature: { counts: 'bucket', bucket: 'temperature', default: 1 },
  top_p: { counts: 'bucket', bucket: 'topP' },
  top_k: { counts: 'value' },
  stop_sequences: { counts: 'value', default: [] },
  // What happens without `thinking` depends on the model: up to Claude 4 it is off, from Claude 5 on it is adaptive.
  thinking: {
    counts: 'value',
    default: { type: 'disabled' },
    defaultFor: /^claude-(?:instant-|[23]|(?:opus|sonnet|haiku)-4(?:-|$))/,
  },
  tool_choice: {
    counts: 'value',
    default: { type: 'auto' },
    alsoDefault: [{ type: 'auto', disable_parallel_tool_use: false }],
    defaultNeeds: 'tools',
  },
  output_config: { counts: 'value' },
  output_format: { counts: 'value', default: null },
  context_management: { counts: 'value', default: null },
  compaction: { counts: 'value', default: null },
  fallbacks: { counts: 'value', default: null },
  inference_geo: { counts: 'value', default: null },
  service_tier: { counts: 'value', default: 'auto' },
  speed: { counts: 'value', default: null },
  billing_policy: { counts: 'value', default: null },

  // Requests with these fields bypass the cache, unless `statefulRequests` is on.
  container: { counts: 'value', default: null },
  thread: { counts: 'value', default: null },
  mcp_servers: { counts: 'value', default: [] },
  diagnostics: { counts: 'value', default: null },
  fallback_credit_token: { counts: 'value', default: null },

  metadata: { counts: 'ignored', because: 'names the end user for abuse detection; the model never sees it' },
  cache_control: { counts: 'ignored', because: 'prompt caching changes price and latency, never the answer' },
} as const satisfies Readonly<Record<string, FieldRule>>;

export const anthropicMessages = {
  name: 'anthropic-messages',
  version: 1,
  headers: {
    'anthropic-version': 'counts',
    'anthropic-beta': 'counts',
    'anthropic-workspace-id': 'credential',
    'anthropic-user-profile-id': 'credential',
    'anthropic-dangerous-direct-browser-access': 'ignored',
    'x-app': 'ignored',
  },
  recordedHeaders: [],
  requiresCredential: true,
  requestIdHeader: 'request-id',
  framing: serverSentEvents,
  endMark: {
    hints: ['message_stop'],
    isMark: ({ type, data }) => type !== 'error' && typeOf(data) === 'message_stop',
  },
  fields: messageFields,
  schemaKeys: new Set(['input_schema', 'schema', 'parameters']),
  read: readRequest,
  writeContent,
  assess,
  convert,
  readAnswer(recording) {
    const reading = readMessage(recording);
    return reading.kind === 'message' ? reading.message : undefined;
  },
  // Both forms report usage, so a stream has all that a body needs.
  mayFollow: (leading, wanted) => leading === 'stream' && wanted === 'body',
  errorKind: (answer) => judgeError(answer, words),
  errorBody,
  errorEvent: (error, framing) => framing.write(errorBody(error), 'error'),
  answerText,
  structured,
} satisfies Protocol;
