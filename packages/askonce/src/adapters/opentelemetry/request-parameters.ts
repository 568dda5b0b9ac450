/**
 * The parameters of a request, for the span of its provider call: numbers and the model's name. No text is read, not
 * even stop sequences, which are a part of the prompt.
 */
import type { Attributes } from '@opentelemetry/api';
import type { CacheRequest } from '../../identity/request.ts';
import { isJsonObject, type JsonObject, type JsonValue, tryParseJson } from '../../json.ts';

/** Bytes of a longer body, which is not parsed for them. */
const maxBytes = 64 * 1024;
const maxNameLength = 256;

export interface Parameters {
  /** '' if the body does not say. */
  readonly model: string;
  readonly attributes: Attributes;
}

const numbers = [
  ['gen_ai.request.temperature', 'temperature'],
  ['gen_ai.request.top_p', 'top_p'],
  ['gen_ai.request.top_k', 'top_k'],
  ['gen_ai.request.frequency_penalty', 'frequency_penalty'],
  ['gen_ai.request.presence_penalty', 'presence_penalty'],
  ['gen_ai.request.seed', 'seed'],
] as const;

const limits = ['max_completion_tokens', 'max_output_tokens', 'max_tokens'] as const;

export function parametersOf({ body }: Pick<CacheRequest, 'body'>): Parameters {
  const parsed = parsedBody(body);
  if (parsed === undefined) return { model: '', attributes: {} };
  const attributes: Attributes = {};
  for (const [attribute, field] of numbers) {
    const value = parsed[field];
    if (isNumber(value)) attributes[attribute] = value;
  }
  const limit = limits.map((field) => parsed[field]).find(isNumber);
  if (limit !== undefined) attributes['gen_ai.request.max_tokens'] = limit;
  const { n, dimensions, encoding_format: format, model } = parsed;
  if (isNumber(n) && n !== 1) attributes['gen_ai.request.choice.count'] = n;
  if (isNumber(dimensions)) attributes['gen_ai.embeddings.dimension.count'] = dimensions;
  if (format === 'float' || format === 'base64') attributes['gen_ai.request.encoding_formats'] = [format];
  return { model: typeof model === 'string' ? model.slice(0, maxNameLength) : '', attributes };
}

function isNumber(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function parsedBody(body: CacheRequest['body']): JsonObject | undefined {
  if (body.length > maxBytes) return undefined;
  const text = typeof body === 'string' ? body : Buffer.from(body).toString('utf8');
  const parsed = tryParseJson(text);
  return isJsonObject(parsed) ? parsed : undefined;
}
