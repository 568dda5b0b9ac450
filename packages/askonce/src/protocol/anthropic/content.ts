/**
 * Writing the prompt of a Messages request for the fingerprint.
 *
 * - A string is shorthand for one text block (documented), so both are written the same.
 * - `cache_control` on blocks and tools is left out: it controls the provider's prompt cache and does not change the
 *   tokens generated. Inside tool inputs and schemas a property of that name is the caller's own.
 * - Outer white space of a message does not count, except in a last assistant message, which the model continues.
 */
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import type { CanonicalWriter } from '../contract.ts';
import { joinedTurn, textAlone, textPartOf, trimEnds, unmarked } from '../turn-text.ts';

export function writeContent(
  field: string,
  value: JsonValue,
  body: JsonObject,
  write: CanonicalWriter,
  knownDefaults = false,
): string {
  if (field === 'messages' && isJsonArray(value)) return writeMessages(value, body, write);
  if (field === 'system') return writeBlocks(trimEnds(blocksOf(value), isText), write);
  if (field === 'tools' && isJsonArray(value))
    return write.list(value, (tool) => writeTool(tool, write, knownDefaults));
  return write.value(value);
}

function writeMessages(messages: readonly JsonValue[], body: JsonObject, write: CanonicalWriter): string {
  const last = messages.length - 1;
  const maySeekAlike = !usesTools(messages, body);
  return write.list(messages, (message, index) => {
    if (!isJsonObject(message)) return write.value(message);
    const isPrefill = index === last && message['role'] === 'assistant';
    return write.object(message, {
      content: (content) => {
        const blocks = isPrefill ? blocksOf(content) : trimEnds(blocksOf(content), isText);
        const turn =
          index === last && message['role'] === 'user' && maySeekAlike
            ? joinedTurn(blocks, plainText)
            : undefined;
        if (turn === undefined) return writeBlocks(blocks, write);
        return write.list([blocks.length, turn], (part) =>
          typeof part === 'string' ? write.semanticText(part) : write.value(part),
        );
      },
    });
  });
}

function usesTools(messages: readonly JsonValue[], body: JsonObject): boolean {
  const { tools } = body;
  if (isJsonArray(tools) && tools.length > 0) return true;
  return messages.some((message) => {
    const content = isJsonObject(message) ? message['content'] : undefined;
    return (
      isJsonArray(content) &&
      content.some((block) => isJsonObject(block) && /tool_(use|result)$/.test(String(block['type'])))
    );
  });
}

function blocksOf(content: JsonValue): readonly JsonValue[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return isJsonArray(content) ? content : [content];
}

const mark = 'cache_control';
const isText = textPartOf('text');
const plainText = textAlone(isText, mark);

/** Further blocks that refer to nothing outside themselves. */
const wordsAlone: ReadonlySet<JsonValue | undefined> = new Set([
  'thinking',
  'redacted_thinking',
  'tool_use',
  'server_tool_use',
  'mcp_tool_use',
  'mcp_tool_result',
  'web_search_tool_result',
  'tool_reference',
]);

function writeBlocks(blocks: readonly JsonValue[], write: CanonicalWriter): string {
  return write.list(blocks, (block) => writeBlock(block, write));
}

function writeBlock(block: JsonValue, write: CanonicalWriter): string {
  if (!isJsonObject(block)) return typeof block === 'string' ? write.text(block) : write.value(block);
  const text = (value: JsonValue) => (typeof value === 'string' ? write.text(value) : write.value(value));
  const nested = (value: JsonValue) => {
    if (!isJsonArray(value)) return text(value);
    const [only] = value;
    // A string is shorthand for one text block here, too.
    const alone = value.length === 1 && only !== undefined ? plainText(only) : undefined;
    return alone === undefined ? writeBlocks(value, write) : text(alone);
  };
  switch (block['type']) {
    case 'text':
      return write.object(unmarked(block, mark), { text });
    case 'image':
    case 'document':
      return write.object(unmarked(block, mark), { source: (source) => writeSource(source, write) });
    case 'tool_result':
    case 'search_result':
      return write.object(unmarked(block, mark), { content: nested });
    case 'container_upload':
      return write.object(unmarked(block, mark), { file_id: (id) => write.mediaReference(id) });
    default:
      // An unknown block may be a reference, so its answer is shared only within one credential.
      return wordsAlone.has(block['type'])
        ? write.object(unmarked(block, mark), {})
        : write.mediaReference(unmarked(block, mark));
  }
}

function writeSource(source: JsonValue, write: CanonicalWriter): string {
  if (!isJsonObject(source)) return write.value(source);
  const { type, data, media_type: mediaType } = source;
  if (type === 'base64' && typeof data === 'string') {
    return write.object(source, {
      data: () => write.inlineMedia(typeof mediaType === 'string' ? mediaType : '', data),
    });
  }
  return write.object(source, {
    url: (url) => write.mediaReference(url),
    file_id: (id) => write.mediaReference(id),
    content: (content) => writeBlocks(blocksOf(content), write),
    ...(type === 'text' && typeof data === 'string' ? { data: () => write.text(data) } : {}),
  });
}

function writeTool(tool: JsonValue, write: CanonicalWriter, knownDefaults: boolean): string {
  if (!isJsonObject(tool)) return write.value(tool);
  return write.object(unmarked(knownDefaults ? withoutDefaults(tool) : tool, mark), {});
}

/** A tool without a type is a custom one, and null leaves the streaming of its input to the headers (documented). */
function withoutDefaults(tool: JsonObject): JsonObject {
  const { type, eager_input_streaming: streaming, ...rest } = tool;
  return {
    ...rest,
    ...(type !== undefined && type !== null && type !== 'custom' && { type }),
    ...(streaming !== undefined && streaming !== null && { eager_input_streaming: streaming }),
  };
}
