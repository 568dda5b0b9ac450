/**
 * A recorded embeddings answer: assessed, and converted between numbers and base64.
 */
import { type Form, isStream, type Recording } from '../../../entry/entry.ts';
import { isJsonArray, isJsonObject, type JsonValue, tryParseJson } from '../../../json.ts';
import type { Assessment } from '../../contract.ts';
import { type Replacement, replaceSpans } from '../../json-spans.ts';
import { recordedText, unparsedKind } from '../../recorded-json.ts';
import { isError } from '../chunks.ts';
import { modelOf, usageOf } from '../finish.ts';
import { readLayout, textOf } from './layout.ts';

export function assess(recording: Recording): Assessment {
  const text = recordedText(recording);
  const answer = tryParseJson(text);
  const nothing = { finishReason: '', empty: true, toolCalls: 'none' } as const;
  if (answer === undefined) return { finish: unparsedKind(text), ...nothing };
  if (!isJsonObject(answer) || isStream(recording.form)) return { finish: 'unreadable', ...nothing };
  if (isError(answer)) return { finish: 'failed', ...nothing };
  const { data } = answer;
  if (!isJsonArray(data)) return { finish: 'unreadable', ...nothing };
  const vectors = data.map((item) => (isJsonObject(item) ? item['embedding'] : undefined));
  return {
    finish: vectors.every(isVector) ? 'natural' : 'unreadable',
    finishReason: '',
    empty: vectors.length === 0 || vectors.some((vector) => isNothing(vector)),
    toolCalls: 'none',
    usage: usageOf(answer),
    model: modelOf(answer),
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

const bytesPerNumber = 4;

/** Converts vectors and no other byte; undefined if one is neither a list of numbers nor base64 of float32. */
export function convert(recording: Recording, to: Form): Recording | undefined {
  if (recording.form === to) return recording;
  if (isStream(to) || isStream(recording.form)) return undefined;
  const layout = readLayout(recording);
  if (layout === undefined) return undefined;
  const replacements: Replacement[] = [];
  for (const { embedding } of layout.items) {
    if (embedding === undefined) return undefined;
    const text = textOf(layout.text, embedding);
    // A provider may answer with numbers when base64 was asked for, and the other way round.
    if (text.startsWith('"') === (to === 'body+base64')) continue;
    const by = to === 'body+base64' ? base64Of(text) : numbersOf(text);
    if (by === undefined) return undefined;
    replacements.push({ ...embedding, by });
  }
  const whole = { start: 0, end: layout.text.length };
  return { ...recording, form: to, body: Buffer.concat(replaceSpans(layout.text, whole, replacements)) };
}

function base64Of(text: string): string | undefined {
  const numbers = tryParseJson(text);
  if (!isJsonArray(numbers)) return undefined;
  const bytes = Buffer.allocUnsafe(numbers.length * bytesPerNumber);
  for (const [index, number] of numbers.entries()) {
    if (typeof number !== 'number' || !Number.isFinite(Math.fround(number))) return undefined;
    bytes.writeFloatLE(number, index * bytesPerNumber);
  }
  return `"${bytes.toString('base64')}"`;
}

function numbersOf(text: string): string | undefined {
  const encoded = tryParseJson(text);
  if (typeof encoded !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(encoded)) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.length % bytesPerNumber !== 0) return undefined;
  const numbers: string[] = [];
  for (let at = 0; at < bytes.length; at += bytesPerNumber) {
    const number = bytes.readFloatLE(at);
    if (!Number.isFinite(number)) return undefined;
    numbers.push(shortest(number));
  }
  return `[${numbers.join(',')}]`;
}

/**
 * The number with the fewest digits that still are this float32, as providers print it; a double may need 17. If
 * eight digits are too few, fewer are, too.
 */
function shortest(number: number): string {
  if (Object.is(number, -0)) return '-0';
  let fewest = Number(number.toPrecision(9));
  for (const digits of [8, 7, 6]) {
    const fewer = Number(number.toPrecision(digits));
    if (Math.fround(fewer) !== number) break;
    fewest = fewer;
  }
  return String(fewest);
}
