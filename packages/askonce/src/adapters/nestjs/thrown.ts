/**
 * What a handler throws, on its way through the cache to Nest's exception filters.
 */
import { HttpException } from '@nestjs/common';
import { AskonceError } from '../../errors.ts';
import { carrying } from '../values/thrown.ts';

/**
 * The error that carries it. Only failures (500 and more, too many, too late) may be answered by a stale answer; another
 * status is what the handler has to say about the request.
 */
export function carrierOf(error: unknown, route: string): AskonceError {
  const status = error instanceof HttpException ? error.getStatus() : 500;
  const isFailure = status >= 500 || status === 429 || status === 408;
  return carrying(error, route, isFailure ? 'provider_unreachable' : 'invalid_request');
}

/** What Nest answers with if a write could not invalidate: 503, as for all that could not be done now. */
export function asHttpException(error: unknown): unknown {
  if (!AskonceError.isInstance(error) || error.code !== 'invalidation_failed') return error;
  const { code, message } = error;
  return new HttpException({ error: { code, message } }, 503, { cause: error });
}
