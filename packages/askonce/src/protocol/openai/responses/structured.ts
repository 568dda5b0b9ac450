/**
 * The content of a response: its text, and the JSON that a request asks for.
 */
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../../json.ts';
import { textAnswer } from '../../answer-text.ts';
import { type Structured, textIn, wantedBy } from '../../structured.ts';

export const structured: Structured = {
  wanted({ text, response_format: format }) {
    return wantedBy(isJsonObject(text) ? text['format'] : format);
  },
  /** The last message, since earlier ones may comment on the work; none if the caller's tools are called. */
  contents(answer) {
    const output = isJsonObject(answer) ? answer['output'] : undefined;
    const items = isJsonArray(output) ? output.filter(isJsonObject) : [];
    if (items.some(isCall)) return [];
    const message = items.findLast(({ type }) => type === 'message');
    return message === undefined ? [] : [textIn(message['content'])];
  },
};

function isCall({ type }: JsonObject): boolean {
  return type === 'function_call' || type === 'custom_tool_call';
}

/** The text of all messages but comments on the work, if the response has nothing else besides its reasoning. */
export function answerText(answer: JsonValue): string | undefined {
  const output = isJsonObject(answer) ? answer['output'] : undefined;
  const items = isJsonArray(output) ? output.filter(isJsonObject) : [];
  if (!items.every(({ type }) => type === 'message' || type === 'reasoning')) return undefined;
  const messages = items.filter(({ type, phase }) => type === 'message' && phase !== 'commentary');
  return textAnswer(messages.flatMap(({ content }) => content ?? null));
}
