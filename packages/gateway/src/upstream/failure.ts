/**
 * Turns a failure on the way to a provider into an error of the table of codes.
 */
import { AskonceError } from 'askonce';
import { errors } from 'undici';

/** The phase of the call in which it failed. */
export type Phase = 'connecting' | 'waiting' | 'answering';

/** The error for the client. It names the provider, never what was sent to it. An AskonceError is returned as it is. */
export function providerFailure(error: unknown, phase: Phase, origin: string): AskonceError {
  if (AskonceError.isInstance(error)) return error;
  const cause = { cause: error };
  if (isTimeout(error)) return new AskonceError('provider_timeout', timeoutText(phase, origin), cause);
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

function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.name : 'unknown';
}
