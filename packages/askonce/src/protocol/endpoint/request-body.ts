/**
 * The body of a request to an endpoint, as the cache recognises it: the question that the HTTP request is.
 */
import { isJsonObject, type JsonObject, tryParseJson } from '../../json.ts';
import type { AskedRequest } from '../answer-rules.ts';
import { varyValues } from './vary.ts';

/** What the adapter of a framework says of a request. */
export interface EndpointQuestion {
  /** The route with its method's read form, for statistics: `GET /users/:id`. */
  readonly subject: string;
  /** In lower case; '' if the request names none. */
  readonly host: string;
  /** Path and query. */
  readonly target: string;
  /** Whether the credential parts answers, or requests with different ones share them. */
  readonly credentials: 'part' | 'shared';
  /** Names of the fields by which answers are known to differ. */
  readonly vary: Iterable<string>;
}

export function endpointBody(
  { subject, host, target, credentials, vary }: EndpointQuestion,
  headers: AskedRequest['headers'],
): string {
  return JSON.stringify({ subject, credentials, request: { host, target, vary: varyValues(vary, headers) } });
}

/** The names by which a request is recognised already. */
export function keyedNames({ body }: AskedRequest): ReadonlySet<string> {
  return new Set(Object.keys(varyOf(bodyOf(body))));
}

/** The body of the same request, recognised by more names. */
export function withNames(request: AskedRequest, names: Iterable<string>): string {
  const body = bodyOf(request.body);
  const asked = body['request'];
  const vary = { ...varyOf(body), ...varyValues(names, request.headers) };
  const sorted = Object.fromEntries(
    Object.entries(vary).toSorted(([one], [other]) => (one < other ? -1 : 1)),
  );
  return JSON.stringify({ ...body, request: { ...(isJsonObject(asked) ? asked : {}), vary: sorted } });
}

function varyOf(body: JsonObject): JsonObject {
  const asked = body['request'];
  const vary = isJsonObject(asked) ? asked['vary'] : undefined;
  return isJsonObject(vary) ? vary : {};
}

function bodyOf(body: AskedRequest['body']): JsonObject {
  const value = tryParseJson(
    typeof body === 'string' ? body : Buffer.from(body ?? new Uint8Array()).toString('utf8'),
  );
  return isJsonObject(value) ? value : {};
}
