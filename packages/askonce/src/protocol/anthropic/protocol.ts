/**
 * Anthropic's Messages API: `POST /v1/messages`.
 */
import type { ErrorInfo, Protocol } from '../contract.ts';
import { type ErrorWords, judgeError } from '../error-kind.ts';
import { serverSentEvents } from '../framings/server-sent-events.ts';
import { assess } from './assess.ts';
import { writeContent } from './content.ts';
import { convert } from './convert.ts';
import { messageFields } from './fields.ts';
import { readMessage } from './message.ts';
import { readRequest } from './request.ts';

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

/** What the types mean; `invalid_request_error` comes with several statuses, and is judged by that. */
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

export const anthropicMessages = {
  name: 'anthropic-messages',
  version: 1,
  headers: {
    'anthropic-version': 'counts',
    'anthropic-beta': 'counts',
    'anthropic-workspace-id': 'parts',
    'anthropic-user-profile-id': 'parts',
    'anthropic-dangerous-direct-browser-access': 'ignored',
  },
  recordedHeaders: [],
  requiresCredential: true,
  requestIdHeader: 'request-id',
  framing: serverSentEvents,
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
  // Both forms tell their usage, so a stream has all that a body needs.
  mayFollow: (leading, wanted) => leading === 'stream' && wanted === 'body',
  errorKind: (answer) => judgeError(answer, words),
  errorBody,
  errorEvent: (error, framing) => framing.write(errorBody(error), 'error'),
} satisfies Protocol;
