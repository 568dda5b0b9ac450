/**
 * What went wrong on the way to a provider, in the codes of the error table.
 */
import { AskonceError } from 'askonce';
import { errors } from 'undici';

/** Where the call was when it failed. */
export type Moment = 'connecting' | 'waiting' | 'answering';

/** The error for the client; it names the provider, never what was sent to it. An AskonceError stays as it is. */
export function providerFailure(error: unknown, moment: Moment, origin: string): AskonceError {
  if (AskonceError.isInstance(error)) return error;
  const cause = { cause: error };
  if (isTimeout(error)) return new AskonceError('provider_timeout', timeoutText(moment, origin), cause);
  if (moment === 'connecting')
    return new AskonceError(
      'provider_unreachable',
      `The provider ${origin} cannot be reached (${codeOf(error)}).`,
      cause,
    );
  const where = moment === 'waiting' ? 'before it answered' : 'in the middle of its answer';
  return new AskonceError(
    'provider_broke_off',
    `The provider ${origin} broke off ${where} (${codeOf(error)}).`,
    cause,
  );
}

function timeoutText(moment: Moment, origin: string): string {
  if (moment === 'connecting')
    return `Connecting to the provider ${origin} took longer than connectTimeoutMs.`;
  if (moment === 'waiting')
    return `The provider ${origin} did not begin to answer within firstByteTimeoutMs.`;
  return `The provider ${origin} sent nothing for betweenBytesTimeoutMs.`;
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
