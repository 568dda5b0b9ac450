/**
 * The cache of an application's routes: an interceptor outside of all others. Guards have let the request in; what other
 * interceptors, pipes and the handler make of it is the answer, or comes from the cache.
 */
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { concat, defer, from, ignoreElements, lastValueFrom, Observable, takeUntil } from 'rxjs';
import { AskonceError } from '../../errors.ts';
import type { EndpointRequest, RunHandler } from '../endpoint/contract.ts';
import { carriedBy } from '../values/thrown.ts';
import { answerFrom, type Platform } from './answer.ts';
import { plainJson } from './input.ts';
import type { Plan } from './plans.ts';
import { platformOf, sendable } from './platform.ts';
import {
  answerHeaders,
  clientSignal,
  type FrameworkResponse,
  headersOf,
  reportHead,
  setHead,
} from './response.ts';
import { shadowResponse } from './shadow.ts';
import { carrierOf } from './thrown.ts';
import type { Writes } from './writes.ts';

/** Requests that a cache answers. */
const answering = new WeakSet<object>();

interface Given {
  adapter(): AbstractHttpAdapter | undefined;
  planOf(controller: { readonly prototype: object }, handler: object): Plan | undefined;
  readonly writes: Writes;
}

export function routeInterceptor({ adapter: adapterOf, planOf, writes }: Given): NestInterceptor {
  return {
    intercept(context, next) {
      const adapter = context.getType() === 'http' ? adapterOf() : undefined;
      if (adapter === undefined) return next.handle();
      const request = requestOf(adapter, context);
      // A module that is imported twice is there twice.
      if (answering.has(request.raw)) return next.handle();
      const plan = planOf(context.getClass(), context.getHandler());
      if (plan !== undefined && plan.endpoint.roleOf(request) === 'reads') {
        answering.add(request.raw);
        return from(answered(adapter, plan, request, context, next));
      }
      if (!writes.counts(request)) return next.handle();
      const response: FrameworkResponse = context.switchToHttp().getResponse();
      const after = async () => {
        const { statusCode: status } = response;
        await writes.after(request, { status, headers: headersOf(response) }, context);
      };
      // Nest sends what was emitted last once the whole has completed.
      return concat(next.handle(), defer(after).pipe(ignoreElements()));
    },
  };
}

function requestOf(adapter: AbstractHttpAdapter, context: ExecutionContext): EndpointRequest<object> {
  const raw: NestRequest = context.switchToHttp().getRequest();
  const pattern = raw.routeOptions?.url ?? raw.route?.path;
  return {
    raw,
    method: String(adapter.getRequestMethod(raw)).toUpperCase(),
    host: typeof raw.host === 'string' ? raw.host : undefined,
    scheme: typeof raw.protocol === 'string' ? raw.protocol : undefined,
    url: String(adapter.getRequestUrl(raw)),
    route: typeof pattern === 'string' ? pattern : undefined,
    headers: raw.headers,
    reportsHead: true,
  };
}

/** A request of Express or of Fastify, as far as it is read. */
interface NestRequest {
  readonly headers: Record<string, string | string[] | undefined>;
  readonly protocol?: unknown;
  readonly host?: unknown;
  readonly route?: { readonly path?: unknown };
  readonly routeOptions?: { readonly url?: unknown };
}

async function answered(
  adapter: AbstractHttpAdapter,
  plan: Plan,
  given: EndpointRequest<object>,
  context: ExecutionContext,
  next: CallHandler,
): Promise<unknown> {
  const request = await keyed(given, plan.key, context);
  if (request === undefined) return await lastValueFrom(next.handle());
  const response: FrameworkResponse = context.switchToHttp().getResponse();
  const signal = clientSignal(response);
  const run = handlerOf(plan, context, next, platformOf(adapter, response));
  try {
    const reply = await plan.endpoint.answer(
      { ...request, headers: { ...request.headers, ...plan.headers }, signal },
      run,
    );
    if (reply.head !== undefined) reportHead(response, reply.head);
    setHead(adapter, response, reply);
    return sendable(adapter, request.method, reply);
  } catch (error) {
    // There is no client to answer any more.
    if (signal.aborted) return undefined;
    throw carriedBy(error);
  }
}

/** The handler with what is inside of the cache: interceptors and pipes. */
function handlerOf(
  { route }: Plan,
  context: ExecutionContext,
  next: CallHandler,
  platform: Platform,
): RunHandler {
  const response: FrameworkResponse = context.switchToHttp().getResponse();
  const before = headersOf(response);
  // What decorators say is set on the response already, and what middleware says of storing; it belongs to the answer.
  const declared = { status: response.statusCode, headers: answerHeaders(before, before, route.headers) };
  return async (signal, { behind, conditions }) => {
    const to = behind ? shadowResponse(context, declared) : response;
    setConditions(context, conditions);
    let returned: unknown;
    try {
      returned = await lastValueFrom(next.handle().pipe(takeUntil(aborted(signal))));
    } catch (error) {
      throw carrierOf(error, `${context.getClass().name}.${context.getHandler().name}`);
    }
    const headers = answerHeaders(headersOf(to), behind ? {} : before, route.headers);
    // The reply sets those that it has; the request's own reply may have others (304).
    for (const name of Object.keys(headers)) if (!behind && before[name] === undefined) to.removeHeader(name);
    return await answerFrom(returned, { status: to.statusCode, headers }, platform);
  };
}

/** The handler sees the conditions of the cache, not the client's own. */
function setConditions(context: ExecutionContext, conditions: Readonly<Record<string, string>> = {}): void {
  const { headers }: NestRequest = context.switchToHttp().getRequest();
  for (const name of ['if-none-match', 'if-modified-since']) headers[name] = conditions[name];
}

function aborted(signal: AbortSignal): Observable<never> {
  return new Observable((subscriber) => {
    const fail = () => subscriber.error(signal.reason);
    if (signal.aborted) fail();
    signal.addEventListener('abort', fail);
    return () => signal.removeEventListener('abort', fail);
  });
}

/** The request with its own key in place of its query; undefined if it has none, and is not cached. */
async function keyed(
  request: EndpointRequest<object>,
  key: Plan['key'],
  context: ExecutionContext,
): Promise<EndpointRequest<object> | undefined> {
  if (key === undefined) return request;
  const own = await key(context);
  if (own === undefined || own === null) return undefined;
  const refusal = () =>
    new AskonceError(
      'invalid_request',
      `The key of ${context.getClass().name}.${context.getHandler().name} is not JSON, so that others would equal it; return a text or plain data.`,
    );
  const text = typeof own === 'string' ? own : JSON.stringify(plainJson(own, refusal));
  const [path] = request.url.split('?', 1);
  return { ...request, url: `${path}?key=${encodeURIComponent(text)}` };
}
