/**
 * A judge without a model: it compares two answers statement by statement, by the embedder and the guards.
 *
 * - **different**: a statement of one answer is nearly one of the other, but a guard sees that they differ in a number, a
 *   name, a negation; or the two answers have hardly anything in common.
 * - **same**: every statement of either answer, but for few words, has its like in the other, and no guard objects.
 * - **unsure**: all else. Two long answers in different words are mostly unsure.
 */
import type { Awaitable } from '../../clock.ts';
import type { GuardName, Judge, JudgedPair, Verdict } from '../contract.ts';
import { type GuardOptions, openGuards } from '../guards/guards.ts';
import { plainAnswer, type Statement, statementsOf } from './statements.ts';

export interface ComparisonParts {
  /** Name of the embedder that `embed` uses; part of the judge's name. */
  readonly embedder: string;
  /** The vector of one statement, of length 1. */
  embed(text: string): Awaitable<Float32Array | undefined>;
  /** Names of the guards that object to two statements as one. */
  objections(one: string, other: string, language: string): readonly string[];
}

/**
 * The objections of all guards, whichever are switched on for questions: what a judge cannot see it would call the same.
 * @param opposites the operator's own
 */
export function objectionsOf(opposites: GuardOptions['opposites']): ComparisonParts['objections'] {
  const all = openGuards({ opposites });
  return (one, other, language) => all.vetoes(one, other, language).map(({ guard }) => guard);
}

/** Similarities that mean something, by embedder: cosines of two embedders are not comparable. */
interface Scale {
  /** From here on, two statements say the same, if no guard objects. */
  readonly alike: number;
  /** Below it, two statements are about different things. */
  readonly near: number;
  /** Below it, two whole answers are about different things. */
  readonly apart: number;
}

/** As measured by `npm run bench -- semantic-judge` on real answers. Another embedder decides only on answers of the same words. */
const scales: Readonly<Record<string, Scale>> = {
  'static-256': { alike: 0.9, near: 0.5, apart: 0.1 },
};

/** Guards that see another fact. The others see another sentence, which may say the same. */
const factual: ReadonlySet<string> = new Set([
  'numbers',
  'identifiers',
  'negation',
  'opposites',
  'names',
] satisfies GuardName[]);
/** A guard that is meant for questions: a statement may be longer than its like. */
const ignored = 'length' satisfies GuardName;

/** Share of the words of an answer that must be in statements with their like in the other answer. */
const covering = 0.9;

/** Statements of the other answer that the guards compare with one statement: a text may repeat itself. */
const mostLikes = 4;

const fewWords = 5;

const rulesVersion = 1;

export function comparison({ embedder, embed, objections }: ComparisonParts): Judge {
  const scale = scales[embedder];

  /** All figures alike: they are for the guards to compare, and must not part two statements that differ in nothing else. */
  async function vectorOf(text: string): Promise<Float32Array | undefined> {
    return await embed(text.replace(/\p{N}/gu, '0'));
  }

  async function vectorsOf(statements: readonly Statement[]): Promise<readonly (Float32Array | undefined)[]> {
    const vectors: (Float32Array | undefined)[] = [];
    for (const { text } of statements) vectors.push(await vectorOf(text));
    return vectors;
  }

  async function judge({ earlierAnswer, answer, language }: JudgedPair): Promise<Verdict> {
    if (plainAnswer(earlierAnswer) === plainAnswer(answer)) return 'same';
    const ours = statementsOf(earlierAnswer, language);
    const theirs = statementsOf(answer, language);
    if (scale === undefined || ours === undefined || theirs === undefined) return 'unsure';
    if (ours.length === 0 || theirs.length === 0) return 'unsure';
    const [ourVectors, theirVectors] = [await vectorsOf(ours), await vectorsOf(theirs)];
    const similarities = ourVectors.map((one) => theirVectors.map((other) => cosine(one, other)));
    const transposed = theirVectors.map((_, column) => similarities.map((row) => row[column] ?? 0));
    const one = likeness(ours, theirs, similarities, scale);
    const other = likeness(theirs, ours, transposed, scale);
    if (one.contradicts || other.contradicts) return 'different';
    if (!one.lacks && !other.lacks && Math.min(one.covered, other.covered) >= covering) return 'same';
    // The vector of a few words ("There are three.") says too little of what they are about.
    if (Math.min(one.words, other.words) < fewWords) return 'unsure';
    const whole = cosine(await vectorOf(earlierAnswer), await vectorOf(answer));
    return whole < scale.apart ? 'different' : 'unsure';

    /** What each statement of one answer finds in the other. */
    function likeness(
      from: readonly Statement[],
      to: readonly Statement[],
      rows: readonly (readonly number[])[],
      { alike, near }: Scale,
    ) {
      let contradicts = false;
      // A statement without its like is a greeting if it is about nothing that the other answer says, and has no figure.
      let lacks = false;
      let covered = 0;
      let words = 0;
      for (const [index, { text, weight }] of from.entries()) {
        const row = rows[index] ?? [];
        const likes = [...row.entries()]
          .filter(([, similarity]) => similarity >= alike)
          .toSorted(([, one], [, other]) => other - one)
          .slice(0, mostLikes)
          .map(([place]) => objections(text, to[place]?.text ?? '', language))
          .map((objected) => objected.filter((guard) => guard !== ignored));
        words += weight;
        if (likes.some((objected) => objected.length === 0)) covered += weight;
        else if (likes.length > 0 && likes.every((objected) => objected.some((guard) => factual.has(guard))))
          contradicts = true;
        else if (row.some((similarity) => similarity >= near) || /\p{N}/u.test(text)) lacks = true;
      }
      return { contradicts, lacks, words, covered: words === 0 ? 0 : covered / words };
    }
  }

  return { name: `answers by ${embedder}, rules ${rulesVersion}`, judge };
}

/** Both have length 1. A statement without a vector is like no other. */
function cosine(one: Float32Array | undefined, other: Float32Array | undefined): number {
  if (one === undefined || other === undefined) return -1;
  return one.reduce((sum, component, index) => sum + component * (other[index] ?? 0), 0);
}
