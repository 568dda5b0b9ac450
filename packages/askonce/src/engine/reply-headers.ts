/**
 * Which response headers go into a recording, and which each reader gets.
 */
import { randomBytes } from 'node:crypto';
import type { AnswerHeaders, Head } from '../flight/plan.ts';
import type { Protocol } from '../protocol/contract.ts';

/** Gives hits and followers the request id of the call that their answer came from. */
export const originRequestIdHeader = 'askonce-origin-request-id';

/** Random for the process, then counted: unique, and cheap, since every hit needs one. */
const processId = `req_${randomBytes(8).toString('hex')}`;
let requests = 0;

export function newRequestId(): string {
  requests++;
  return `${processId}${requests}`;
}

/** The headers of an answer that belong to its recording, by the protocol's allow-list. */
export function recordedHeaders(protocol: Protocol, head: Head): Readonly<Record<string, string>> {
  if (protocol.answers !== undefined) return protocol.answers.recorded(head.headers);
  const recorded: Record<string, string> = {};
  for (const name of ['content-type', ...protocol.recordedHeaders]) {
    const value = head.headers[name];
    if (typeof value === 'string') recorded[name] = value;
  }
  const origin = head.headers[protocol.requestIdHeader];
  if (typeof origin === 'string') recorded[originRequestIdHeader] = origin;
  return recorded;
}

/** What the reader of a stored or shared answer gets: a request id of its own, and the original's beside it. */
export function sharedHeaders(
  protocol: Protocol,
  recorded: Readonly<Record<string, string>>,
  requestId: string,
): AnswerHeaders {
  // An endpoint's answers have the ids that they came with.
  return protocol.answers === undefined ? { ...recorded, [protocol.requestIdHeader]: requestId } : recorded;
}

/** What a follower gets of an error: all that says when to try again, but nothing that was set for the leader alone. */
export function sharedErrorHeaders(protocol: Protocol, head: Head, requestId: string): AnswerHeaders {
  const { 'set-cookie': _forTheLeader, ...headers } = head.headers;
  if (protocol.answers !== undefined) return headers;
  const origin = headers[protocol.requestIdHeader];
  return {
    ...headers,
    ...(typeof origin === 'string' ? { [originRequestIdHeader]: origin } : {}),
    [protocol.requestIdHeader]: requestId,
  };
}
