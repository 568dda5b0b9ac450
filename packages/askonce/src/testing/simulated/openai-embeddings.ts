/**
 * `POST /v1/embeddings`: vectors of length 1, the same for equal texts. Texts that share words are closer to
 * each other than texts that share none.
 */
import { z } from 'zod';
import { type Endpoint, Refusal, read } from './answer.ts';
import { wordsOf } from './prose.ts';
import { SeededRandom } from './random.ts';
import { countTokens } from './tokens.ts';

const embeddingsRequest = z.looseObject({
  model: z.string().min(1).max(200),
  input: z.union([
    z.string().min(1),
    z.array(z.string().min(1)).min(1).max(2_048),
    z.array(z.int()).min(1).max(300_000),
    z.array(z.array(z.int()).min(1).max(300_000)).min(1).max(2_048),
  ]),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.int().min(1).max(3_072).nullish(),
});

const longVectors = 3_072;
const usualVectors = 1_536;

export const embeddings: Endpoint = ({ body }) => {
  const request = read(embeddingsRequest, body);
  const inputs = inputsOf(request.input);
  const own = request.model.includes('large') ? longVectors : usualVectors;
  const dimensions = request.dimensions ?? own;
  if (dimensions > own) {
    throw new Refusal(400, `Invalid value for 'dimensions': ${request.model} has at most ${own}.`, {
      param: 'dimensions',
    });
  }
  const data = inputs.map(({ text }, index) => {
    const vector = vectorOf(text, own).subarray(0, dimensions);
    const unit = normalised(vector);
    return {
      object: 'embedding',
      index,
      embedding: request.encoding_format === 'base64' ? base64(unit) : [...unit],
    };
  });
  const tokens = inputs.reduce((sum, { count }) => sum + count, 0);
  const usage = { prompt_tokens: tokens, total_tokens: tokens };
  return { form: 'body', body: { object: 'list', data, model: request.model, usage }, tokens: 0 };
};

function inputsOf(
  input: z.output<typeof embeddingsRequest>['input'],
): readonly { readonly text: string; readonly count: number }[] {
  const ofNumbers = (numbers: readonly number[]) => ({ text: numbers.join(' '), count: numbers.length });
  const ofText = (text: string) => ({ text, count: countTokens(text) });
  if (typeof input === 'string') return [ofText(input)];
  const numbers = input.filter((item) => typeof item === 'number');
  if (numbers.length > 0) return [ofNumbers(numbers)];
  return input.flatMap((item) =>
    typeof item === 'string' ? ofText(item) : typeof item === 'number' ? [] : ofNumbers(item),
  );
}

/** A small part depends on the whole text, a large part on each of its first 256 words. */
function vectorOf(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  const whole = new SeededRandom(text);
  for (let at = 0; at < dimensions; at++) vector[at] = (whole.next() - 0.5) * 0.1;
  for (const word of wordsOf(text).slice(0, 256)) {
    const random = new SeededRandom(word.toLowerCase());
    for (let strokes = 0; strokes < 48; strokes++) {
      const at = random.between(0, dimensions - 1);
      vector[at] = (vector[at] ?? 0) + (random.next() < 0.5 ? -1 : 1);
    }
  }
  return vector;
}

function normalised(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** 32-bit numbers, the lowest byte first. */
function base64(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  vector.forEach((value, index) => {
    bytes.writeFloatLE(value, index * 4);
  });
  return bytes.toString('base64');
}
