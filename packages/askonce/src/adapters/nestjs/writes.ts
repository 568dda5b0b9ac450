/**
 * Writes: what changes when a route of POST, PUT, PATCH or DELETE has succeeded.
 */
import type { ExecutionContext } from '@nestjs/common';
import type { Cache } from '../../contract.ts';
import type { HeaderFields } from '../../identity/request.ts';
import type { EndpointCache, EndpointRequest } from '../endpoint/contract.ts';
import { writeTag } from '../endpoint/routes.ts';
import { declaredPaths } from './reflected.ts';
import { asHttpException } from './thrown.ts';

export interface Writes {
  /** Whether the request may change something that is cached. */
  counts(request: EndpointRequest<object>): boolean;
  /**
   * Invalidates what a write has made outdated, if it succeeded. `invalidateOn` may name its route as the application serves
   * it (`PUT /api/v1/cats/:id`), or as its controller says (`PUT /cats/:id`).
   * @throws HttpException 503 if it could not.
   */
  after(
    request: EndpointRequest<object>,
    answer: { readonly status: number; readonly headers: HeaderFields },
    context: ExecutionContext,
  ): Promise<void>;
}

/** @param isOn whether anything can be outdated by a write */
export function writesOf(cache: Cache, endpoint: EndpointCache<object>, isOn: () => boolean): Writes {
  return {
    counts: (request) => endpoint.roleOf(request) === 'writes' && isOn(),
    async after(request, answer, context) {
      if (answer.status >= 400) return;
      try {
        await endpoint.wrote(request, answer);
        const others = declaredPaths(context.getClass(), context.getHandler()).filter(
          (path) => path !== request.route,
        );
        if (others.length > 0)
          await cache.invalidate({ tags: others.map((path) => writeTag(request.method, path)) });
      } catch (error) {
        throw asHttpException(error);
      }
    },
  };
}
