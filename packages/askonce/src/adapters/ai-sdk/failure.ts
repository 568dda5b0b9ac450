/**
 * Errors of a model: as answers that the cache understands, and back as the errors that the SDK understands.
 */
import { APICallError } from 'ai';
import { inOnePiece } from '../../body/in-one-piece.ts';
import type { Reply } from '../../engine/reply.ts';
import { AskonceError } from '../../errors.ts';
import type { ProviderAnswer } from '../../flight/provider.ts';
import { type JsonValue, tryParseJson } from '../../json.ts';
import { readFailure, writeFailure } from '../../protocol/ai-sdk/errors.ts';
import type { HeldValues } from './held.ts';

/** Thrown values, by the error that carries them through the cache. */
const thrown = new WeakMap<object, { readonly value: unknown }>();

/**
 * What a model threw, as an answer with the provider's status, so that it is remembered and shared as the provider's own
 * error would be.
 * @throws AskonceError that carries an error without a status, for {@link carriedBy}.
 */
export function failureAnswer(error: unknown, held: HeldValues): ProviderAnswer {
  const status = statusOf(error);
  if (!(error instanceof Error) || status === undefined) throw carrying(error);
  const isCall = APICallError.isInstance(error);
  const body = writeFailure({
    name: error.name,
    message: error.message,
    url: isCall ? withoutQuery(error.url) : '',
    isRetryable: 'isRetryable' in error && error.isRetryable === true,
    responseBody: isCall ? error.responseBody : undefined,
    data: isCall ? dataOf(error.data) : undefined,
    held: held.hold(error),
  });
  const headers = isCall ? (error.responseHeaders ?? {}) : {};
  return {
    status,
    headers: { ...retryHeaders(headers), 'content-type': 'application/json' },
    body: inOnePiece(Buffer.from(body)),
  };
}

/** The status of an HTTP error; undefined for any other. */
function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
  const { statusCode: status } = error;
  const isError = typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599;
  return isError ? status : undefined;
}

/** How long to wait, and whether a retry is of use: what the cache and the SDK read. */
const retryNames = ['retry-after', 'retry-after-ms', 'x-should-retry'] as const;

function retryHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const lower = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return Object.fromEntries(
    retryNames.flatMap((name): [string, string][] => {
      const value = lower.get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** A key may stand in the query of a provider's address. */
function withoutQuery(url: string): string {
  return url.split('?', 1)[0] ?? '';
}

function dataOf(data: unknown): JsonValue | undefined {
  const text: string | undefined = JSON.stringify(data);
  return text === undefined ? undefined : tryParseJson(text);
}

/** An error that carries a thrown value through the cache: callers get the value itself. */
export function carrying(value: unknown): AskonceError {
  if (AskonceError.isInstance(value)) return value;
  const message = 'The model failed without an answer of its provider; see the cause.';
  const carrier = new AskonceError('provider_unreachable', message, { cause: value });
  thrown.set(carrier, { value });
  return carrier;
}

/** What a model threw, if `error` carries it; else the error itself. */
export function carriedBy(error: unknown): unknown {
  const carried = typeof error === 'object' && error !== null ? thrown.get(error) : undefined;
  return carried === undefined ? error : carried.value;
}

/**
 * The error of an error reply: the model's own where this process has it. One that the cache remembers says so, and its
 * `retry-after` says when the provider is asked again.
 */
export function errorOfReply(
  { status, headers, cacheStatus }: Pick<Reply, 'status' | 'headers' | 'cacheStatus'>,
  body: Uint8Array,
  held: HeldValues,
): Error {
  const failure = readFailure(body);
  const isRemembered = cacheStatus.kind === 'hit';
  const own = isRemembered || failure?.held === undefined ? undefined : held.find(failure.held)?.value;
  if (own instanceof Error) return own;
  const retryAfter = isRemembered && cacheStatus.ttl > 0 ? ` for ${cacheStatus.ttl} s` : '';
  const said = failure?.message ?? `The provider answered with status ${status}.`;
  return new APICallError({
    message: isRemembered
      ? `${said} (The cache remembers this error${retryAfter}; the provider was not asked.)`
      : said,
    url: failure?.url ?? '',
    requestBodyValues: {},
    statusCode: status,
    responseHeaders: Object.fromEntries(
      Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
    ),
    ...(failure?.responseBody === undefined ? {} : { responseBody: failure.responseBody }),
    ...(failure === undefined ? {} : { isRetryable: failure.isRetryable, data: failure.data }),
  });
}

/** The message of a value that was thrown, or came in an `error` part. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  return typeof error === 'string' ? error : 'The model failed.';
}

/** The error of an `error` part that another process got. */
export function errorOf(message: JsonValue | undefined): Error {
  return new Error(typeof message === 'string' ? message : 'The model failed.');
}
