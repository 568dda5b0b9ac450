/**
 * The chunks of a recorded stream of chat or text completions.
 */
import type { Recording } from '../../entry/entry.ts';
import { readEvents } from '../../entry/sse.ts';
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue, tryParseJson } from '../../json.ts';
import { recordedText } from '../recorded-json.ts';

export interface ChunkReading {
  /** `whole` where the stream came to its `[DONE]`, each event was a chunk, and none told an error. */
  readonly kind: 'whole' | 'failed' | 'incomplete' | 'unreadable';
  /** As far as they could be read. */
  readonly chunks: readonly JsonObject[];
}

export const streamEnd = '[DONE]';

export function readChunks(recording: Recording): ChunkReading {
  const chunks: JsonObject[] = [];
  let sawData = false;
  for (const { type, data } of readEvents(recording)) {
    if (data === undefined) continue;
    if (data === streamEnd) return { kind: 'whole', chunks };
    sawData = true;
    const chunk = tryParseJson(data);
    if (type === 'error' || (isJsonObject(chunk) && tellsError(chunk))) return { kind: 'failed', chunks };
    if (!isJsonObject(chunk)) return { kind: 'unreadable', chunks };
    chunks.push(chunk);
  }
  return { kind: sawData ? 'incomplete' : kindWithoutEvents(recording), chunks };
}

/** A provider may answer a request for a stream with one JSON document: an error, or an answer of the wrong kind. */
function kindWithoutEvents(recording: Recording): ChunkReading['kind'] {
  const text = recordedText(recording);
  if (text.trim() === '' || text.startsWith('data:') || text.startsWith(':')) return 'incomplete';
  const document = tryParseJson(text);
  return isJsonObject(document) && tellsError(document) ? 'failed' : 'unreadable';
}

/** Whether an answer or a chunk is an error in the answer's place. */
export function tellsError(answer: JsonObject): boolean {
  const { error, x_groq: groq } = answer;
  return isSet(error) || (isJsonObject(groq) && isSet(groq['error']));
}

function isSet(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null && value !== false && value !== '';
}

/** The choices of an answer or a chunk; entries that are no objects are left out. */
export function choicesOf(answer: JsonObject): JsonObject[] {
  const { choices } = answer;
  return isJsonArray(choices) ? choices.filter(isJsonObject) : [];
}

/** The usage that a stream tells: in the last chunk that has any, else where Groq has its own. */
export function usageIn(chunks: readonly JsonObject[]): JsonObject | undefined {
  const told = chunks.findLast(({ usage }) => isJsonObject(usage))?.['usage'];
  if (isJsonObject(told)) return told;
  for (const { x_groq: groq } of chunks.toReversed()) {
    if (isJsonObject(groq) && isJsonObject(groq['usage'])) return groq['usage'];
  }
  return undefined;
}

/** Fields of an answer that all its chunks repeat; any other field is told once, in the first. */
const repeated: ReadonlySet<string> = new Set([
  'id',
  'object',
  'created',
  'model',
  'service_tier',
  'system_fingerprint',
]);

/** What chunks made from an answer carry besides their choices. */
export function chunkFrames(answer: JsonObject): { readonly first: JsonObject; readonly others: JsonObject } {
  const { choices: _choices, usage: _usage, ...first } = answer;
  return { first, others: Object.fromEntries(Object.entries(first).filter(([name]) => repeated.has(name))) };
}

/**
 * What an answer made from chunks carries besides choices and usage. Of a repeated field the first value that
 * says something stands (Azure's first chunk has an empty id); objects that come in several chunks are one.
 */
export function answerFrame(chunks: readonly JsonObject[]): JsonObject {
  const frame = new Map<string, JsonValue>();
  for (const { choices: _choices, usage: _usage, obfuscation: _padding, ...fields } of chunks) {
    for (const [name, value] of Object.entries(fields)) {
      if (value === undefined) continue;
      const before = frame.get(name);
      if (before === undefined || before === null || before === '') frame.set(name, value);
      else if (isJsonObject(before) && isJsonObject(value)) frame.set(name, { ...before, ...value });
      else if (!repeated.has(name) && value !== null) frame.set(name, value);
    }
  }
  const groq = frame.get('x_groq');
  if (isJsonObject(groq)) {
    const { usage: _repeated, ...rest } = groq;
    frame.set('x_groq', rest);
  }
  return Object.fromEntries(frame);
}
