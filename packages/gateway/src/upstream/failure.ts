/**
 * Turns a failure on the way to a provider into an error of the table of codes.
 */
import { AskonceError } from 'askonce';
import { errors } from './undici.ts';

/** The phase of the call in which it failed. */
export type Phase = 'connecting' | 'waiting' | 'answering';

/**
 * The error for the client. It names the provider, and the origin of a proxy on the way, never what was sent. An
 * AskonceError is returned as it is.
 */
export function providerFailure(
  error: unknown,
  phase: Phase,
  origin: string,
  proxy?: string | undefined,
): AskonceError {
  if (AskonceError.isInstance(error)) return error;
  const cause = { cause: error };
  if (isTimeout(error)) return new AskonceError('provider_timeout', timeoutText(phase, origin), cause);
  const refusal = proxy === undefined ? undefined : refusalOf(error, phase);
  if (refusal !== undefined)
    return new AskonceError(
      'provider_unreachable',
      `The provider ${origin} cannot be reached through the proxy ${proxy} (${refusal}); check HTTP_PROXY, HTTPS_PROXY and NO_PROXY.`,
      cause,
    );
  if (phase === 'connecting')
    return new AskonceError(
      'provider_unreachable',
      `The provider ${origin} cannot be reached (${codeOf(error)}); check its base URL and the network.`,
      cause,
    );
  const where = phase === 'waiting' ? 'before it answered' : 'in the middle of its answer';
  return new AskonceError(
    'provider_broke_off',
    `The provider ${origin} broke off ${where} (${codeOf(error)}); try again.`,
    cause,
  );
}

function timeoutText(phase: Phase, origin: string): string {
  if (phase === 'connecting')
    return `Connecting to the provider ${origin} took longer than connectTimeoutMs; try again, or raise it.`;
  if (phase === 'waiting')
    return `The provider ${origin} did not begin to answer within firstByteTimeoutMs; try again, or raise it.`;
  return `The provider ${origin} sent nothing for betweenBytesTimeoutMs; try again, or raise it.`;
}

function isTimeout(error: unknown): boolean {
  return (
    error instanceof errors.ConnectTimeoutError ||
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError ||
    codeOf(error) === 'ETIMEDOUT'
  );
}

/** How a proxy kept a request from its provider; undefined if it did not. */
function refusalOf(error: unknown, phase: Phase): string | undefined {
  // undici says the status of a refused tunnel in its message alone, and that of missing credentials by this class.
  const [, status] = (error instanceof Error && /^Proxy response \((\d{3})\)/.exec(error.message)) || [];
  if (status !== undefined) return `status ${status}`;
  if (error instanceof errors.InvalidArgumentError && error.message.includes('407')) return 'status 407';
  return phase === 'connecting' ? codeOf(error) : undefined;
}

function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.name : 'unknown';
}
