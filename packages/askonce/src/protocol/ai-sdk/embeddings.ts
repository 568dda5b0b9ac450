/**
 * Embedding models of the AI SDK, cached value by value. Calls and answers have the layout of OpenAI's embeddings, so that
 * they are split and joined as those are.
 */
import { isJsonArray, type JsonObject } from '../../json.ts';
import type { FieldRule, Protocol } from '../contract.ts';
import { parts } from '../openai/embeddings/parts.ts';
import { openaiEmbeddings } from '../openai/embeddings/protocol.ts';
import { errorBody, errorEvent, errorKind } from './errors.ts';
import { userIn } from './provider-options.ts';

/** How each option of a call counts. */
const embeddingFields = {
  model: { counts: 'elsewhere', as: 'subject' },
  input: { counts: 'content' },
  dimensions: { counts: 'value' },
  providerOptions: { counts: 'value' },
  modelSettings: { counts: 'value' },
  together: { counts: 'value', default: false },
  uncounted: { counts: 'ignored', because: 'options that label a call or name its end user' },
} as const satisfies Readonly<Record<string, FieldRule>>;

/** Whether the values of a call must stay together: its options say something about each of them. */
function staysTogether({ together }: JsonObject): boolean {
  return together === true;
}

export const aiSdkEmbeddings = {
  ...openaiEmbeddings,
  name: 'ai-sdk-embeddings',
  version: 1,
  headers: {},
  recordedHeaders: [],
  requiresCredential: false,
  fields: embeddingFields,
  read(body, line) {
    const reading = openaiEmbeddings.read(body, line);
    return {
      ...reading,
      parts: staysTogether(body) ? undefined : reading.parts,
      user: userIn(body['uncounted']),
      bypass: isJsonArray(body['input']) && body['input'].length === 0 ? 'unrepresentable' : reading.bypass,
    };
  },
  // A call has no form but this one.
  convert: (recording, to) => (recording.form === to ? recording : undefined),
  mayFollow: () => false,
  errorKind,
  errorBody,
  errorEvent,
  parts: {
    ...parts,
    split: (body) => (staysTogether(body) ? undefined : parts.split(body)),
    common: (body) => (staysTogether(body) ? undefined : parts.common(body)),
  },
} satisfies Protocol;
