/**
 * Language models of the AI SDK (`ai`, specification v4): the options of a call as JSON, and the result of `doGenerate` or
 * the parts of `doStream`, one a line.
 */
import type { FieldRule, Protocol } from '../contract.ts';
import { jsonLines } from '../framings/json-lines.ts';
import { typeOf } from '../recorded-json.ts';
import { assess } from './assess.ts';
import { writeContent } from './content.ts';
import { convert } from './convert.ts';
import { errorBody, errorEvent, errorKind } from './errors.ts';
import { readRequest } from './request.ts';
import { readResult } from './result.ts';
import { answerText, structured } from './structured.ts';
import { calledAsAsked } from './tool-choice.ts';

/** How each option of a call counts. The defaults are the specification's own. */
const callFields = {
  model: { counts: 'elsewhere', as: 'subject' },
  stream: { counts: 'elsewhere', as: 'form' },
  maxOutputTokens: { counts: 'elsewhere', as: 'ceiling' },

  prompt: { counts: 'content' },
  tools: { counts: 'content' },

  temperature: { counts: 'bucket', bucket: 'temperature' },
  topP: { counts: 'bucket', bucket: 'topP' },
  topK: { counts: 'value' },
  presencePenalty: { counts: 'value' },
  frequencyPenalty: { counts: 'value' },
  stopSequences: { counts: 'value', default: [] },
  seed: { counts: 'value' },
  responseFormat: { counts: 'value', default: { type: 'text' } },
  toolChoice: { counts: 'value', default: { type: 'auto' } },
  reasoning: { counts: 'value', default: 'provider-default' },
  // A stream without the provider's chunks lacks what such a call asks for.
  includeRawChunks: { counts: 'value', default: false },
  providerOptions: { counts: 'value' },
  modelSettings: { counts: 'value' },

  uncounted: {
    counts: 'ignored',
    because:
      'options that label a call, name its end user or steer the prompt cache; the model never sees them',
  },
} as const satisfies Readonly<Record<string, FieldRule>>;

export const aiSdk = {
  name: 'ai-sdk',
  version: 1,
  headers: {},
  recordedHeaders: [],
  // The models have the keys.
  requiresCredential: false,
  requestIdHeader: 'x-request-id',
  framing: jsonLines,
  endMark: { hints: ['"finish"'], isMark: ({ data }) => typeOf(data) === 'finish' },
  fields: callFields,
  schemaKeys: new Set(['inputSchema', 'schema']),
  read: readRequest,
  writeContent,
  assess,
  calledAsAsked,
  convert,
  readAnswer(recording) {
    const reading = readResult(recording);
    return reading.kind === 'result' ? reading.result : undefined;
  },
  // The last part of a stream has the usage that a result needs.
  mayFollow: (leading, wanted) => leading === 'stream' && wanted === 'body',
  errorKind,
  errorBody,
  errorEvent,
  answerText,
  structured,
} satisfies Protocol;
