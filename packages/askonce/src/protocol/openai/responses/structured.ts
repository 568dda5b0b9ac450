/**
 * JSON as the content of a response: how a request asks for it, and the content that must be it.
 */
import { isJsonArray, isJsonObject, type JsonObject } from '../../../json.ts';
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
