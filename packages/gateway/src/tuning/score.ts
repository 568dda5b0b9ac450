/**
 * What the semantic tier would make of a pair of questions: kept apart, the same text, or so similar.
 */
import type { LabelledPair } from './pairs.ts';

/** The parts of the tier that decide on a pair, as the settings choose them. */
export interface TuningTools {
  /** The language of a question, BCP 47 in lower case; `und` if it is not certain. */
  languageOf(question: string): string;
  /** The question as guards read it, as it is compared, and as it is embedded. */
  spelt(question: string, language: string): Spelt;
  /** The gate that keeps a single question out. */
  gateOf(text: string, language: string): string | undefined;
  /** The guard that vetoes a pair. */
  guardOf(asked: string, stored: string, language: string): string | undefined;
  /** Undefined if the embedder does not know the text. @throws if the embedder fails */
  vectorOf(text: string): Promise<Float32Array | undefined>;
  /** Whether questions of two languages are compared. */
  readonly crossLanguage: boolean;
}

export interface Spelt {
  /** In its language's one spelling. */
  readonly text: string;
  /** Without greeting, thanks and politeness, too; '' if nothing is left. Two questions with equal cores are identical. */
  readonly core: string;
  readonly embeddable: string;
}

/** Why no threshold decides on a pair. */
type Apart =
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
  const [spelt, earlier] = [tools.spelt(asked, one), tools.spelt(stored, other)];
  const gate = tools.gateOf(spelt.text, one) ?? tools.gateOf(earlier.text, other);
  if (gate !== undefined) return { same, identical: false, apart: { by: 'gate', name: gate } };
  if (spelt.core !== '' && spelt.core === earlier.core) return { same, identical: true, similarity: 1 };
  const [first, second] = [await vectorOf(spelt, tools), await vectorOf(earlier, tools)];
  if (first === undefined || second === undefined)
    return { same, identical: false, apart: { by: 'embedder' } };
  const similarity = cosine(first, second);
  const guard = tools.guardOf(spelt.text, earlier.text, one);
  return guard === undefined
    ? { same, identical: false, similarity }
    : { same, identical: false, similarity, apart: { by: 'guard', name: guard } };
}

/** Undefined if nothing is left of the question, or the embedder does not know it. */
export async function vectorOf(
  { core, embeddable }: Spelt,
  tools: Pick<TuningTools, 'vectorOf'>,
): Promise<Float32Array | undefined> {
  return core === '' ? undefined : await tools.vectorOf(embeddable);
}

/** Of two vectors of length 1. */
export function cosine(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < one.length; at += 1) sum += (one[at] ?? 0) * (other[at] ?? 0);
  return sum;
}
