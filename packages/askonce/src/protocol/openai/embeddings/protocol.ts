/**
 * OpenAI's embeddings: `POST /embeddings`, cached input by input.
 */
import { isStream } from '../../../entry/entry.ts';
import type { FieldRule, Protocol } from '../../contract.ts';
import { serverSentEvents } from '../../framings/server-sent-events.ts';
import { readRecordedJson } from '../../recorded-json.ts';
import { errorBody, errorEvent, errorKind } from '../errors.ts';
import { answerHeaders, clientHeaders } from '../requests.ts';
import { assess, convert } from './answer.ts';
import { parts } from './parts.ts';
import { readRequest, writeInput } from './request.ts';

/** How each parameter of `POST /embeddings` counts. */
export const fields = {
  model: { counts: 'elsewhere', as: 'subject' },
  input: { counts: 'content' },
  encoding_format: { counts: 'elsewhere', as: 'form' },
  // The default is the model's own size.
  dimensions: { counts: 'value' },
  user: { counts: 'ignored', because: 'names the end user; the settings decide whether users share answers' },
} as const satisfies Record<string, FieldRule>;

export const openaiEmbeddings = {
  name: 'openai-embeddings',
  version: 1,
  headers: clientHeaders,
  recordedHeaders: answerHeaders,
  requiresCredential: true,
  requestIdHeader: 'x-request-id',
  framing: serverSentEvents,
  fields,
  schemaKeys: new Set(['parameters', 'schema']),
  read: readRequest,
  writeContent: (_field, value, _body, write) => writeInput(value, write),
  assess,
  convert,
  readAnswer: readRecordedJson,
  // Numbers and base64 convert into each other.
  mayFollow: (leading, wanted) => !isStream(leading) && !isStream(wanted),
  errorKind,
  errorBody,
  errorEvent,
  parts,
} satisfies Protocol;
