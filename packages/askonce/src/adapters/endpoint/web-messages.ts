/**
 * Requests and responses of the Fetch standard, as the endpoint cache reads and writes them.
 */
import type { ProviderAnswer } from '../../flight/provider.ts';
import { bodiless, streamOf } from '../fetch/response.ts';
import { fieldsOf, pieces } from '../fetch/upstream.ts';
import type { EndpointReply, EndpointRequest, HandlerCall } from './contract.ts';
import { conditionalHeaders } from './run-headers.ts';

export function endpointRequest(request: Request): EndpointRequest<Request> {
  const { host, pathname, protocol, search, hash } = new URL(request.url);
  const headers = fieldsOf(request.headers);
  return {
    raw: request,
    method: request.method.toUpperCase(),
    scheme: protocol.slice(0, -1),
    // A server takes it from the target of the request, if that is a whole URL.
    host,
    url: pathname + search + hash,
    // A Request made by hand has no such header.
    headers: { host, ...headers },
    signal: request.signal,
  };
}

/**
 * The request as the handler gets it: of the same class where one can be made, else a standard `Request`; without the client's
 * conditions, and with the call's signal.
 */
export function handlerRequest(request: Request, signal: AbortSignal, call: HandlerCall): Request {
  const headers = new Headers(request.headers);
  for (const name of conditionalHeaders) headers.delete(name);
  for (const [name, value] of Object.entries(call.conditions ?? {})) headers.set(name, value);
  const init = { headers, signal };
  // Another library's request may have neither of the last two: undefined counts as left out.
  const { method, redirect, credentials } = request;
  const ofUrl = { ...init, method, redirect, credentials };
  return (
    constructed(request.constructor, request, init) ??
    constructed(request.constructor, request.url, ofUrl) ??
    new Request(request.url, ofUrl)
  );
}

/**
 * Undefined if the class cannot make one. The standard's class copies neither a proxy (Next.js) nor another library's request
 * (@whatwg-node/server).
 */
function constructed(type: unknown, ...given: readonly [Request | string, RequestInit]): Request | undefined {
  if (typeof type !== 'function') return undefined;
  try {
    const made: unknown = Reflect.construct(type, given);
    return made instanceof Request ? made : undefined;
  } catch {
    return undefined;
  }
}

export function providerAnswer(response: Response): ProviderAnswer {
  return { status: response.status, headers: fieldsOf(response.headers), body: pieces(response) };
}

export function writtenHeaders(response: Response): ProviderAnswer['headers'] {
  return fieldsOf(response.headers);
}

export function webResponse({ status, headers: fields, body }: EndpointReply): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(fields))
    for (const one of typeof value === 'string' ? [value] : value) headers.append(name, one);
  if (body === null || bodiless.has(status)) return new Response(null, { status, headers });
  // A copy, so that writing into what was fetched cannot change what is stored.
  return new Response(body instanceof Uint8Array ? new Uint8Array(body) : streamOf(body), {
    status,
    headers,
  });
}
