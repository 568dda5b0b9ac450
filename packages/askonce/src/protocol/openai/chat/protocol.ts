/**
 * OpenAI's chat completions: `POST /chat/completions`, which most other providers speak too.
 */
import { isJsonArray } from '../../../json.ts';
import type { Protocol } from '../../contract.ts';
import { serverSentEvents } from '../../framings/server-sent-events.ts';
import { errorBody, errorEvent, errorKind } from '../errors.ts';
import { answerHeaders, clientHeaders } from '../requests.ts';
import { assess } from './assess.ts';
import { convert, readCompletion } from './convert.ts';
import { fields } from './fields.ts';
import { writeMessages } from './messages.ts';
import { readRequest } from './request.ts';

export const openaiChat = {
  name: 'openai-chat',
  version: 1,
  headers: clientHeaders,
  recordedHeaders: answerHeaders,
  requiresCredential: true,
  requestIdHeader: 'x-request-id',
  framing: serverSentEvents,
  fields,
  schemaKeys: new Set(['parameters', 'schema']),
  read: readRequest,
  writeContent: (_field, value, body, write) =>
    isJsonArray(value) ? writeMessages(value, body, write) : write.value(value),
  assess,
  convert,
  readAnswer(recording) {
    const reading = readCompletion(recording);
    return reading.kind === 'completion' ? reading.completion : undefined;
  },
  // A body needs usage, which only such a stream is sure to tell.
  mayFollow: (leading, wanted) => leading === 'stream+usage' && wanted === 'body',
  errorKind,
  errorBody,
  errorEvent,
} satisfies Protocol;
