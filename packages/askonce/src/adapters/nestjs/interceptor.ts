/**
 * `AskonceInterceptor`: caches all routes that read of what it is bound to, a controller or the application.
 */
import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import type { Observable } from 'rxjs';
import { endpointsToken } from './tokens.ts';

/** Takes the interceptors that Nest has made, for what they override. */
export interface Adopter {
  adopt(interceptor: AskonceInterceptor): void;
}

/**
 * Bind it with `@UseInterceptors(AskonceInterceptor)`, or for the whole application as `APP_INTERCEPTOR`. It only says which
 * routes are cached: they are answered by the module, outside of all interceptors. `Cached` on a controller or a route says
 * how, and `Cached(false)` that it is not.
 */
export class AskonceInterceptor implements NestInterceptor {
  /**
   * What a request is recognised by, besides its path and user, in place of the query; undefined: it is not cached. Override
   * it to track by something else. Default: the query.
   */
  trackBy(context: ExecutionContext): unknown {
    const { url }: { readonly url: string } = context.switchToHttp().getRequest();
    return url.slice(url.indexOf('?') + 1);
  }

  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle();
  }
}

Injectable()(AskonceInterceptor);

// As a property, so that a subclass may have a constructor of its own.
const slot = Symbol.for('askonce endpoints of an interceptor');
Inject(endpointsToken())(AskonceInterceptor.prototype, slot);
Object.defineProperty(AskonceInterceptor.prototype, slot, {
  set(this: AskonceInterceptor, adopter: Adopter) {
    adopter.adopt(this);
  },
});
