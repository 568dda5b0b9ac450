/**
 * Errors of calls as error answers, and their kinds.
 */
import { isJsonObject, type JsonObject, type JsonValue, tryParseJson } from '../../json.ts';
import type { ErrorInfo } from '../contract.ts';
import { type ErrorAnswer, type ErrorKind, type ErrorWords, judgeError } from '../error-kind.ts';
import type { Framing } from '../framing.ts';

/** What an error of a call says, as far as JSON can express it. */
export interface CallFailure {
  readonly name: string;
  readonly message: string;
  readonly url: string;
  readonly isRetryable: boolean;
  /** The provider's own error body. */
  readonly responseBody: string | undefined;
  /** The same as the SDK's provider has read it. */
  readonly data: JsonValue | undefined;
  /** The name under which the process that made the call has the error itself. */
  readonly held: string | undefined;
}

export function writeFailure({ message, ...call }: CallFailure): string {
  return JSON.stringify({ error: { message }, call });
}

/** Undefined if the body is not one that {@link writeFailure} wrote. */
export function readFailure(body: Uint8Array): CallFailure | undefined {
  const answer = tryParseJson(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  const { error, call } = isJsonObject(answer) ? answer : {};
  if (!isJsonObject(error) || !isJsonObject(call)) return undefined;
  const { name, url, isRetryable, responseBody, data, held } = call;
  return {
    name: textOf(name),
    message: textOf(error['message']),
    url: textOf(url),
    isRetryable: isRetryable === true,
    responseBody: typeof responseBody === 'string' ? responseBody : undefined,
    data,
    held: typeof held === 'string' ? held : undefined,
  };
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** Error names of OpenAI, Anthropic and Google that say more than the status. */
const words = {
  insufficient_quota: 'account',
  billing_hard_limit_reached: 'account',
  billing_not_active: 'account',
  billing_error: 'account',
  invalid_api_key: 'account',
  model_not_found: 'account',
  not_found_error: 'account',
  authentication_error: 'account',
  permission_error: 'account',
  permission_denied: 'account',
  unauthenticated: 'account',
  rate_limit_exceeded: 'overload',
  rate_limit_error: 'overload',
  resource_exhausted: 'overload',
  overloaded_error: 'overload',
  unavailable: 'overload',
  server_error: 'transient',
  api_error: 'transient',
  timeout_error: 'transient',
  internal: 'transient',
} as const satisfies ErrorWords;

/** Judged by the provider's own error body, if there is one. */
export function errorKind(answer: ErrorAnswer): ErrorKind {
  const failure = readFailure(answer.body);
  const body = failure?.responseBody ?? '';
  return judgeError(body === '' ? answer : { ...answer, body: Buffer.from(body) }, words);
}

function errorOf({ code, message }: ErrorInfo): JsonObject {
  return { message, code };
}

export function errorBody(error: ErrorInfo): string {
  return JSON.stringify({ error: errorOf(error) });
}

export function errorEvent(error: ErrorInfo, framing: Framing): string {
  return framing.write(JSON.stringify({ type: 'error', error: errorOf(error) }));
}
