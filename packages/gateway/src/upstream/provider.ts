/**
 * An upstream as the provider that the cache asks.
 */
import { Readable } from 'node:stream';
import type { CacheRequest, LiveBody, Provider } from 'askonce';
import { answerHeaders, providerHeaders } from 'askonce/gateway-kit';
import type { UpstreamClient } from './client.ts';
import { decoded, encodingsOf } from './decoding.ts';
import type { Upstream } from './directory.ts';
import { providerFailure } from './failure.ts';
import { findModel, withModel } from './model-name.ts';

/** The encodings that this gateway can decode. */
const decodable = 'gzip, deflate, br, zstd';

/** Sends the request's own body, except that a model is renamed if the upstream has another name for it. */
export function upstreamProvider(upstream: Upstream, client: UpstreamClient): Provider {
  return async (request, signal) => {
    const answer = await client.sendPushed({
      origin: upstream.origin,
      path: pathOf(upstream, request),
      method: 'POST',
      headers: { 'accept-encoding': decodable, ...providerHeaders(request.protocol, request.headers) },
      body: outgoingBody(upstream, request.body),
      signal,
    });
    // The decoded length differs; a body that breaks off ends with an error of its own.
    const {
      'content-encoding': encoding,
      'content-length': _length,
      ...rest
    } = answerHeaders(answer.headers);
    const encodings = encodingsOf(encoding);
    // An unknown encoding is passed on as it is, with the header that names it.
    const undecodable = encodings === undefined && encoding !== undefined;
    return {
      status: answer.status,
      headers: undecodable ? { ...rest, 'content-encoding': encoding } : rest,
      body:
        encodings === undefined || encodings.length === 0
          ? answer.body
          : decoding(answer.body, encodings, upstream.origin, signal),
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

async function* decoding(
  body: LiveBody,
  encodings: readonly string[],
  origin: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const encoded = Readable.from(body, { objectMode: false });
  try {
    yield* decoded(encoded, encodings);
  } catch (error) {
    throw signal.aborted ? error : providerFailure(error, 'answering', origin);
  } finally {
    encoded.destroy();
  }
}
