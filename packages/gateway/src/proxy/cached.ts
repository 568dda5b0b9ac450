/**
 * A route whose answers are kept: from the client's request to the cache's reply.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AskonceError, type CacheRequest, parseCacheControl, type Reply } from 'askonce';
import { readTold } from '../headers/context.ts';
import { discardBody, isJson, readBody } from './body.ts';
import { Departure } from './departure.ts';
import { replyError } from './error-reply.ts';
import type { Gate } from './gate.ts';
import { passThrough } from './pass-through.ts';
import { writeReply } from './reply.ts';
import type { CachedRoute } from './table.ts';

/** What one request's steps hand on. */
interface Exchange {
  readonly route: CachedRoute;
  readonly gate: Gate;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export function cachedHandler(
  route: CachedRoute,
  gate: Gate,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const exchange = { route, gate, request, response };
    const { 'content-encoding': encoding, 'cache-control': cacheControl = '' } = request.headers;
    // What is compressed cannot be read here: it goes by, and its answer is not kept.
    if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
      if (parseCacheControl(cacheControl).onlyIfCached) return refuse(exchange, notLookedUp());
      return passThrough(request, response, gate, { family: route.family, bypass: 'encoded-body' });
    }
    if (!isJson(request.headers['content-type'])) return refuse(exchange, notJson());
    readBody(request, response, gate, (body) => {
      if (Buffer.isBuffer(body)) answer(exchange, body);
      else refuse(exchange, body);
    });
  };
}

function answer(exchange: Exchange, body: Buffer): void {
  const { gate, response } = exchange;
  let asked: CacheRequest;
  let reply: Promise<Reply>;
  try {
    const upstream = gate.directory.choose(exchange.route.family, body);
    asked = toCacheRequest(exchange, body, upstream);
    gate.log.asked(asked);
    reply = gate.cache.ask(asked, gate.providerOf(upstream), new Departure(response, gate.fallback));
  } catch (error) {
    refuse(exchange, error);
    return;
  }
  gate.traffic.begin();
  reply.then(
    (made) => write(exchange, made),
    (error: unknown) => {
      gate.traffic.end();
      refuse(exchange, error);
    },
  );
}

function toCacheRequest(
  { route, gate, request }: Exchange,
  body: Buffer,
  upstream: { readonly url: string; readonly knownDefaults: boolean },
): CacheRequest {
  const { url = '', headers } = request;
  const { context, directives } = readTold(headers, gate.heedsAll);
  const queryAt = url.indexOf('?');
  return {
    protocol: route.protocol,
    upstream: upstream.url,
    route: route.route,
    query: queryAt === -1 ? '' : url.slice(queryAt + 1),
    headers,
    body,
    context,
    directives,
    knownDefaults: upstream.knownDefaults,
  };
}

function write({ route, gate, response }: Exchange, reply: Reply): void {
  gate.log.answered(route.path, reply);
  writeReply(response, reply, {
    protocol: route.protocol,
    closes: gate.traffic.draining,
    ended(error) {
      gate.traffic.end();
      // Once the client has left, its reply fails with that as the reason.
      if (error !== undefined) gate.log.failed(route.path, reply.requestId, error, response.destroyed);
    },
  });
}

function refuse({ route, gate, request, response }: Exchange, error: unknown): void {
  const gone = response.destroyed;
  const unsent = request.headers.expect !== undefined && !request.readableDidRead;
  const late = AskonceError.isInstance(error) && error.code === 'request_timeout';
  const requestId = replyError(response, route.protocol, error, unsent || late || gate.traffic.draining);
  discardBody(request, gate.clock);
  gate.log.failed(route.path, requestId, error, gone);
}

function notLookedUp(): AskonceError {
  return new AskonceError(
    'not_cached',
    'a compressed body is not looked up, and the request said only-if-cached',
  );
}

function notJson(): AskonceError {
  return new AskonceError('unsupported_media_type', 'The request body must be application/json, in UTF-8.');
}
