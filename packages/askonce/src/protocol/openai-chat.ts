/**
 * OpenAI's chat completions: `POST /chat/completions`, which most other providers speak too.
 */
import { isJsonArray } from '../json.ts';
import type { Protocol } from './contract.ts';
import { assess } from './openai-chat/assess.ts';
import { readCompletion } from './openai-chat/completion.ts';
import { convert } from './openai-chat/convert.ts';
import { fields } from './openai-chat/fields.ts';
import { writeMessages } from './openai-chat/messages.ts';
import { readRequest } from './openai-chat/request.ts';
import { errorBody, errorEvent, errorKind } from './openai-errors.ts';
import { answerHeaders, clientHeaders } from './openai-requests.ts';

export const openaiChat: Protocol = {
  name: 'openai-chat',
  version: 1,
  headers: clientHeaders,
  keptHeaders: answerHeaders,
  requestIdHeader: 'x-request-id',
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
};
