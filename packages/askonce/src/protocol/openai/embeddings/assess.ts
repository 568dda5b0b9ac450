/**
 * What a finished embeddings recording holds.
 */
import { isStream, type Recording } from '../../../entry/entry.ts';
import { isJsonArray, isJsonObject, type JsonValue, tryParseJson } from '../../../json.ts';
import type { Assessment } from '../../contract.ts';
import { recordedText } from '../../recorded-json.ts';
import { tellsError } from '../chunks.ts';
import { usageOf } from '../finish.ts';

export function assess(recording: Recording): Assessment {
  const text = recordedText(recording);
  const answer = tryParseJson(text);
  const nothing = { finishReason: '', empty: true, toolCalls: 'none' } as const;
  if (answer === undefined) {
    return { finish: text.trimStart().startsWith('{') ? 'incomplete' : 'unreadable', ...nothing };
  }
  if (!isJsonObject(answer) || isStream(recording.form)) return { finish: 'unreadable', ...nothing };
  if (tellsError(answer)) return { finish: 'failed', ...nothing };
  const { data, usage, model } = answer;
  if (!isJsonArray(data)) return { finish: 'unreadable', ...nothing };
  const vectors = data.map((item) => (isJsonObject(item) ? item['embedding'] : undefined));
  return {
    finish: vectors.every(isVector) ? 'natural' : 'unreadable',
    finishReason: '',
    empty: vectors.length === 0 || vectors.some((vector) => isNothing(vector)),
    toolCalls: 'none',
    usage: usageOf(usage),
    model: typeof model === 'string' && model !== '' ? model : undefined,
  };
}

/** Numbers, lists of numbers (one vector a token), or base64. */
function isVector(value: JsonValue | undefined): boolean {
  if (typeof value === 'string') return true;
  return isJsonArray(value) && value.every((number) => typeof number === 'number' || isVector(number));
}

function isNothing(vector: JsonValue | undefined): boolean {
  return vector === '' || (isJsonArray(vector) && vector.length === 0);
}
