/**
 * OpenAI's Responses API: `POST /v1/responses`.
 */
import type { ErrorInfo, Protocol } from '../../contract.ts';
import type { Framing } from '../../framing.ts';
import { serverSentEvents } from '../../framings/server-sent-events.ts';
import { errorBody, errorKind } from '../errors.ts';
import { answerHeaders, clientHeaders } from '../requests.ts';
import { assess } from './assess.ts';
import { writeContent } from './content.ts';
import { convert } from './convert.ts';
import { responseFields } from './fields.ts';
import { readRequest } from './request.ts';
import { readResponse } from './response.ts';

/**
 * The stream's own error event has its fields beside its type, not in an `error` object. Its number is 0, as
 * what came before is not known here; clients raise the error whatever its number.
 */
function errorEvent({ code, message }: ErrorInfo, framing: Framing): string {
  return framing.write(
    JSON.stringify({ type: 'error', code, message, param: null, sequence_number: 0 }),
    'error',
  );
}

export const openaiResponses = {
  name: 'openai-responses',
  version: 1,
  headers: { ...clientHeaders, 'openai-beta': 'counts' },
  recordedHeaders: answerHeaders,
  requiresCredential: true,
  requestIdHeader: 'x-request-id',
  framing: serverSentEvents,
  fields: responseFields,
  schemaKeys: new Set(['parameters', 'schema']),
  read: readRequest,
  writeContent,
  assess,
  convert,
  readAnswer(recording) {
    const reading = readResponse(recording);
    return reading.kind === 'response' ? { ...reading.response, output: reading.items } : undefined;
  },
  // Both forms tell their usage, so a stream has all that a body needs.
  mayFollow: (leading, wanted) => leading === 'stream' && wanted === 'body',
  errorKind,
  errorBody,
  errorEvent,
} satisfies Protocol;
