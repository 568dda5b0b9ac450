/**
 * Answers to admin calls: JSON, kept by nobody.
 */
import { randomUUID } from 'node:crypto';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { errorInfo } from '../proxy/error-reply.ts';

interface AnswerOptions {
  readonly requestId: string;
  readonly headers?: OutgoingHttpHeaders | undefined;
  /** Ends the connection behind the answer. */
  readonly closes: boolean;
}

export function newRequestId(): string {
  return `req_${randomUUID().replaceAll('-', '')}`;
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
