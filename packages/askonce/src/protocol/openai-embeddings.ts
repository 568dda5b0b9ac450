/**
 * OpenAI's embeddings: `POST /embeddings`, answered input by input.
 */
import { isStream } from '../entry/recording.ts';
import type { Protocol } from './contract.ts';
import { assess } from './openai-embeddings/assess.ts';
import { convert } from './openai-embeddings/convert.ts';
import { fields } from './openai-embeddings/fields.ts';
import { parts } from './openai-embeddings/parts.ts';
import { readRequest, writeInput } from './openai-embeddings/request.ts';
import { errorBody, errorEvent, errorKind } from './openai-errors.ts';
import { answerHeaders, clientHeaders } from './openai-requests.ts';
import { readRecordedJson } from './recorded-json.ts';

export const openaiEmbeddings: Protocol = {
  name: 'openai-embeddings',
  version: 1,
  headers: clientHeaders,
  keptHeaders: answerHeaders,
  requestIdHeader: 'x-request-id',
  fields,
  schemaKeys: new Set(['parameters', 'schema']),
  read: readRequest,
  writeContent: (_field, value, _body, write) => writeInput(value, write),
  assess,
  convert,
  readAnswer: readRecordedJson,
  // Numbers and base64 are made of each other.
  mayFollow: (leading, wanted) => !isStream(leading) && !isStream(wanted),
  errorKind,
  errorBody,
  errorEvent,
  parts,
};
