/**
 * JSON as the content of a message: how a request asks for it, and the content that must be it.
 */
import { isJsonArray, isJsonObject } from '../../json.ts';
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
