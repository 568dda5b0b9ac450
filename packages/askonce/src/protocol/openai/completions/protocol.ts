/**
 * OpenAI's text completions: `POST /completions`.
 */
import { isJsonObject } from '../../../json.ts';
import { textAnswer } from '../../answer-text.ts';
import type { FieldRule, Protocol } from '../../contract.ts';
import { textIn, wantedByCompletion } from '../../structured.ts';
import { choicesOf } from '../chunks.ts';
import { common, completionCommon } from '../common.ts';
import { samplingFields } from '../requests.ts';
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
  ...common,
  ...completionCommon(readCompletion),
  name: 'openai-completions',
  version: 1,
  fields,
  read: readRequest,
  writeContent: (_field, value, body, write) => writePrompt(value, body, write),
  assess,
  convert,
  answerText(answer) {
    const [choice, ...others] = isJsonObject(answer) ? choicesOf(answer) : [];
    return others.length > 0 ? undefined : textAnswer(choice?.['text']);
  },
  structured: {
    wanted: wantedByCompletion,
    contents: (answer) => (isJsonObject(answer) ? choicesOf(answer).map(({ text }) => textIn(text)) : []),
  },
} satisfies Protocol;
