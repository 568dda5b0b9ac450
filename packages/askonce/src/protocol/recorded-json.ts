/**
 * Reading the JSON of recordings.
 */
import type { Recording } from '../entry/entry.ts';
import { isJsonArray, type JsonValue, tryParseJson } from '../json.ts';

/** The whole body as text. */
export function recordedText({ body }: Recording): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
}

/** The body as JSON, or undefined where it is none. */
export function readRecordedJson(recording: Recording): JsonValue | undefined {
  return tryParseJson(recordedText(recording));
}

/** Whether bytes lie behind the last event of a recorded stream: the beginning of an event that never ended. */
export function endsInsideEvent({ body, events }: Recording): boolean {
  const end = events?.ends.at(-1) ?? 0;
  return body.subarray(end).some((byte) => byte !== 0x20 && byte !== 0x0a && byte !== 0x0d);
}

/**
 * Whether all numbers of a parsed value are still what the text said. An integer beyond 2^53 or a number beyond
 * the range of a double was rounded by `JSON.parse`, so that writing it again would change it.
 */
export function numbersAreExact(value: JsonValue | undefined): boolean {
  if (typeof value === 'number')
    return Number.isFinite(value) && (Number.isSafeInteger(value) || !Number.isInteger(value));
  if (typeof value !== 'object' || value === null) return true;
  return isJsonArray(value) ? value.every(numbersAreExact) : Object.values(value).every(numbersAreExact);
}
