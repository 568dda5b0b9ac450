/**
 * A cached route: from the client's request to the cache's reply.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AskonceError, type BypassReason, type CacheRequest, type Reply } from 'askonce';
import { type CachedRoute, heededDirectives, protocols } from 'askonce/gateway-kit';
import { discardBody, holdsJson, isJson, readBody } from './body.ts';
import { ClientSignal } from './client-signal.ts';
import { idsOf, type ProxyContext } from './context.ts';
import { replyError } from './error-reply.ts';
import { passThrough } from './pass-through.ts';
import { writeReply } from './reply.ts';
import { toCacheRequest } from './request.ts';

/** One request with its route and the proxy's shared parts. */
interface Exchange {
  readonly route: CachedRoute;
  readonly proxy: ProxyContext;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export function cachedHandler(
  route: CachedRoute,
  proxy: ProxyContext,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const exchange = { route, proxy, request, response };
    const { 'content-encoding': encoding, 'cache-control': cacheControl = '' } = request.headers;
    // A compressed body can't be read here: the request bypasses the cache.
    if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
      if (heededDirectives(cacheControl, proxy.requestCacheControl).onlyIfCached)
        return refuse(exchange, notLookedUp());
      return passThrough(request, response, proxy, { family: route.family, bypass: 'encoded-body' });
    }
    const type = request.headers['content-type'];
    readBody(request, response, proxy, (body) => {
      if (!Buffer.isBuffer(body)) refuse(exchange, body);
      else if (isJson(type)) answer(exchange, body, undefined);
      // The provider may read it otherwise than as JSON, so its answer is shared with no other request.
      else if (holdsJson(body, type)) answer(exchange, body, 'unrepresentable');
      else refuse(exchange, notJson());
    });
  };
}

function answer(exchange: Exchange, body: Buffer, bypass: BypassReason | undefined): void {
  const { proxy, response } = exchange;
  const began = proxy.clock.monotonic();
  let asked: CacheRequest;
  let reply: Promise<Reply>;
  try {
    const { url = '', headers } = exchange.request;
    const made = toCacheRequest({ route: exchange.route, url, headers, body }, proxy);
    asked = made.asked;
    proxy.log.asked(asked);
    proxy.tracing?.asks(exchange.request, exchange.route.path, asked);
    // Warming wants the provider's answer, or its failure.
    const fallback = asked.directives.warm === undefined ? proxy.fallback : undefined;
    const options = new ClientSignal(response, proxy.clock, { fallback, bypass });
    reply = proxy.cache.ask(asked, proxy.providerOf(made.upstream), options);
  } catch (error) {
    refuse(exchange, error);
    return;
  }
  proxy.traffic.begin();
  reply.then(
    (made) => write(exchange, captured(exchange, body, asked, made), began),
    (error: unknown) => {
      proxy.traffic.end();
      refuse(exchange, error, asked.directives.warm === 'look');
    },
  );
}

/** The reply to send, read along with if requests are captured. */
function captured(
  { route: { protocol }, proxy: { capture }, request: { url = '', headers } }: Exchange,
  body: Buffer,
  asked: CacheRequest,
  reply: Reply,
): Reply {
  return capture === undefined ? reply : capture.of({ protocol, url, headers, asked, body }, reply);
}

/** `began`: when the whole request was there, on the monotonic clock. */
function write({ route, proxy, request, response }: Exchange, reply: Reply, began: number): void {
  const headMs = proxy.clock.monotonic() - began;
  proxy.tracing?.replies(request, reply);
  writeReply(response, reply, {
    protocol: protocols[route.protocol],
    closes: proxy.traffic.draining,
    ended(error) {
      proxy.traffic.end();
      // After the client has disconnected, its reply fails for that reason.
      if (error !== undefined) {
        const gone = response.destroyed;
        proxy.replies.failed(error, gone);
        proxy.log.failed(route.path, reply.requestId, error, gone, idsOf(request, proxy));
      } else {
        proxy.replies.answered();
        const totalMs = proxy.clock.monotonic() - began;
        const { headers } = request;
        const traceId = proxy.tracing?.traceIdOf(request);
        proxy.log.answered({ path: route.path, reply, headMs, totalMs, headers, traceId });
      }
    },
  });
}

function refuse({ route, proxy, request, response }: Exchange, error: unknown, isLook = false): void {
  const gone = response.destroyed;
  const unsent = request.headers.expect !== undefined && !request.readableDidRead;
  const late = AskonceError.isInstance(error) && error.code === 'request_timeout';
  const requestId = replyError(response, route.protocol, error, unsent || late || proxy.traffic.draining);
  discardBody(request, proxy.clock);
  // Warming looks for each question first: that it finds nothing is the usual answer, and no trouble.
  if (isLook && AskonceError.isInstance(error) && error.code === 'not_cached') {
    proxy.replies.answered();
    return;
  }
  proxy.replies.failed(error, gone);
  proxy.log.failed(route.path, requestId, error, gone, idsOf(request, proxy));
}

function notLookedUp(): AskonceError {
  return new AskonceError(
    'not_cached',
    'A compressed body is never looked up; send it uncompressed, or without only-if-cached.',
  );
}

function notJson(): AskonceError {
  return new AskonceError(
    'unsupported_media_type',
    'The request body is not JSON; send JSON in UTF-8, as application/json.',
  );
}
