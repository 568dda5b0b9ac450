/**
 * Errors of the gateway itself, in the shape of the protocol that the client speaks.
 */
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { AskonceError, type BuiltInProtocolName, type ErrorInfo, protocols } from 'askonce';

/** The error as the client is told it. What is not an AskonceError is a bug, and tells the client nothing. */
export function errorInfo(error: unknown, requestId: string): ErrorInfo {
  if (AskonceError.isInstance(error)) {
    return { status: error.status, code: error.code, message: error.message, requestId };
  }
  return {
    status: 500,
    code: 'internal',
    message: 'askonce failed; its log says more under the request id.',
    requestId,
  };
}

/**
 * Answers with an error. `closes` ends the connection behind it: for requests whose body is left unread.
 * Returns the request id that the client was told.
 */
export function replyError(
  response: ServerResponse,
  protocolName: BuiltInProtocolName,
  error: unknown,
  closes: boolean,
): string {
  const requestId = `req_${randomUUID().replaceAll('-', '')}`;
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return requestId;
  }
  const info = errorInfo(error, requestId);
  const protocol = protocols[protocolName];
  const body = Buffer.from(protocol.errorBody(info));
  response.writeHead(info.status, {
    'content-type': protocol.errorType ?? 'application/json',
    'content-length': body.length,
    [protocol.requestIdHeader || 'x-request-id']: requestId,
    ...(info.code === 'not_cached' ? { 'cache-status': 'askonce; detail="only-if-cached"' } : {}),
    ...(closes ? { connection: 'close' } : {}),
  });
  response.end(body);
  return requestId;
}
