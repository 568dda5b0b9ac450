/**
 * OpenAI's text completions: `POST /completions`.
 */
import type { FieldRule, Protocol } from '../../contract.ts';
import { serverSentEvents } from '../../framings/server-sent-events.ts';
import { errorBody, errorEvent, errorKind } from '../errors.ts';
import { answerHeaders, clientHeaders, samplingFields } from '../requests.ts';
import { assess, convert, readCompletion } from './answer.ts';
import { readRequest, writePrompt } from './request.ts';

/** How each parameter of `POST /completions` counts. */
export const fields = {
  ...samplingFields,
  prompt: { counts: 'content' },
  best_of: { counts: 'value', default: 1 },
  echo: { counts: 'value', default: false },
  logprobs: { counts: 'value', default: null },
  suffix: { counts: 'value', default: null },
} as const satisfies Record<string, FieldRule>;

export const openaiCompletions = {
  name: 'openai-completions',
  version: 1,
  headers: clientHeaders,
  recordedHeaders: answerHeaders,
  requiresCredential: true,
  requestIdHeader: 'x-request-id',
  framing: serverSentEvents,
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
  // A body needs usage, which only a stream with usage is sure to report.
  mayFollow: (leading, wanted) => leading === 'stream+usage' && wanted === 'body',
  errorKind,
  errorBody,
  errorEvent,
} satisfies Protocol;
