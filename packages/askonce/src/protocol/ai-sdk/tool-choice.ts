/**
 * Whether a result calls tools as `toolChoice` demands. `generateText` and `streamText` refuse one that does not, whether a model
 * gave it or the cache.
 */
import type { Recording } from '../../entry/entry.ts';
import { isJsonArray, isJsonObject, type JsonObject, tryParseJson } from '../../json.ts';
import { readResult } from './result.ts';

export function calledAsAsked(recording: Recording, body: Uint8Array | string): boolean {
  const choice = choiceIn(Buffer.from(body).toString());
  const reading = choice === undefined ? undefined : readResult(recording);
  if (choice === undefined || reading?.kind !== 'result') return true;
  const { content } = reading.result;
  const calls = isJsonArray(content)
    ? content.filter(isJsonObject).filter(({ type }) => type === 'tool-call')
    : [];
  switch (choice['type']) {
    case 'none':
      return calls.length === 0;
    case 'required':
      return calls.length > 0;
    case 'tool':
      return calls.some(({ toolName }) => toolName === choice['toolName']);
    default:
      return true;
  }
}

function choiceIn(body: string): JsonObject | undefined {
  // Few calls have one, and within a text its quotation marks would be escaped.
  const call = body.includes('"toolChoice"') ? tryParseJson(body) : undefined;
  const choice = isJsonObject(call) ? call['toolChoice'] : undefined;
  return isJsonObject(choice) ? choice : undefined;
}
