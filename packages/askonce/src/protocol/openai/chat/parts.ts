/**
 * Writing one part of a message's content for the fingerprint: text as it is, inline media by its bytes, URLs and file
 * ids by their text.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../json.ts';
import type { CanonicalWriter } from '../../contract.ts';

/** Parts with a URL or a `data:` URL in the field named after their type, plain or as its `url`. */
const urlTypes: ReadonlySet<JsonValue | undefined> = new Set([
  'image_url',
  'video_url',
  'audio_url',
  'document_url',
  'file_url',
]);

/** Parts without media; an unknown part is assumed to be a reference. */
const textTypes: ReadonlySet<JsonValue | undefined> = new Set(['text', 'refusal', 'thinking', 'reasoning']);

export function writePart(part: JsonValue, write: CanonicalWriter): string {
  if (!isJsonObject(part)) return write.value(part);
  const { type } = part;
  const counted = unmarked(part);
  if (textTypes.has(type)) return write.object(counted, { text: (text) => writeText(text, write) });
  if (typeof type === 'string' && urlTypes.has(type)) {
    return write.object(counted, { [type]: (source) => writeUrlSource(source, write) });
  }
  if (type === 'input_audio') {
    return write.object(counted, { input_audio: (audio) => writeAudio(audio, write) });
  }
  if (type === 'file') return write.object(counted, { file: (file) => writeFile(file, write) });
  return write.mediaReference(counted);
}

function writeText(text: JsonValue, write: CanonicalWriter): string {
  return typeof text === 'string' ? write.text(text) : write.value(text);
}

function writeUrlSource(source: JsonValue, write: CanonicalWriter): string {
  const url = (value: JsonValue) => writeUrl(value, write);
  return isJsonObject(source) ? write.object(source, { url }) : url(source);
}

function writeAudio(audio: JsonValue, write: CanonicalWriter): string {
  if (!isJsonObject(audio)) return write.mediaReference(audio);
  const { format } = audio;
  return write.object(audio, {
    data: (data) => writeInline(data, typeof format === 'string' ? `audio/${format}` : 'audio', write),
  });
}

function writeFile(file: JsonValue, write: CanonicalWriter): string {
  if (!isJsonObject(file)) return write.mediaReference(file);
  return write.object(file, {
    file_data: (data) => writeInline(data, '', write),
    file_id: (id) => write.mediaReference(id),
  });
}

/** Base64; some providers also take a URL here. */
function writeInline(data: JsonValue, mediaType: string, write: CanonicalWriter): string {
  if (typeof data !== 'string' || /^(data|https?):/i.test(data)) return writeUrl(data, write);
  return write.inlineMedia(mediaType, data);
}

/** RFC 2397: `data:[type][;parameters][;base64],data`. Data without base64 keeps its comma, so that the two differ. */
function writeUrl(url: JsonValue, write: CanonicalWriter): string {
  if (typeof url !== 'string' || !/^data:/i.test(url)) return write.mediaReference(url);
  const comma = url.indexOf(',');
  if (comma < 0) return write.inlineMedia('', url);
  const header = url.slice('data:'.length, comma).toLowerCase();
  const data = url.slice(comma + 1);
  return header.endsWith(';base64')
    ? write.inlineMedia(header.slice(0, -';base64'.length), data)
    : write.inlineMedia(`${header},`, data);
}

/** The part without its mark for the provider's prompt cache, which does not change the answer. */
function unmarked(part: JsonObject): JsonObject {
  if (part['prompt_cache_breakpoint'] === undefined) return part;
  const { prompt_cache_breakpoint: _mark, ...rest } = part;
  return rest;
}
