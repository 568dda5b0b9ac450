/**
 * Writing the prompt and the tools of a call for the fingerprint.
 *
 * - Bytes and base64 of the same file are the same, since a call is written with base64.
 * - Options that steer the provider's prompt cache are left out of messages, parts and tools.
 * - Outer white space of a message does not count, except in a last assistant message, which the model continues.
 */
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import type { CanonicalWriter } from '../contract.ts';
import { joinedTurn, textAlone, textPartOf, trimEnds } from '../turn-text.ts';
import { countedOptions } from './provider-options.ts';

export function writeContent(
  field: string,
  value: JsonValue,
  body: JsonObject,
  write: CanonicalWriter,
): string {
  if (!isJsonArray(value)) return write.value(value);
  if (field === 'prompt') return writePrompt(value, body, write);
  return write.list(value, (tool) =>
    isJsonObject(tool) ? write.object(countedOptions(tool), {}) : write.value(tool),
  );
}

const isText = textPartOf('text');
// A part with options that count is more than its text.
const plainText = textAlone(isText, 'none');

function writePrompt(messages: readonly JsonValue[], body: JsonObject, write: CanonicalWriter): string {
  const last = messages.length - 1;
  const maySeekAlike = !usesTools(messages, body);
  return write.list(messages, (message, index) => {
    if (!isJsonObject(message)) return write.value(message);
    const { role } = message;
    const isPrefill = index === last && role === 'assistant';
    const isQuestion = index === last && role === 'user' && maySeekAlike;
    return write.object(countedOptions(message), {
      content: (content) => {
        if (typeof content === 'string') return write.text(isPrefill ? content : content.trim());
        if (!isJsonArray(content)) return write.value(content);
        const parts = content.map((part) => (isJsonObject(part) ? countedOptions(part) : part));
        const trimmed = isPrefill ? parts : trimEnds(parts, isText);
        const turn = isQuestion ? joinedTurn(trimmed, plainText) : undefined;
        if (turn === undefined || turn === '') return write.list(trimmed, (part) => writePart(part, write));
        // The count distinguishes the parts from others that join to the same text.
        return write.list([trimmed.length, turn], (part) =>
          typeof part === 'string' ? write.semanticText(part) : write.value(part),
        );
      },
    });
  });
}

function usesTools(messages: readonly JsonValue[], { tools }: JsonObject): boolean {
  if (isJsonArray(tools) && tools.length > 0) return true;
  return messages.some((message) => {
    const content = isJsonObject(message) ? message['content'] : undefined;
    return (
      isJsonArray(content) &&
      content.some((part) => isJsonObject(part) && /^tool-/.test(String(part['type'])))
    );
  });
}

/** Parts that refer to nothing outside themselves. */
const wordsAlone: ReadonlySet<JsonValue | undefined> = new Set([
  'reasoning',
  'tool-call',
  'tool-approval-response',
]);

function writePart(part: JsonValue, write: CanonicalWriter): string {
  if (!isJsonObject(part)) return write.value(part);
  const { type, mediaType } = part;
  switch (type) {
    case 'text':
      return write.object(part, { text: (text) => writeText(text, write) });
    case 'file':
    case 'reasoning-file':
      return write.object(part, { data: (data) => writeData(data, mediaType, write) });
    case 'tool-result':
      return write.object(part, { output: (output) => writeOutput(output, write) });
    default:
      // An unknown part may be a reference, so its answer is shared only within one credential.
      return wordsAlone.has(type) ? write.object(part, {}) : write.mediaReference(part);
  }
}

function writeText(text: JsonValue, write: CanonicalWriter): string {
  return typeof text === 'string' ? write.text(text) : write.value(text);
}

/** The longest name of a file at a provider, in characters, and what base64 has no place for: `file-abc` is no bytes. */
const longestFileId = 256;
const noBase64 = /[^A-Za-z0-9+/=\s]/;

function isFileId(text: string): boolean {
  return text.length <= longestFileId && noBase64.test(text);
}

/** Data of a file: inline, at a URL, at the provider, or text. */
function writeData(data: JsonValue, mediaType: JsonValue | undefined, write: CanonicalWriter): string {
  if (!isJsonObject(data)) return write.mediaReference(data);
  return write.object(data, {
    data: (inline) => {
      if (typeof inline !== 'string') return write.value(inline);
      // Providers take the name of an uploaded file in the place of its bytes.
      if (isFileId(inline)) return write.mediaReference(inline);
      return write.inlineMedia(typeof mediaType === 'string' ? mediaType : '', inline);
    },
    url: (url) => write.mediaReference(url),
    reference: (reference) => write.mediaReference(reference),
    text: (text) => writeText(text, write),
  });
}

/** What a tool has answered, which may hold files. */
function writeOutput(output: JsonValue, write: CanonicalWriter): string {
  if (!isJsonObject(output)) return write.value(output);
  return write.object(countedOptions(output), {
    value: (value) => {
      if (typeof value === 'string') return write.text(value);
      if (output['type'] !== 'content' || !isJsonArray(value)) return write.value(value);
      return write.list(value, (part) =>
        isJsonObject(part) ? writePart(countedOptions(part), write) : write.value(part),
      );
    },
  });
}
