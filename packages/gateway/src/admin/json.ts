/**
 * The bodies of admin calls and their answers: JSON, requests of at most a megabyte, answers never stored.
 */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { AskonceError } from 'askonce';
import { isJson, readBody } from '../proxy/body.ts';
import type { ProxyContext } from '../proxy/context.ts';
import { errorInfo } from '../proxy/error-reply.ts';

const bodyLimit = 1024 * 1024;

type Limits = Pick<ProxyContext, 'requestTimeoutMs' | 'clock'>;

/**
 * The value of the body; undefined if there is none and `required` is false.
 * @throws AskonceError, also if the client disconnects meanwhile.
 */
export async function readJson(
  request: IncomingMessage,
  response: ServerResponse,
  { requestTimeoutMs, clock }: Limits,
  required: boolean,
): Promise<unknown> {
  const { headers } = request;
  const isThere = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  if (!isThere && !required) return undefined;
  const encoding = headers['content-encoding'];
  if (!isJson(headers['content-type']) || (encoding !== undefined && encoding !== 'identity'))
    throw new AskonceError(
      'unsupported_media_type',
      'The body of the admin call is not plain application/json in UTF-8; set the Content-Type, and do not compress.',
    );
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const gone = () =>
    reject(
      new AskonceError(
        'invalid_request',
        'The client disconnected before the body was complete; send it again.',
      ),
    );
  response.once('close', gone);
  readBody(request, response, { bodyLimit, requestTimeoutMs, clock }, (body) => {
    if (Buffer.isBuffer(body)) resolve(body);
    else reject(body);
  });
  try {
    return parsed(await promise);
  } finally {
    response.off('close', gone);
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parsed(body: Buffer): unknown {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(body));
  } catch (cause) {
    throw new AskonceError('invalid_json', 'The body is not JSON (RFC 8259) in UTF-8; send valid JSON.', {
      cause,
    });
  }
  requireReadable(value);
  return value;
}

/** As of the bodies of cached routes. A schema within itself is parsed by recursion, whose stack ends somewhere. */
const maxDepth = 512;

/**
 * Level by level, not by recursion.
 * @throws AskonceError for what the schemas of calls would not see: they leave a member `__proto__` out unread.
 */
function requireReadable(value: unknown): void {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    const containers = level.filter((one) => typeof one === 'object' && one !== null);
    if (containers.length > 0 && depth >= maxDepth)
      throw new AskonceError(
        'request_too_deep',
        `The body is nested deeper than ${maxDepth} levels; flatten it.`,
      );
    if (containers.some((one) => Object.hasOwn(one, '__proto__')))
      throw new AskonceError('invalid_request', 'The body has a member named __proto__; leave it out.');
    level = containers.flatMap((one) => Object.values(one));
  }
}

export interface AnswerOptions {
  readonly requestId: string;
  readonly headers?: OutgoingHttpHeaders | undefined;
  /** Ends the connection after the answer. */
  readonly closes: boolean;
}

export function answerJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  { requestId, headers = {}, closes }: AnswerOptions,
): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': body.length,
    'cache-control': 'no-store',
    'x-request-id': requestId,
    ...headers,
    ...(closes ? { connection: 'close' } : {}),
  });
  response.end(body);
}

/** `{ "error": { "code": …, "message": … } }`, with the status of the code. */
export function answerError(response: ServerResponse, error: unknown, options: AnswerOptions): void {
  const { status, code, message } = errorInfo(error, options.requestId);
  answerJson(response, status, { error: { code, message } }, options);
}
