/**
 * What the OpenAI protocols have in common as protocols.
 */
import type { Recording } from '../../entry/entry.ts';
import type { JsonObject } from '../../json.ts';
import type { Protocol } from '../contract.ts';
import { serverSentEvents } from '../framings/server-sent-events.ts';
import { endMark } from './chunks.ts';
import { errorBody, errorEvent, errorKind } from './errors.ts';
import type { CompletionReading } from './recorded-completion.ts';
import { answerHeaders, clientHeaders } from './requests.ts';
import { traitsOf } from './stream-options.ts';

export const common = {
  headers: clientHeaders,
  recordedHeaders: answerHeaders,
  requiresCredential: true,
  requestIdHeader: 'x-request-id',
  framing: serverSentEvents,
  schemaKeys: new Set(['parameters', 'schema']),
  errorKind,
  errorBody,
  errorEvent,
} satisfies Partial<Protocol>;

/** What chat and text completions have in common besides, by how a recording is read. */
export function completionCommon(readCompletion: (recording: Recording) => CompletionReading) {
  return {
    endMark,
    readAnswer(recording: Recording): JsonObject | undefined {
      const reading = readCompletion(recording);
      return reading.kind === 'completion' ? reading.completion : undefined;
    },
    // A body needs usage, which only a stream with usage is sure to report.
    mayFollow: (leading, wanted) => traitsOf(leading).usage && wanted === 'body',
  } satisfies Partial<Protocol>;
}
