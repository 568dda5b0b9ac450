/**
 * Answers a call below `/cache/` in JSON: with what it resolves to, or with its error; and reads what it left unread.
 */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { AskonceError } from 'askonce';
import { newRequestId } from 'askonce/gateway-kit';
import { discardBody } from '../proxy/body.ts';
import { idsOf, type ProxyContext } from '../proxy/context.ts';
import { answerError, answerJson } from './json.ts';

/** The proxy's parts that a call needs. */
export type CallContext = Pick<
  ProxyContext,
  'log' | 'replies' | 'tracing' | 'traffic' | 'requestTimeoutMs' | 'clock'
>;

export interface Call {
  readonly requestId: string;
  /** Headers of an error's answer, which the call may add to. */
  readonly errorHeaders: OutgoingHttpHeaders;
  /** Fields of the call's line in the log, which the call may add to. */
  readonly line: Record<string, unknown>;
}

/** Whether a request is an admin call, known or unknown. None of them goes to a provider. */
export function isAdminCall({ url = '' }: IncomingMessage): boolean {
  return url.startsWith('/cache/');
}

/** Sends the answer of a call that has succeeded. */
type Send<Value> = (
  response: ServerResponse,
  value: Value,
  options: { readonly requestId: string; readonly closes: boolean },
) => void;

const sendJson: Send<unknown> = (response, value, options) => answerJson(response, 200, value, options);

/** Runs the call, and answers with the value that it resolves to. Default: as JSON. */
export function answering<Value = unknown>(
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
  { log, replies, tracing, traffic, clock }: CallContext,
  run: (call: Call) => Promise<Value>,
  send: Send<Value> = sendJson,
): void {
  const requestId = newRequestId();
  const errorHeaders: OutgoingHttpHeaders = {};
  const line: Record<string, unknown> = { ...idsOf(request, { tracing }) };

  async function answer(): Promise<void> {
    try {
      const value = await run({ requestId, errorHeaders, line });
      send(response, value, { requestId, closes: traffic.draining });
    } catch (error) {
      const gone = response.destroyed;
      const unread = request.headers.expect !== undefined && !request.readableDidRead;
      const late = AskonceError.isInstance(error) && error.code === 'request_timeout';
      const closes = unread || late || traffic.draining;
      answerError(response, error, { requestId, headers: errorHeaders, closes });
      replies.adminFailed(error, gone);
      log.failed(request.url ?? '', requestId, error, gone, { method: request.method, ...line });
    } finally {
      discardBody(request, clock);
    }
  }

  traffic.begin();
  void answer().finally(() => traffic.end());
}
