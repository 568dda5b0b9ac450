/**
 * What a body means, and whether it is a request at all, decided by other means than the product's.
 */
import { createHash } from 'node:crypto';
import type { RecordedProtocol } from 'askonce/testing';
import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '../../packages/askonce/src/json.ts';

/** The JSON value of a body with exactly one meaning; undefined if it has none, or several. */
function plainValue(body: Uint8Array): JsonValue | undefined {
  let faithful = true;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
    const value: JsonValue = JSON.parse(text, (_name, one: unknown, context?: { source?: string }) => {
      if (typeof one === 'number') faithful &&= survives(one, context?.source ?? '');
      if (typeof one === 'string') faithful &&= one.isWellFormed();
      return one;
    });
    // With its strings emptied, a text has one colon for each property; a property given twice is lost on the
    // way.
    const colons = text.replace(/"(?:[^"\\]|\\.)*"/g, '""').split(':').length - 1;
    return faithful && colons === properties(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function survives(number: number, source: string): boolean {
  if (!Number.isFinite(number)) return false;
  return !/^-?\d+$/.test(source) || significantDigits(source) === significantDigits(String(number));
}

/** The digits of a decimal number without the zeros at its end: a double is written in the fewest that name it. */
function significantDigits(decimal: string): string {
  return decimal.replace(/e.*$|[-.]/g, '').replace(/0+$/, '');
}

/** Counted in the value itself: a reviver or a copy might take `__proto__` for something else. */
function properties(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = isJsonArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce<number>((sum, one) => sum + properties(one ?? null), own);
}

const isText = (value: JsonValue | undefined) => typeof value === 'string';
const isListOf = (value: JsonValue | undefined, fits: (one: JsonValue) => boolean) =>
  isJsonArray(value) && value.every(fits);
const isPrompt = (value: JsonValue | undefined) =>
  isText(value) ||
  isListOf(value, isText) ||
  isListOf(value, (one) => typeof one === 'number') ||
  isListOf(value, (one) => isListOf(one, (token) => typeof token === 'number')) ||
  isListOf(value, isJsonObject);

const wellFormed: Readonly<Record<RecordedProtocol, (body: JsonObject) => boolean>> = {
  'openai-chat': ({ messages }) => isListOf(messages, isJsonObject),
  'openai-completions': ({ prompt = null }) => prompt === null || isPrompt(prompt),
  'openai-embeddings': ({ input }) => isPrompt(input),
  'openai-responses': ({ input = null }) => input === null || isText(input) || isListOf(input, isJsonObject),
  'anthropic-messages': ({ messages }) =>
    isListOf(messages, (one) => isJsonObject(one) && isText(one['role'])),
};

/** The body if it is a request of its protocol whose answer may be stored; else undefined. */
export function storable(protocol: RecordedProtocol, bytes: Uint8Array): JsonObject | undefined {
  const body = plainValue(bytes);
  if (!isJsonObject(body) || !isText(body['model']) || body['model'] === '') return undefined;
  const { stream = null } = body;
  // Embeddings have no streams: for them the field is an unknown one, and counts.
  const isForm = stream === null || typeof stream === 'boolean' || protocol === 'openai-embeddings';
  if (!isForm) return undefined;
  return wellFormed[protocol](body) ? body : undefined;
}

/** Fields that choose the form, bound the length, or name the user: they do not separate meanings. */
const apart = new Set(
  'stream encoding_format max_tokens max_completion_tokens max_output_tokens user'.split(' '),
);

/** Equal for bodies that may share an answer. It separates no more than it must. */
export function meaning(protocol: RecordedProtocol, body: JsonObject): string {
  const trims = protocol !== 'openai-completions' && protocol !== 'openai-embeddings';
  const plainOf = (value: JsonValue): unknown => {
    if (typeof value === 'string') return (trims ? value.trim() : value).normalize('NFC');
    if (typeof value === 'number') return value === 0 ? 0 : value;
    if (isJsonArray(value)) return isOneText(value) ? plainOf(value[0]['text']) : value.map(plainOf);
    if (!isJsonObject(value)) return value;
    return Object.entries(value)
      .map(([name, one]) => [name.normalize('NFC'), plainOf(one ?? null)])
      .sort(([one], [other]) => (String(one) < String(other) ? -1 : 1));
  };
  const counting = Object.entries(body)
    .map(
      ([name, value]) => [name, name === 'stream_options' ? unknownOptions(value ?? null) : value] as const,
    )
    .filter(([name, value]) => !apart.has(name) && value !== undefined);
  const plain = counting.map(([name, value]) => {
    if (name === 'temperature' && typeof value === 'number') return [name, Math.round(value * 10)];
    // To the Responses API a text is one message of the user.
    const isMessage = protocol === 'openai-responses' && name === 'input' && typeof value === 'string';
    return [name, isMessage ? [{ role: 'user', content: value }] : value];
  });
  return JSON.stringify([protocol, plainOf(Object.fromEntries(plain))]);
}

/** The options of a stream that change more than its wrapping, for all that is known; undefined if there are none. */
function unknownOptions(options: JsonValue): JsonValue | undefined {
  if (!isJsonObject(options)) return options ?? undefined;
  const unknown = Object.entries(options).filter(([name]) => !/^include_(usage|obfuscation)$/.test(name));
  return unknown.length === 0 ? undefined : Object.fromEntries(unknown);
}

/** A text and a list of one text part are the same content. */
function isOneText(value: readonly JsonValue[]): value is readonly [{ readonly text: string }] {
  const [one] = value;
  return value.length === 1 && isJsonObject(one) && one['type'] === 'text' && isText(one['text']);
}

/** Numbers that only one input of one request for embeddings has, and that float32 holds exactly. */
export function vectorOf(body: JsonObject, input: JsonValue): readonly number[] {
  const { input: _inputs, ...rest } = body;
  const content = meaning('openai-embeddings', { ...rest, one: input });
  return [...createHash('sha256').update(content).digest()].map((byte) => byte / 256);
}
