/**
 * Writes of an application: what they make outdated is invalidated before their answer is sent.
 */
import type { FastifyRequest, onResponseHookHandler, onSendHookHandler, RouteHandlerMethod } from 'fastify';
import type { EndpointCache, EndpointRequest } from '../endpoint/contract.ts';
import { textFields } from '../endpoint/run-headers.ts';
import { fieldsOf } from '../fetch/upstream.ts';
import { isThenable } from './run.ts';
import { writtenPayload } from './written-payload.ts';

export interface WriteHooks {
  /**
   * The handler of a route that writes. Fastify sends what an async handler returns that has called `reply.send`, unless the reply is out
   * by then: while `onSend` invalidates, it would send a second answer.
   */
  readonly handler: (own: RouteHandlerMethod) => RouteHandlerMethod;
  readonly onSend: onSendHookHandler;
  /** For a handler that has written to the raw response, so that no other hook saw its answer. */
  readonly onResponse: onResponseHookHandler;
}

/** Methods that never write, so that hits pay for no further look. */
export const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

export function writeHooks(
  endpoint: () => EndpointCache<FastifyRequest>,
  read: (request: FastifyRequest) => EndpointRequest<FastifyRequest>,
): WriteHooks {
  const seen = new WeakSet<FastifyRequest>();

  /** Undefined if the request is no write, or its answer was seen before. */
  function writing(request: FastifyRequest): EndpointRequest<FastifyRequest> | undefined {
    if (safeMethods.has(request.method) || seen.has(request)) return undefined;
    seen.add(request);
    const asked = read(request);
    return endpoint().roleOf(asked) === 'writes' ? asked : undefined;
  }

  return {
    handler(own) {
      return function written(request, reply) {
        const result: unknown = own.call(this, request, reply);
        if (!isThenable(result)) return result;
        return result.then(
          (payload) => (seen.has(request) ? reply : payload),
          (thrown: unknown) => {
            if (!seen.has(request)) throw thrown;
            reply.log.error({ err: thrown }, 'The handler failed after it had answered');
            return reply;
          },
        );
      };
    },
    onSend(request, reply, payload, done) {
      const asked = writing(request);
      if (asked === undefined) {
        done(null, payload);
        return;
      }
      // A handler may return a Response, whose status and headers Fastify reads after this hook.
      const answered = payload instanceof Response ? payload : undefined;
      const headers = {
        ...textFields(reply.getHeaders()),
        ...(answered && fieldsOf(answered.headers)),
      };
      const status = answered?.status ?? reply.statusCode;
      writtenPayload(payload, status, () => endpoint().wrote(asked, { status, headers })).then(
        (written) => done(null, written),
        (error: Error) => {
          reply.code(503);
          done(error);
        },
      );
    },
    onResponse(request, reply, done) {
      const asked = writing(request);
      if (asked === undefined) {
        done();
        return;
      }
      endpoint()
        .wrote(asked, { status: reply.statusCode, headers: textFields(reply.getHeaders()) })
        .then(() => done(), done);
    },
  };
}
