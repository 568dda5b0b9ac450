/**
 * Reading recordings as text and as JSON.
 */
import type { Recording } from '../entry/entry.ts';
import { isJsonArray, isJsonObject, type JsonValue, tryParseJson } from '../json.ts';

/** The whole body as text. */
export function recordedText({ body }: Recording): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
}

/** The whole body, each byte as one character: what is ASCII in it can be searched for without decoding the rest. */
export function recordedBytes({ body }: Recording): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
}

/** The body as JSON, or undefined if it is not JSON. */
export function readRecordedJson(recording: Recording): JsonValue | undefined {
  return tryParseJson(recordedText(recording));
}

/** The `type` of an event's data; undefined if it has none, or is not JSON. */
export function typeOf(data: string | undefined): JsonValue | undefined {
  const event = data === undefined ? undefined : tryParseJson(data);
  return isJsonObject(event) ? event['type'] : undefined;
}

/** What a body is that does not parse: one that begins like JSON was cut off. */
export function unparsedKind(text: string): 'incomplete' | 'unreadable' {
  return text.trimStart().startsWith('{') ? 'incomplete' : 'unreadable';
}

/**
 * Whether no number of a parsed value was rounded. `JSON.parse` rounds an integer beyond 2^53 and a number beyond the
 * range of a double, so writing such a value again would change it.
 */
export function numbersAreExact(value: JsonValue | undefined): boolean {
  if (typeof value === 'number')
    return Number.isFinite(value) && (Number.isSafeInteger(value) || !Number.isInteger(value));
  if (typeof value !== 'object' || value === null) return true;
  return isJsonArray(value) ? value.every(numbersAreExact) : Object.values(value).every(numbersAreExact);
}

/** Whether a value is text with more than white space. */
export function hasText(value: JsonValue | undefined): boolean {
  return typeof value === 'string' && value.trim() !== '';
}
