/**
 * Writing the prompt of a Responses request for the fingerprint.
 *
 * - A string input is one user message (documented), a string content is one text part, and `type: "message"` is
 *   optional. Equivalent spellings are written the same.
 * - `prompt_cache_breakpoint` on parts is left out: it controls the provider's prompt cache and does not change the
 *   tokens generated.
 * - Outer white space of a message does not count, except in a last assistant message.
 */
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../../json.ts';
import type { CanonicalWriter } from '../../contract.ts';
import { joinedTurn, textAlone, textPartOf, trimEnds, unmarked } from '../../turn-text.ts';

export function writeContent(
  field: string,
  value: JsonValue,
  body: JsonObject,
  write: CanonicalWriter,
): string {
  if (field === 'instructions' && typeof value === 'string') return write.text(value.trim());
  if (field !== 'input') return write.value(value);
  if (typeof value === 'string') return writeItems([{ role: 'user', content: value }], body, write);
  return isJsonArray(value) ? writeItems(value, body, write) : write.value(value);
}

function writeItems(items: readonly JsonValue[], body: JsonObject, write: CanonicalWriter): string {
  const last = items.length - 1;
  const maySeekAlike = !usesTools(items, body);
  return write.list(items, (item, index) => {
    if (!isJsonObject(item)) return write.value(item);
    if (!isMessage(item)) return writeOther(item, write);
    const { type: _message, ...message } = item;
    const { role } = message;
    return write.object(message, {
      content: (content) => {
        const parts = partsOf(content, role);
        const trimmed = index === last && role === 'assistant' ? parts : trimEnds(parts, isText);
        const turn =
          index === last && role === 'user' && maySeekAlike ? joinedTurn(trimmed, plainText) : undefined;
        if (turn === undefined) return writeParts(trimmed, write);
        return write.list([parts.length, turn], (part) =>
          typeof part === 'string' ? write.semanticText(part) : write.value(part),
        );
      },
    });
  });
}

function isMessage(item: JsonObject): boolean {
  const { type, role } = item;
  return typeof role === 'string' && (type === 'message' || type === undefined || type === null);
}

/** Any item but messages and reasoning belongs to the use of a tool, or changes which tools there are. */
function usesTools(items: readonly JsonValue[], body: JsonObject): boolean {
  const { tools } = body;
  if (isJsonArray(tools) && tools.length > 0) return true;
  return items.some((item) => !isJsonObject(item) || !(isMessage(item) || item['type'] === 'reasoning'));
}

function partsOf(content: JsonValue, role: JsonValue | undefined): readonly JsonValue[] {
  // An assistant's earlier answer consists of `output_text` parts, which usually have more than text.
  if (isJsonArray(content))
    return role === 'assistant' ? (onlyText(content, isOutputText) ?? content) : content;
  return typeof content === 'string' && role !== 'assistant'
    ? [{ type: 'input_text', text: content }]
    : [content];
}

const mark = 'prompt_cache_breakpoint';
const isText = textPartOf('input_text');
const isOutputText = textPartOf('output_text');
const plainText = textAlone(isText, mark);

/** One part that holds only text, as the text alone, which means the same; empty lists beside it say nothing. */
function onlyText(
  parts: readonly JsonValue[],
  isOfType: (part: JsonValue) => part is JsonObject & { readonly text: string },
): readonly [string] | undefined {
  const [only] = parts;
  if (only === undefined || parts.length > 1 || !isOfType(only)) return undefined;
  const { type: _type, text, annotations = [], logprobs = [], [mark]: _mark, ...others } = only;
  const isAlone = [annotations, logprobs].every((list) => isJsonArray(list) && list.length === 0);
  return isAlone && Object.keys(others).length === 0 ? [text] : undefined;
}

/** Tool outputs may have the same parts as messages. */
function writeOther(item: JsonObject, write: CanonicalWriter): string {
  return write.object(item, {
    output: (output) => {
      if (isJsonArray(output)) {
        const alone = onlyText(output, isText);
        return alone === undefined ? writeParts(output, write) : writeText(alone[0], write);
      }
      return isJsonObject(output) ? writePart(output, write) : writeText(output, write);
    },
  });
}

function writeParts(parts: readonly JsonValue[], write: CanonicalWriter): string {
  return write.list(parts, (part) => writePart(part, write));
}

function writePart(part: JsonValue, write: CanonicalWriter): string {
  if (!isJsonObject(part)) return writeText(part, write);
  switch (part['type']) {
    case 'input_text':
    case 'output_text':
      return write.object(unmarked(part, mark), { text: (text) => writeText(text, write) });
    case 'input_image':
    case 'computer_screenshot':
      return write.object(unmarked(part, mark), {
        image_url: (url) => writeUrl(url, write),
        file_id: (id) => writeId(id, write),
      });
    case 'input_file':
      return write.object(unmarked(part, mark), {
        file_data: (data) => writeFileData(data, write),
        file_url: (url) => writeUrl(url, write),
        file_id: (id) => writeId(id, write),
      });
    case 'input_audio':
      return write.object(unmarked(part, mark), { input_audio: (audio) => writeAudio(audio, write) });
    // The output of a local shell.
    case undefined:
    case 'refusal':
    case 'summary_text':
    case 'reasoning_text':
      return write.object(unmarked(part, mark), {});
    default:
      // An unknown item may be a reference, so its answer is shared only within one credential.
      return write.mediaReference(unmarked(part, mark));
  }
}

function writeText(text: JsonValue, write: CanonicalWriter): string {
  return typeof text === 'string' ? write.text(text) : write.value(text);
}

function writeId(id: JsonValue, write: CanonicalWriter): string {
  return id === null ? write.value(id) : write.mediaReference(id);
}

/** `data:` URLs (RFC 2397) in base64. */
const dataUrl = /^data:([^,]*);base64,/i;

function writeUrl(url: JsonValue, write: CanonicalWriter): string {
  if (typeof url !== 'string') return write.value(url);
  const head = dataUrl.exec(url);
  if (head !== null) return write.inlineMedia(head[1] ?? '', url.slice(head[0].length));
  return url.startsWith('data:') ? write.inlineMedia('', url) : write.mediaReference(url);
}

/** Either a `data:` URL or bare base64. */
function writeFileData(data: JsonValue, write: CanonicalWriter): string {
  if (typeof data !== 'string') return write.value(data);
  return data.startsWith('data:') ? writeUrl(data, write) : write.inlineMedia('', data);
}

function writeAudio(audio: JsonValue, write: CanonicalWriter): string {
  if (!isJsonObject(audio)) return write.value(audio);
  const format = audio['format'];
  return write.object(audio, {
    data: (data) =>
      typeof data === 'string'
        ? write.inlineMedia(typeof format === 'string' ? `audio/${format}` : '', data)
        : write.value(data),
  });
}

/** The part without its mark for the provider's prompt cache. */
