/**
 * What the semantic tier would make of a pair of questions: kept apart, the same text, or so similar.
 */
import type { LabelledPair } from './pairs.ts';

/** The parts of the tier that decide on a pair, as the settings choose them. */
export interface TuningTools {
  /** The language of a question, BCP 47 in lower case; `und` if it is not certain. */
  languageOf(question: string): string;
  /** The text that is embedded and compared. */
  textOf(question: string, language: string): string;
  /** The gate that keeps a single question out. */
  gateOf(text: string, language: string): string | undefined;
  /** The guard that vetoes a pair. */
  guardOf(asked: string, stored: string, language: string): string | undefined;
  /** Undefined if the embedder does not know the text. @throws if the embedder fails */
  vectorOf(text: string): Promise<Float32Array | undefined>;
  /** Whether questions of two languages are compared. */
  readonly crossLanguage: boolean;
}

/** Why no threshold decides on a pair. */
export type Apart =
  | { readonly by: 'gate' | 'guard'; readonly name: string }
  /** Two languages, or a language that is not certain. */
  | { readonly by: 'language' }
  /** A text that the embedder does not know. */
  | { readonly by: 'embedder' };

export interface ScoredPair {
  readonly same: boolean;
  /** Absent for a pair that a gate, the language or the embedder keeps apart. */
  readonly similarity?: number | undefined;
  /** The two texts are the same once normalised: served whatever the threshold. */
  readonly identical: boolean;
  readonly apart?: Apart | undefined;
}

/** @throws if the embedder fails */
export async function scored(
  { asked, stored, same, language }: LabelledPair,
  tools: TuningTools,
): Promise<ScoredPair> {
  const languages = [asked, stored].map((text) => language ?? tools.languageOf(text));
  const [one = 'und', other = 'und'] = languages;
  if (languages.includes('und') || (one !== other && !tools.crossLanguage))
    return { same, identical: false, apart: { by: 'language' } };
  const texts = { asked: tools.textOf(asked, one), stored: tools.textOf(stored, other) };
  const gate = tools.gateOf(texts.asked, one) ?? tools.gateOf(texts.stored, other);
  if (gate !== undefined) return { same, identical: false, apart: { by: 'gate', name: gate } };
  if (texts.asked === texts.stored) return { same, identical: true, similarity: 1 };
  const vectors = [await tools.vectorOf(texts.asked), await tools.vectorOf(texts.stored)];
  const [first, second] = vectors;
  if (first === undefined || second === undefined)
    return { same, identical: false, apart: { by: 'embedder' } };
  const similarity = cosine(first, second);
  const guard = tools.guardOf(texts.asked, texts.stored, one);
  return guard === undefined
    ? { same, identical: false, similarity }
    : { same, identical: false, similarity, apart: { by: 'guard', name: guard } };
}

/** Of two vectors of length 1. */
export function cosine(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < one.length; at += 1) sum += (one[at] ?? 0) * (other[at] ?? 0);
  return sum;
}
