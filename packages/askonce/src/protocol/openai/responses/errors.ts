/**
 * How a stream of the Responses API ends that broke off.
 *
 * Its clients look for different things: the official SDKs raise on an event named `error`; Codex and others that read the
 * events themselves ignore that one, and wait for `response.failed`. OpenAI sends both, and so do we. `response.failed` comes
 * first, since the SDKs read nothing behind an `error`.
 */
import { isJsonObject, type JsonObject, type JsonValue, tryParseJson } from '../../../json.ts';
import type { ErrorInfo } from '../../contract.ts';
import type { Framing, SentEvents, StreamEvent } from '../../framing.ts';

/**
 * `response.failed` and `error`, numbered on from what was sent. Without `sent` the `error` alone, with the number 0: clients
 * raise it whatever its number.
 */
export function errorEvent(error: ErrorInfo, framing: Framing, sent?: SentEvents): string {
  if (sent === undefined) return framing.write(JSON.stringify(errorData(error, 0)), 'error');
  const next = nextNumber(sent);
  const failed = { type: 'response.failed', sequence_number: next, response: failedResponse(error, sent) };
  return (
    framing.write(JSON.stringify(failed), 'response.failed') +
    framing.write(JSON.stringify(errorData(error, next + 1)), 'error')
  );
}

/** The error event has its fields beside its type, not in an `error` object. */
function errorData({ code, message }: ErrorInfo, number: number): JsonObject {
  return { type: 'error', code, message, param: null, sequence_number: number };
}

function nextNumber({ latest }: SentEvents): number {
  const number = latest
    .map((event) => dataOf(event)?.['sequence_number'])
    .findLast((value) => typeof value === 'number' && Number.isSafeInteger(value));
  return typeof number === 'number' ? number + 1 : 0;
}

/** The response as the stream began it, since the SDKs check that its id stays the same. */
function failedResponse({ code, message }: ErrorInfo, { first }: SentEvents): JsonObject {
  const begun = dataOf(first)?.['response'];
  const frame: Record<string, JsonValue | undefined> = isJsonObject(begun)
    ? begun
    : { id: '', object: 'response', output: [] };
  return { ...frame, status: 'failed', error: { code, message } };
}

function dataOf(event: StreamEvent | undefined): JsonObject | undefined {
  const data = event?.data === undefined ? undefined : tryParseJson(event.data);
  return isJsonObject(data) ? data : undefined;
}
