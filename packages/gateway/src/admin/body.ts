/**
 * The body of an admin call: JSON of at most a megabyte.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AskonceError } from 'askonce';
import { isJson, readBody } from '../proxy/body.ts';
import type { Gate } from '../proxy/gate.ts';

const bodyLimit = 1024 * 1024;

type Limits = Pick<Gate, 'requestTimeoutMs' | 'clock'>;

/** Its value; undefined where there is none and there may be none. @throws AskonceError, also where the client leaves meanwhile. */
export async function readJson(
  request: IncomingMessage,
  response: ServerResponse,
  { requestTimeoutMs, clock }: Limits,
  need: 'must' | 'may',
): Promise<unknown> {
  const { headers } = request;
  const isThere = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  if (!isThere && need === 'may') return undefined;
  const encoding = headers['content-encoding'];
  if (!isJson(headers['content-type']) || (encoding !== undefined && encoding !== 'identity'))
    throw new AskonceError(
      'unsupported_media_type',
      'The body of an admin call must be application/json, in UTF-8, and not compressed.',
    );
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const left = () =>
    reject(new AskonceError('invalid_request', 'The client left before the body was there.'));
  response.once('close', left);
  readBody(request, response, { bodyLimit, requestTimeoutMs, clock }, (body) => {
    if (Buffer.isBuffer(body)) resolve(body);
    else reject(body);
  });
  try {
    return parsed(await promise);
  } finally {
    response.off('close', left);
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(body));
  } catch (cause) {
    throw new AskonceError('invalid_json', 'The body must be JSON (RFC 8259) in UTF-8.', { cause });
  }
}
