/**
 * An upstream as the provider that the cache asks.
 */
import type { Readable } from 'node:stream';
import { type CacheRequest, commonHeaders, headerRules, type Provider, protocols } from 'askonce';
import type { UpstreamClient } from './client.ts';
import { decoded, encodingsOf } from './decoding.ts';
import type { Upstream } from './directory.ts';
import { providerFailure } from './failure.ts';
import { answerHeaders, cachedRequestHeaders } from './headers.ts';
import { findModel, withModel } from './model-name.ts';
import { pieces } from './pieces.ts';

const rules = new Map(
  Object.values(protocols).map(({ name, headers }) => [name, headerRules(headers, commonHeaders)] as const),
);
const commonRule = headerRules(commonHeaders);

/** Sends the request's own body, but for the model where the upstream has another name for it. */
export function upstreamProvider(upstream: Upstream, client: UpstreamClient): Provider {
  return async (request, signal) => {
    const answer = await client.send({
      origin: upstream.origin,
      path: pathOf(upstream, request),
      method: 'POST',
      headers: cachedRequestHeaders(request.headers, rules.get(request.protocol) ?? commonRule),
      body: outgoingBody(upstream, request.body),
      signal,
    });
    // Once decoded, the length is another; where it broke off, the body's own error tells.
    const {
      'content-encoding': encoding,
      'content-length': _length,
      ...rest
    } = answerHeaders(answer.headers);
    const encodings = encodingsOf(encoding);
    // What cannot be undone goes on as it is, with the header that says so.
    const asItIs = encodings === undefined && encoding !== undefined;
    return {
      status: answer.status,
      headers: asItIs ? { ...rest, 'content-encoding': encoding } : rest,
      body: reading(answer.body, encodings ?? [], upstream.origin, signal),
    };
  };
}

function pathOf(upstream: Upstream, request: CacheRequest): string {
  const path = upstream.basePath + request.route;
  return request.query === '' ? path : `${path}?${request.query}`;
}

function outgoingBody(upstream: Upstream, body: Uint8Array | string): Uint8Array | string {
  if (!upstream.renames) return body;
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const found = findModel(bytes);
  const model = found === undefined ? undefined : upstream.rename(found.value);
  return found === undefined || model === undefined ? body : withModel(bytes, found, model);
}

async function* reading(
  body: Readable,
  encodings: readonly string[],
  origin: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* encodings.length === 0 ? pieces(body) : decoded(body, encodings);
  } catch (error) {
    throw signal.aborted ? error : providerFailure(error, 'answering', origin);
  } finally {
    body.destroy();
  }
}
