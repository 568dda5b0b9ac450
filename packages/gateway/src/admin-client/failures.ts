/**
 * What a command reports when a gateway does not answer, or refuses: one line that says what happened, then what to do.
 */
import { AskonceError, type ErrorCode, errorCodes } from 'askonce';
import type { Role } from '../admin/caller.ts';

/** The longest message of a gateway that is repeated, in characters. */
const longestMessage = 1000;

/** @param lateMs the time within which no answer came; undefined if the connection failed */
export function unreachable(url: string, cause: unknown, lateMs: number | undefined): AskonceError {
  const message =
    lateMs === undefined
      ? `No gateway answers at ${url} (${reasonOf(cause)}); start it, or name its admin address with --url.`
      : `The gateway at ${url} did not answer within ${lateMs / 1000} s; try again, or look at its log.`;
  return new AskonceError('gateway_unreachable', message, { cause });
}

export function mismatched(url: string, fault: string): AskonceError {
  return new AskonceError(
    'gateway_mismatch',
    `The gateway at ${url} does not answer as this version expects: ${oneLine(fault)}; check the address, and use the command of the gateway's own version.`,
  );
}

export interface Refusal {
  readonly error: AskonceError;
  readonly retryAfterMs: number | undefined;
}

/** @param roles those that may make the call */
export function refusedBy(
  url: string,
  { status, headers }: Response,
  value: unknown,
  roles: readonly Role[],
): Refusal {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  const retryAfterMs = seconds >= 0 && seconds <= 86_400 ? seconds * 1000 : undefined;
  const { code, message } = errorIn(value);
  const said = message === undefined ? '' : `: ${oneLine(message)}`;
  const advice = adviceFor(status, message !== undefined, { roles, retryAfterMs });
  const sentence = /[.!?]$/.test(said) ? said : `${said}.`;
  return {
    error: new AskonceError(
      code ?? codeOf(status),
      `The gateway at ${url} answered with status ${status}${sentence}${advice === '' ? '' : ` ${advice}`}`,
    ),
    retryAfterMs,
  };
}

function adviceFor(
  status: number,
  isGateway: boolean,
  { roles, retryAfterMs }: { readonly roles: readonly Role[]; readonly retryAfterMs: number | undefined },
): string {
  if (status >= 300 && status < 400)
    return 'Redirects are not followed; name the admin address itself with --url.';
  if (!isGateway) return 'Check that it is the admin address of an askonce gateway.';
  if (status === 401) return 'Set ASKONCE_ADMIN_KEY to the key of that gateway.';
  if (status === 403) return `Set ASKONCE_ADMIN_KEY to a key of the role ${roles.join(' or ')}.`;
  if (status === 404) return 'Check that it is its admin address, and that it runs this version.';
  if (status === 429)
    return retryAfterMs === undefined ? 'Try again later.' : `Try again in ${retryAfterMs / 1000} s.`;
  return '';
}

const codes: Readonly<Record<number, ErrorCode>> = {
  401: 'admin_unauthorized',
  403: 'admin_forbidden',
  404: 'route_unknown',
  429: 'admin_limited',
};

function codeOf(status: number): ErrorCode {
  return codes[status] ?? 'gateway_mismatch';
}

function errorIn(value: unknown): { readonly code?: ErrorCode; readonly message?: string } {
  const error: unknown = memberOf(value, 'error');
  const message = memberOf(error, 'message');
  if (typeof message !== 'string') return {};
  const code = memberOf(error, 'code');
  return { message, ...(isCode(code) && { code }) };
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}

function isCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(errorCodes, value);
}

/** Whatever an address answers is shown on a terminal, which acts on control characters. */
function oneLine(text: string): string {
  return text
    .slice(0, longestMessage)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
}

/** The connection's own error is the cause of what `fetch` throws. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = memberOf(cause, 'code');
  if (code === 'ECONNREFUSED') return 'connection refused';
  if (code === 'ENOTFOUND') return 'no such host';
  if (typeof code === 'string') return oneLine(code);
  return cause instanceof Error ? oneLine(cause.message) : 'no connection';
}
