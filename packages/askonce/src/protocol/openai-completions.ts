/**
 * OpenAI's text completions: `POST /completions`.
 */
import type { Protocol } from './contract.ts';
import { assess } from './openai-completions/assess.ts';
import { readCompletion } from './openai-completions/completion.ts';
import { convert } from './openai-completions/convert.ts';
import { fields } from './openai-completions/fields.ts';
import { readRequest, writePrompt } from './openai-completions/prompt.ts';
import { errorBody, errorEvent, errorKind } from './openai-errors.ts';
import { answerHeaders, clientHeaders } from './openai-requests.ts';

export const openaiCompletions: Protocol = {
  name: 'openai-completions',
  version: 1,
  headers: clientHeaders,
  keptHeaders: answerHeaders,
  requestIdHeader: 'x-request-id',
  fields,
  schemaKeys: new Set(['parameters', 'schema']),
  read: readRequest,
  writeContent: (_field, value, body, write) => writePrompt(value, body, write),
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
