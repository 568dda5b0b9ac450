/**
 * The content of a message: its text, and the JSON that a request asks for.
 */
import { isJsonArray, isJsonObject, type JsonValue } from '../../json.ts';
import { textAnswer } from '../answer-text.ts';
import { type Structured, textIn, wantedBy } from '../structured.ts';

export const structured: Structured = {
  wanted({ output_config: config, output_format: format }) {
    return wantedBy(isJsonObject(config) ? (config['format'] ?? format) : format);
  },
  /** The text of all blocks; none if the caller's tools are called. */
  contents(answer) {
    const content = isJsonObject(answer) ? answer['content'] : undefined;
    const blocks = isJsonArray(content) ? content.filter(isJsonObject) : [];
    if (blocks.some(({ type }) => type === 'tool_use')) return [];
    return [textIn(blocks.filter(({ type }) => type === 'text'))];
  },
};

/** The text of all blocks, if the message has no others besides its thinking. */
export function answerText(answer: JsonValue): string | undefined {
  return isJsonObject(answer) ? textAnswer(answer['content']) : undefined;
}
