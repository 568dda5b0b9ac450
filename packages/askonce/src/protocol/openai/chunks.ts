/**
 * Reading the chunks of a recorded stream of chat or text completions.
 */
import type { Recording } from '../../entry/entry.ts';
import { readEvents } from '../../entry/sse.ts';
import {
  isJsonArray,
  isJsonObject,
  isUnset,
  type JsonObject,
  type JsonValue,
  tryParseJson,
} from '../../json.ts';
import { type EndMark, endsAfterEvent } from '../framing.ts';
import { recordedText } from '../recorded-json.ts';
import { FieldsAssembly } from './fields.ts';

export interface ChunkReading {
  /** `whole` if the stream reached its `[DONE]`, each event was a chunk, and none was an error; `unmarked` if it lacks that alone. */
  readonly kind: 'whole' | 'unmarked' | 'failed' | 'incomplete' | 'unreadable';
  /** The chunks that could be read. */
  readonly chunks: readonly JsonObject[];
}

export const streamEnd = '[DONE]';

/** Some providers write blanks around it. */
export function isStreamEnd(data: string | undefined): boolean {
  return data?.trim() === streamEnd;
}

export const endMark: EndMark = { hints: [streamEnd], isMark: ({ data }) => isStreamEnd(data) };

export function readChunks(recording: Recording): ChunkReading {
  const chunks: JsonObject[] = [];
  let sawData = false;
  for (const { type, data } of readEvents(recording)) {
    // An event without text keeps a connection alive.
    if (data === undefined || data.trim() === '') continue;
    if (isStreamEnd(data)) return { kind: 'whole', chunks };
    sawData = true;
    const chunk = tryParseJson(data);
    if (type === 'error' || (isJsonObject(chunk) && isError(chunk))) return { kind: 'failed', chunks };
    if (!isJsonObject(chunk)) return { kind: 'unreadable', chunks };
    chunks.push(chunk);
  }
  if (!sawData) return { kind: kindWithoutEvents(recording), chunks };
  return { kind: endsAfterEvent(recording) || endsInMark(recording) ? 'unmarked' : 'incomplete', chunks };
}

/** Whether a stream ends with an end mark that lacks its blank line, so that it is no event and clients do not see it. */
function endsInMark({ body, events }: Recording): boolean {
  const tail = body.subarray(events?.ends.at(-1) ?? 0);
  return tail.length < 64 && /^data:\s*\[DONE\]\s*$/.test(Buffer.from(tail).toString('latin1'));
}

/** A provider may answer a request for a stream with one JSON document: an error, or an answer in the wrong form. */
function kindWithoutEvents(recording: Recording): ChunkReading['kind'] {
  const text = recordedText(recording);
  if (text.trim() === '' || text.startsWith('data:') || text.startsWith(':')) return 'incomplete';
  const document = tryParseJson(text);
  return isJsonObject(document) && isError(document) ? 'failed' : 'unreadable';
}

/** Whether an answer or a chunk is an error in place of an answer. */
export function isError(answer: JsonObject): boolean {
  const { error, x_groq: groq, base_resp: minimax } = answer;
  return (
    isSet(error) ||
    (isJsonObject(groq) && isSet(groq['error'])) ||
    // MiniMax reports its errors under status 200, with a code other than 0.
    (isJsonObject(minimax) && typeof minimax['status_code'] === 'number' && minimax['status_code'] !== 0)
  );
}

function isSet(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null && value !== false && value !== '';
}

/** The choices of an answer or a chunk, without elements that are not objects. */
export function choicesOf(answer: JsonObject): JsonObject[] {
  const { choices } = answer;
  return isJsonArray(choices) ? choices.filter(isJsonObject) : [];
}

/** The usage of a stream: that of the last chunk that has any, else Groq's own field. */
export function usageIn(chunks: readonly JsonObject[]): JsonObject | undefined {
  const usage = chunks.findLast(({ usage }) => isJsonObject(usage))?.['usage'];
  if (isJsonObject(usage)) return usage;
  for (const { x_groq: groq } of chunks.toReversed()) {
    if (isJsonObject(groq) && isJsonObject(groq['usage'])) return groq['usage'];
  }
  return undefined;
}

/** Fields of an answer that all its chunks repeat; any other field is in the first chunk only. */
const repeated: ReadonlySet<string> = new Set([
  'id',
  'object',
  'created',
  'model',
  'service_tier',
  'system_fingerprint',
]);

/** Whether a field of an answer is in each of its chunks. */
export function isRepeated(name: string): boolean {
  return repeated.has(name);
}

/** The fields, besides choices, of chunks that are made from an answer. */
export function chunkFrames(answer: JsonObject): { readonly first: JsonObject; readonly others: JsonObject } {
  const { choices: _choices, usage: _usage, ...first } = answer;
  return { first, others: Object.fromEntries(Object.entries(first).filter(([name]) => isRepeated(name))) };
}

/** Names of a stream or of a chunk. Azure's first chunk has an empty id; some providers give each chunk another. */
const names: ReadonlySet<string> = new Set(['id', 'created', 'system_fingerprint']);

/**
 * The fields, besides choices and usage, of an answer that is made from chunks. Of a name the first non-empty value is
 * used; objects in several chunks are merged.
 */
export function answerFrame(chunks: readonly JsonObject[]): {
  readonly fields: JsonObject;
  /** False if the chunks disagree about a field, or one of them is not a chunk of an answer. */
  readonly whole: boolean;
} {
  const frame = new FieldsAssembly({ strings: 'repeat', lists: 'repeat' });
  let whole = true;
  for (const { choices, usage: _usage, obfuscation: _padding, ...fields } of chunks) {
    if (isJsonArray(choices) ? !choices.every(isJsonObject) : !Object.keys(fields).every(isRepeated))
      whole = false;
    for (const [name, value] of Object.entries(fields)) {
      if (!names.has(name) || isUnset(frame.get(name))) frame.add(name, value);
    }
  }
  const fields = frame.close();
  const { x_groq: groq } = fields;
  whole &&= frame.whole;
  if (!isJsonObject(groq)) return { fields, whole };
  const { usage: _repeated, ...own } = groq;
  return { fields: { ...fields, x_groq: own }, whole };
}
