/**
 * OpenAI's embeddings: `POST /embeddings`, cached input by input.
 */
import { isStream } from '../../../entry/entry.ts';
import type { FieldRule, Protocol } from '../../contract.ts';
import { readRecordedJson } from '../../recorded-json.ts';
import { common } from '../common.ts';
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
  ...common,
  name: 'openai-embeddings',
  version: 1,
  fields,
  read: readRequest,
  writeContent: (_field, value, _body, write) => writeInput(value, write),
  assess,
  convert,
  readAnswer: readRecordedJson,
  // Numbers and base64 convert into each other.
  mayFollow: (leading, wanted) => !isStream(leading) && !isStream(wanted),
  parts,
} satisfies Protocol;
