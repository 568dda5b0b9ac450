/**
 * A response that is never sent, for a handler that runs behind a stale answer: its interceptors may set headers on it, as
 * they do on the response of a request. That one may have been sent by then.
 */
import { type IncomingMessage, ServerResponse } from 'node:http';
import type { ExecutionContext } from '@nestjs/common';
import type { Fields, FrameworkResponse } from './response.ts';

/** Puts it in the place of the response that interceptors are given, and returns it. */
export function shadowResponse(
  context: ExecutionContext,
  { status, headers }: { readonly status: number; readonly headers: Fields },
): FrameworkResponse {
  const args: unknown[] = context.getArgs();
  const request: IncomingMessage & { readonly raw?: IncomingMessage } = context.getArgByIndex(0);
  const response: object = context.getArgByIndex(1);
  const node = new ServerResponse(request.raw ?? request);
  const shadow: FrameworkResponse =
    request.raw === undefined
      ? Object.assign(Object.setPrototypeOf(node, Object.getPrototypeOf(response)), {
          req: request,
          locals: Reflect.get(response, 'locals'),
        })
      : Reflect.construct(response.constructor, [node, request, Reflect.get(response, 'log')]);
  node.statusCode = status;
  for (const [name, value] of Object.entries(headers))
    node.setHeader(name, typeof value === 'string' ? value : [...value]);
  args[1] = shadow;
  return shadow;
}
