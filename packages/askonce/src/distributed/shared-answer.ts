/**
 * Answers across flights: what a leader says of its own to followers elsewhere, and a stored one as a flight's answer.
 */
import { inOnePiece } from '../body/in-one-piece.ts';
import type { Ask } from '../engine/ask.ts';
import { answerOf, type Generation } from '../engine/generation.ts';
import type { Hit } from '../engine/outcome.ts';
import { originRequestIdHeader, recordedHeaders } from '../engine/reply-headers.ts';
import { isSuccess } from '../entry/entry.ts';
import type { Head } from '../flight/plan.ts';
import type { FlightAnswer } from '../flight/provider.ts';
import type { Identity } from '../identity/identify.ts';
import type { Began } from './frames.ts';

/** What has been stored meanwhile, as the flight's answer. */
export function replayed({ identity, failsFor }: Ask, { recording, entry }: Hit): FlightAnswer {
  const origin = recording.headers[originRequestIdHeader];
  return {
    status: recording.status,
    headers: {
      ...recording.headers,
      ...(origin === undefined ? {} : { [identity.protocol.requestIdHeader]: origin }),
    },
    body: inOnePiece(recording.body),
    relayed: {
      recordingId: entry.meta.recordingId,
      credential: identity.credential,
      failsFor,
      stored: true,
      lost: false,
      outgrown: false,
    },
  };
}

/** What followers elsewhere must know of an answer before it begins. */
export function beganOf(
  { identity, failsFor }: Ask,
  generation: Generation,
  recordingId: string,
  traceparent: string | undefined,
): Began {
  const { began: position, log = '', tagDigests } = answerOf(identity, generation);
  const { credential } = identity;
  const facts = { recordingId, credential, failsFor, log, position, tagDigests: [...tagDigests] };
  // A process of an earlier version knows no such field, and follows no flight that has it.
  return { kind: 'began', ...facts, ...(traceparent === undefined ? {} : { traceparent }) };
}

/** The headers that followers elsewhere get; of an error's all but those that were set for its leader alone. */
export function shareableHeaders({ protocol }: Pick<Identity, 'protocol'>, head: Head): Head['headers'] {
  if (!isSuccess(head)) {
    const { 'set-cookie': _forTheLeader, ...headers } = head.headers;
    return headers;
  }
  const { [originRequestIdHeader]: origin, ...headers } = recordedHeaders(protocol, head);
  const encoding = head.headers['content-encoding'];
  return {
    ...headers,
    ...(origin === undefined ? {} : { [protocol.requestIdHeader]: origin }),
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
  };
}
