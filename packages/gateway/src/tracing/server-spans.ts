/**
 * The spans of the requests that a gateway serves, by the conventions for HTTP servers.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Tracer } from '@opentelemetry/api';
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { CacheStatus, Reply } from 'askonce';
import { contextFrom, type Instants } from 'askonce/opentelemetry';

export interface ServerSpan {
  readonly span: Span;
  /** That of what the request causes. */
  readonly context: Context;
}

/** Probes and scrapes, whose spans would say nothing of use. */
const unseen: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);

const methods: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'QUERY',
]);

/** Undefined for a request that has no span. */
export function serverSpan(
  tracer: Tracer,
  { now }: Instants,
  request: IncomingMessage,
  response: ServerResponse,
): ServerSpan | undefined {
  const path = pathOf(request.url ?? '');
  if (unseen.has(path)) return undefined;
  const parent = contextFrom(request.headers, ROOT_CONTEXT);
  const method = methodOf(request);
  const route = usualRoute(path);
  const span = tracer.startSpan(
    nameOf(method, route),
    { kind: SpanKind.SERVER, startTime: now(), attributes: attributesOf(request, method, path, route) },
    parent,
  );
  if (span.isRecording()) {
    // An answer that is piped has as many listeners as Node takes without a warning.
    response.setMaxListeners(response.getMaxListeners() + 1);
    response.once('close', () => end(span, response, now()));
  }
  return { span, context: trace.setSpan(parent, span) };
}

function attributesOf(
  request: IncomingMessage,
  method: string,
  path: string,
  route: string | undefined,
): Attributes {
  const { headers, httpVersion } = request;
  const userAgent = headers['user-agent'];
  return {
    'http.request.method': method,
    'url.path': shownPath(path),
    'url.scheme': 'http',
    'network.protocol.version': httpVersion,
    ...(route === undefined ? {} : { 'http.route': route }),
    ...hostOf(headers.host ?? ''),
    ...(userAgent === undefined ? {} : { 'user_agent.original': userAgent.slice(0, 256) }),
  };
}

/** The cached route that the request has turned out to take. */
export function noteRoute({ span }: ServerSpan, request: IncomingMessage, route: string): void {
  if (!span.isRecording()) return;
  span.updateName(nameOf(methodOf(request), route));
  span.setAttribute('http.route', route);
}

export function noteReply({ span }: ServerSpan, { cacheStatus, requestId }: Reply): void {
  if (!span.isRecording()) return;
  span.setAttribute('askonce.request_id', requestId);
  span.setAttribute('askonce.outcome', outcomeOf(cacheStatus));
  if (cacheStatus.kind === 'forward') span.setAttribute('askonce.fwd', cacheStatus.reason);
  if (cacheStatus.detail !== undefined) span.setAttribute('askonce.detail', cacheStatus.detail);
  if (cacheStatus.kind === 'forward' && cacheStatus.collapsed === true)
    span.setAttribute('askonce.collapsed', true);
}

/** By the words of a lookup's outcome. */
function outcomeOf(status: CacheStatus): string {
  if (status.kind === 'hit') return status.detail === 'negative' ? 'negative' : 'hit';
  return status.reason === 'bypass' ? 'bypass' : 'miss';
}

function end(span: Span, response: ServerResponse, now: number): void {
  if (response.headersSent) {
    const { statusCode } = response;
    span.setAttribute('http.response.status_code', statusCode);
    if (statusCode >= 500) {
      span.setAttribute('error.type', String(statusCode));
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
  }
  // A client that leaves is no fault of the server: people stop answers that they have read enough of.
  if (!response.writableFinished) span.setAttribute('askonce.client_gone', true);
  span.end(now);
}

function methodOf({ method = '' }: IncomingMessage): string {
  return methods.has(method) ? method : '_OTHER';
}

/** `POST /v1/chat/completions`; a path is no part of a name unless it is a route. */
function nameOf(method: string, route: string | undefined): string {
  const verb = method === '_OTHER' ? 'HTTP' : method;
  return route === undefined ? verb : `${verb} ${route}`;
}

function usualRoute(path: string): string | undefined {
  return ['/v1/*', '/openai/*', '/cache/*'].find((route) => path.startsWith(route.slice(0, -1)));
}

function pathOf(url: string): string {
  const queryAt = url.indexOf('?');
  return queryAt === -1 ? url : url.slice(0, queryAt);
}

/** The paths of admin calls may hold a user's name or a key. */
function shownPath(path: string): string {
  return path.replace(/^(\/cache\/[a-z-]+\/).+$/s, '$1…').slice(0, 1024);
}

function hostOf(host: string): Attributes {
  const [, name = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(host) ?? [];
  if (name === '') return {};
  return {
    'server.address': name.replace(/^\[(.*)\]$/, '$1').slice(0, 255),
    ...(port === undefined ? {} : { 'server.port': Number(port) }),
  };
}
