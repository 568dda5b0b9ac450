/**
 * Error bodies and error kinds of the OpenAI protocols.
 */
import type { ErrorInfo } from '../contract.ts';
import { type ErrorAnswer, type ErrorKind, type ErrorWords, judgeError } from '../error-kind.ts';
import type { Framing } from '../framing.ts';

/** `type` by status; others are `server_error` from 500 on and `invalid_request_error` below. */
const types: ReadonlyMap<number, string> = new Map([
  [401, 'authentication_error'],
  [403, 'permission_error'],
  [429, 'rate_limit_error'],
]);

/** `{"error":{"message","type","param","code"}}`, which has no place for a request id. */
export function errorBody({ status, code, message }: ErrorInfo): string {
  const type = types.get(status) ?? (status >= 500 ? 'server_error' : 'invalid_request_error');
  return JSON.stringify({ error: { message, type, param: null, code } });
}

/** The same as an event without a type: the official clients raise on its `error`. */
export function errorEvent(error: ErrorInfo, framing: Framing): string {
  return framing.write(errorBody(error));
}

/** Error names of OpenAI and compatible providers that say more than the status. */
const words = {
  insufficient_quota: 'account',
  billing_hard_limit_reached: 'account',
  billing_not_active: 'account',
  access_terminated: 'account',
  account_deactivated: 'account',
  invalid_api_key: 'account',
  model_not_found: 'account',
  authentication_error: 'account',
  permission_error: 'account',
  rate_limit_exceeded: 'overload',
  rate_limit_error: 'overload',
  server_error: 'transient',
  internal_error: 'transient',
  internal_server_error: 'transient',
} as const satisfies ErrorWords;

export function errorKind(answer: ErrorAnswer): ErrorKind {
  return judgeError(answer, words);
}
