/**
 * Which response headers go into a recording, and which each reader gets.
 */
import { randomBytes } from 'node:crypto';
import type { AnswerHeaders, Head } from '../flight/flight.ts';
import type { Protocol } from '../protocol/contract.ts';

/** Where hits and followers are told the request id of the call that their answer came from. */
export const originRequestIdHeader = 'askonce-origin-request-id';

/** Random for the process, then counted: unique, and cheap where every hit needs one. */
const processId = `req_${randomBytes(8).toString('hex')}`;
let requests = 0;

export function newRequestId(): string {
  requests++;
  return `${processId}${requests}`;
}

/** The headers of an answer that belong to its recording, by the protocol's allow-list. */
export function keptHeaders(protocol: Protocol, head: Head): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {};
  for (const name of ['content-type', ...protocol.keptHeaders]) {
    const value = head.headers[name];
    if (typeof value === 'string') kept[name] = value;
  }
  const origin = head.headers[protocol.requestIdHeader];
  if (typeof origin === 'string') kept[originRequestIdHeader] = origin;
  return kept;
}

/** What the reader of a kept or shared answer gets: a request id of its own, and the original's beside it. */
export function sharedHeaders(
  protocol: Protocol,
  kept: Readonly<Record<string, string>>,
  requestId: string,
): AnswerHeaders {
  return { ...kept, [protocol.requestIdHeader]: requestId };
}

/** What a follower gets of an error: all that tells it when to come again, but nothing that was set for the leader alone. */
export function sharedErrorHeaders(protocol: Protocol, head: Head, requestId: string): AnswerHeaders {
  const { 'set-cookie': _forTheLeader, ...headers } = head.headers;
  const origin = headers[protocol.requestIdHeader];
  return {
    ...headers,
    ...(typeof origin === 'string' ? { [originRequestIdHeader]: origin } : {}),
    [protocol.requestIdHeader]: requestId,
  };
}
