/**
 * Errors of the gateway itself, in the shape of the protocol that the client speaks.
 */
import type { ServerResponse } from 'node:http';
import { AskonceError, type ErrorCode } from 'askonce';
import { errorReply, newRequestId, type ProviderProtocolName } from 'askonce/gateway-kit';

interface ClientError {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
  readonly requestId: string;
}

/** The error as the client sees it. Anything but an AskonceError is unexpected, and its message stays in the log. */
export function errorInfo(error: unknown, requestId: string): ClientError {
  if (AskonceError.isInstance(error)) {
    return { status: error.status, code: error.code, message: error.message, requestId };
  }
  return {
    status: 500,
    code: 'internal',
    message: 'Unexpected error in askonce; its log has more under the request id.',
    requestId,
  };
}

/**
 * Answers with an error. `closes` ends the connection after it, for requests whose body is left unread.
 * Returns the request id in the reply.
 */
export function replyError(
  response: ServerResponse,
  protocolName: ProviderProtocolName,
  error: unknown,
  closes: boolean,
): string {
  const requestId = newRequestId();
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return requestId;
  }
  const reply = errorReply(protocolName, errorInfo(error, requestId));
  const body = Buffer.from(reply.body);
  response.writeHead(reply.status, {
    ...reply.headers,
    'content-length': body.length,
    ...(closes ? { connection: 'close' } : {}),
  });
  response.end(body);
  return requestId;
}
