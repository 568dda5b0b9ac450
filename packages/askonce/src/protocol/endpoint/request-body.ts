/**
 * The body of a request to an endpoint, as the cache recognises it: the question that the HTTP request is.
 */
import { isJsonObject, type JsonObject, tryParseJson } from '../../json.ts';
import type { AskedRequest } from '../answer-rules.ts';
import { varyValues } from './vary.ts';

/**
 * Whether the credential parts answers (`part`), or requests with different ones share them: by the application's word
 * (`shared`), or by that of the answers (`public`).
 */
export type Credentials = 'part' | 'shared' | 'public';

/** What the adapter of a framework says of a request. */
export interface EndpointQuestion {
  /** The route with its method's read form, for statistics: `GET /users/:id`. */
  readonly subject: string;
  /** `http` or `https`; '' if it is not known. */
  readonly scheme: string;
  /** In lower case; '' if the request names none. */
  readonly host: string;
  /** Path and query. */
  readonly target: string;
  readonly credentials: Credentials;
  /** Names of the fields by which answers are known to differ. */
  readonly vary: Iterable<string>;
}

export function endpointBody(
  { subject, scheme, host, target, credentials, vary }: EndpointQuestion,
  headers: AskedRequest['headers'],
): string {
  return JSON.stringify({
    subject,
    credentials,
    request: { scheme, host, target, vary: varyValues(vary, headers) },
  });
}

/** What the request is for. */
export function targetOf({ body }: Pick<AskedRequest, 'body'>): {
  readonly host: string;
  readonly target: string;
} {
  const asked = bodyOf(body)['request'];
  const { host, target } = isJsonObject(asked) ? asked : {};
  return { host: typeof host === 'string' ? host : '', target: typeof target === 'string' ? target : '' };
}

/** The names by which a request is recognised already. */
export function keyedNames({ body }: AskedRequest): ReadonlySet<string> {
  return new Set(Object.keys(varyOf(bodyOf(body))));
}

export function credentialsOf({ body }: AskedRequest): Credentials {
  const { credentials } = bodyOf(body);
  return credentials === 'shared' || credentials === 'public' ? credentials : 'part';
}

/** The body of the same request, recognised by more names, or shared by others. */
export function restatedBody(
  request: AskedRequest,
  credentials: Credentials,
  names: Iterable<string>,
): string {
  const body = bodyOf(request.body);
  const asked = body['request'];
  const vary = { ...varyOf(body), ...varyValues(names, request.headers) };
  const sorted = Object.fromEntries(
    Object.entries(vary).toSorted(([one], [other]) => (one < other ? -1 : 1)),
  );
  return JSON.stringify({
    ...body,
    credentials,
    request: { ...(isJsonObject(asked) ? asked : {}), vary: sorted },
  });
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
