/**
 * A call to an OpenAI-compatible endpoint by a part of the semantic tier. Neither the key nor what was sent or received
 * is ever part of an error.
 */
import { AskonceError } from '../errors.ts';
import { type JsonValue, tryParseJson } from '../json.ts';

/** The part of `fetch` that is used. The global one fits; another one may go through a proxy. */
export type PostFetch = (url: string, init: PostInit) => Promise<PostAnswer>;

export interface PostInit {
  readonly method: 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
  /** A redirect is a failure: the key must not go elsewhere. */
  readonly redirect: 'error';
}

export interface PostAnswer {
  readonly status: number;
  /** After content decoding. */
  readonly body: AsyncIterable<Uint8Array> | null;
}

export interface Endpoint {
  /** For messages, such as `the embeddings endpoint`. */
  readonly what: string;
  readonly url: string;
  readonly apiKey?: string | undefined;
  /** Default: the global `fetch`. */
  readonly fetch?: PostFetch | undefined;
  /** A longer answer is a failure. */
  readonly maxBytes: number;
}

/**
 * The URL of `route` below a base URL such as `https://api.openai.com/v1`.
 *
 * @throws AskonceError `invalid_settings` if it is no plain http or https URL
 */
export function endpointUrl(baseUrl: string, route: string): string {
  const url = URL.parse(baseUrl);
  const isPlain =
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    url.username === '' &&
    url.password === '' &&
    url.search === '' &&
    url.hash === '';
  if (!isPlain) {
    const wanted = 'an http or https URL without credentials, query or fragment';
    throw new AskonceError('invalid_settings', `The base URL of ${route} must be ${wanted}.`);
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}/${route}`;
}

/** Origin and base path of an endpoint below a base URL. */
export function baseOf(url: string, route: string): string {
  return url.slice(0, -route.length - 1);
}

/** @throws AskonceError `invalid_settings` if no header can carry the key */
export function checkedKey(apiKey: string | undefined, what: string): string | undefined {
  const key = apiKey?.trim();
  if (key === undefined || key === '') return undefined;
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new AskonceError(
    'invalid_settings',
    `The API key of ${what} has characters that no header can carry. Set it to the key alone.`,
  );
}

/**
 * Posts JSON and resolves with the JSON of a successful answer.
 *
 * @throws AskonceError `semantic_failed` for everything else
 */
export async function postJson(endpoint: Endpoint, body: JsonValue, signal: AbortSignal): Promise<JsonValue> {
  const { what } = endpoint;
  const { status, text } = await postText(endpoint, JSON.stringify(body), signal);
  if (status < 200 || status > 299) throw failed(what, adviceOn(status));
  const value = tryParseJson(text);
  if (value === undefined) throw failed(what, 'did not answer with JSON; check its base URL');
  return value;
}

export interface PostedText {
  readonly status: number;
  readonly text: string;
}

/**
 * Posts a body of JSON and resolves with the answer, whatever its status.
 *
 * @throws AskonceError `semantic_failed` if there is no complete answer within `maxBytes`, or the signal aborts
 */
export async function postText(endpoint: Endpoint, body: string, signal: AbortSignal): Promise<PostedText> {
  const { what, url, apiKey, fetch: post = globalThis.fetch, maxBytes } = endpoint;
  // Ends the connection of an answer that is not read to its end.
  const ended = new AbortController();
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: 'application/json',
    // Not every `fetch` that is given decodes.
    'accept-encoding': 'identity',
  };
  if (apiKey !== undefined) headers['authorization'] = `Bearer ${apiKey}`;
  try {
    const answer = await post(url, {
      method: 'POST',
      headers,
      body,
      signal: AbortSignal.any([signal, ended.signal]),
      redirect: 'error',
    });
    return { status: answer.status, text: await textOf(answer, what, maxBytes) };
  } catch (error) {
    if (AskonceError.isInstance(error)) throw error;
    if (signal.aborted) throw failed(what, 'was given up: its time is over');
    throw failed(what, `cannot be reached (${codeOf(error)}); check its base URL, and that it is running`);
  } finally {
    ended.abort();
  }
}

async function textOf({ body }: PostAnswer, what: string, maxBytes: number): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body ?? []) {
    size += piece.length;
    if (size > maxBytes) throw failed(what, `answered with more than ${maxBytes} bytes; check its base URL`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

export function failed(what: string, how: string): AskonceError {
  const subject = what.charAt(0).toUpperCase() + what.slice(1);
  return new AskonceError('semantic_failed', `${subject} ${how}.`);
}

function adviceOn(status: number): string {
  const answered = `answered with status ${status}`;
  if (status === 401 || status === 403) return `${answered}; check its API key`;
  if (status === 404) return `${answered}; check its base URL and the model`;
  if (status === 400 || status === 413 || status === 422)
    return `${answered}; check that it has the model, and takes texts of this length`;
  return answered;
}

/** The code of a connection that failed, such as `ECONNREFUSED`; never the message, which may quote a header. */
function codeOf(error: unknown): string {
  for (let one = error, depth = 0; one instanceof Error && depth < 4; one = one.cause, depth++) {
    if ('code' in one && typeof one.code === 'string' && /^[A-Z][A-Z0-9_]{1,39}$/.test(one.code))
      return one.code;
  }
  return 'no connection';
}
