/**
 * A text completion as a body, made of a stream, and the other way round.
 */
import type { JsonObject } from '../../json.ts';
import { conversion } from '../openai-conversion.ts';
import { readCompletion } from './completion.ts';

export const convert = conversion({ read: readCompletion, chunkFrame: (frame) => frame, chunksOf });

/** The text with its log probabilities, then the end. */
function chunksOf(choice: JsonObject, position: number): JsonObject[] {
  const { text, index = position, logprobs, finish_reason: reason, ...rest } = choice;
  const told = logprobs === undefined ? {} : { logprobs: null };
  return [
    { text, index, ...(logprobs === undefined ? {} : { logprobs }), finish_reason: null },
    { text: '', index, ...told, finish_reason: reason ?? null, ...rest },
  ];
}
