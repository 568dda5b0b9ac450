/**
 * Texts and vectors as bodies of the `embedding-function` protocol, which are those of OpenAI's embeddings.
 */
import { isJsonArray, isJsonObject, type JsonValue, tryParseJson } from '../../json.ts';

/** What an embedder returns for some texts. */
export interface Embedded {
  /** One vector for each text, in their order. */
  readonly vectors: readonly (readonly number[])[];
  /** Tokens of all the texts together, if known. */
  readonly tokens?: number | undefined;
}

/** The texts that a request asks for. */
export function textsIn(body: Uint8Array | string): readonly string[] {
  const request = tryParseJson(typeof body === 'string' ? body : Buffer.from(body).toString('utf8'));
  const input = isJsonObject(request) ? request['input'] : undefined;
  if (typeof input === 'string') return [input];
  return isJsonArray(input) ? input.filter((one) => typeof one === 'string') : [];
}

/** The answer to a request. A number that JSON cannot write (NaN, an infinity) is null; such an answer is not stored. */
export function answerOf({ vectors, tokens }: Embedded, model: string): Uint8Array {
  const usage = tokens === undefined ? {} : { usage: { prompt_tokens: tokens, total_tokens: tokens } };
  const data = vectors.map((vector, index) => ({ index, embedding: Array.from(vector) }));
  return Buffer.from(JSON.stringify({ data, model, ...usage }));
}

export interface Vectors {
  readonly vectors: number[][];
  readonly tokens: number | undefined;
}

/** The vectors of an answer, in the order of the texts, and their tokens if all of them are known. */
export function vectorsIn(answer: JsonValue): Vectors {
  const { data, usage } = isJsonObject(answer) ? answer : {};
  const items = isJsonArray(data) ? data : [];
  const tokens = isJsonObject(usage) ? usage['prompt_tokens'] : undefined;
  return { vectors: items.map(vectorOf), tokens: typeof tokens === 'number' ? tokens : undefined };
}

function vectorOf(item: JsonValue): number[] {
  const numbers = isJsonObject(item) ? item['embedding'] : undefined;
  return isJsonArray(numbers) ? numbers.map((one) => (typeof one === 'number' ? one : Number.NaN)) : [];
}
