/**
 * LangChain's generations: their stored form, and the other way round.
 */
import { deserializeStoredGeneration } from '@langchain/core/caches';
import type { StoredGeneration } from '@langchain/core/messages';
import type { ChatGeneration, Generation } from '@langchain/core/outputs';
import { isJson } from '../values/json-value.ts';

/** As LangChain's own caches store a generation, and its `generationInfo`, which they lose. */
export type Stored = StoredGeneration & Pick<Generation, 'generationInfo'>;

/** The stored form; undefined if JSON cannot say all that the generations hold (bytes of a sound, say). */
export function storedForm(
  generations: readonly (Generation | ChatGeneration)[],
): readonly Stored[] | undefined {
  if (!generations.every(isPlain)) return undefined;
  return generations.map((generation) => ({
    text: generation.text,
    ...messageOf(generation),
    ...(generation.generationInfo && { generationInfo: generation.generationInfo }),
  }));
}

/** A message loses the usage that it was given after it was made. */
function messageOf(generation: Generation | ChatGeneration): Pick<Stored, 'message'> {
  if (!('message' in generation)) return {};
  const { message } = generation;
  const { type, data } = message.toDict();
  const usage = 'usage_metadata' in message ? { usage_metadata: message.usage_metadata } : {};
  return { message: { type, data: { ...data, ...usage } } };
}

/** Serialising turns bytes and class instances into other objects without a word. */
function isPlain(generation: Generation | ChatGeneration): boolean {
  const message = 'message' in generation ? generation.message : undefined;
  return isJson([
    generation.generationInfo ?? null,
    message?.content ?? null,
    message?.additional_kwargs ?? null,
    message?.response_metadata ?? null,
  ]);
}

/** Generations of the caller's own, which LangChain modifies. A message that was assembled from a stream is whole. */
export function generationsOf(stored: readonly Stored[]): Generation[] {
  return stored.map(({ generationInfo, ...one }) => ({
    ...deserializeStoredGeneration(one),
    ...(generationInfo && { generationInfo }),
  }));
}
