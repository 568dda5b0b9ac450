/**
 * The content of a result: its text, and the JSON that a call asks for.
 */
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import { textAnswer } from '../answer-text.ts';
import { type Structured, textIn, wantedBy } from '../structured.ts';

function partsOf(answer: JsonValue): readonly JsonObject[] {
  const content = isJsonObject(answer) ? answer['content'] : undefined;
  return isJsonArray(content) ? content.filter(isJsonObject) : [];
}

export const structured: Structured = {
  wanted: ({ responseFormat }) => wantedBy(responseFormat),
  /** What `Output` and `generateObject` parse; none if the caller's tools are called. */
  contents(answer) {
    const parts = partsOf(answer);
    if (parts.some(({ type, providerExecuted }) => type === 'tool-call' && providerExecuted !== true))
      return [];
    const selected = isJsonObject(answer) ? answer['structuredOutputText'] : undefined;
    if (typeof selected === 'string') return [selected];
    return [textIn(parts.filter(({ type }) => type === 'text'))];
  },
};

/** The text of all parts, if the result has no others besides its reasoning. */
export function answerText(answer: JsonValue): string | undefined {
  return isJsonObject(answer) ? textAnswer(answer['content']) : undefined;
}
