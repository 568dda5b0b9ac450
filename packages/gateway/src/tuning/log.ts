/**
 * Captured requests as questions with their answers, and the near pairs among them.
 */
import { z } from 'zod';
import { linesOf } from './lines.ts';
import { cosine, type Spelt, type TuningTools, vectorOf } from './score.ts';

/** A question of the log, with the answer that it was given. */
export interface AskedQuestion {
  readonly line: number;
  /** The last user turn. */
  readonly question: string;
  readonly answer: string;
  /** BCP 47 in lower case; `und` if it is not certain. */
  readonly language: string;
  /** What questions must have in common to be compared: protocol, model, system prompt, earlier turns, parameters. */
  readonly frame: string;
}

/** Reads a captured request; undefined for one that the tier does not take, such as one with tools. */
export type QuestionReader = (captured: CapturedLine) => Omit<AskedQuestion, 'line'> | undefined;

const captured = z.object({
  path: z.string().startsWith('/'),
  headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])).default({}),
  body: z.json(),
  answer: z.json(),
});

export type CapturedLine = z.output<typeof captured>;

export type LogRow =
  | { readonly line: number; readonly readBytes: number; readonly asked: AskedQuestion | undefined }
  | { readonly line: number; readonly readBytes: number; readonly fault: string };

export async function* readLog(path: string, read: QuestionReader): AsyncGenerator<LogRow, void, undefined> {
  for await (const { line, text, readBytes } of linesOf(path)) {
    if (text === undefined) yield { line, readBytes, fault: 'the line is too long' };
    else if (text.trim() !== '') yield { line, readBytes, ...rowOf(line, text, read) };
  }
}

function rowOf(
  line: number,
  text: string,
  read: QuestionReader,
): { readonly asked: AskedQuestion | undefined } | { readonly fault: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { fault: 'the line is not JSON' };
  }
  const checked = captured.safeParse(value);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    return { fault: `${issue?.path.join('.') || 'the line'} is not as captured` };
  }
  try {
    const asked = read(checked.data);
    return { asked: asked && { line, ...asked } };
  } catch {
    return { fault: 'the request or its answer cannot be read' };
  }
}

/** A question, and the earlier one that the tier would look at first. */
export interface NearPair {
  readonly asked: AskedQuestion;
  readonly earlier: AskedQuestion;
  readonly similarity: number;
  /** The guard that keeps the pair apart, if every near question is kept apart. */
  readonly guard?: string | undefined;
}

export interface NearPairs {
  /** Questions that the tier would have taken. */
  readonly questions: number;
  /** Questions whose text, once normalised, had been asked before. */
  readonly identical: number;
  /** Questions that a gate, the language or the embedder keeps out, by which of them. */
  readonly out: ReadonlyMap<string, number>;
  /** The most similar first. */
  readonly pairs: readonly NearPair[];
}

/** Earlier questions that a question is compared with, of one frame; the oldest are forgotten. */
const maxEarlier = 5000;
/** Nearest questions that the guards look at, as in the tier. */
const candidates = 5;
/** Pairs below it are no candidates with any embedder. */
const least = 0.5;

interface Embedded extends Spelt {
  readonly asked: AskedQuestion;
  readonly vector: Float32Array;
}

/** Finds near pairs in the order in which the questions came, as a cache would have met them. */
export function pairFinder(tools: TuningTools) {
  const frames = new Map<string, { readonly cores: Set<string>; readonly earlier: Embedded[] }>();
  const out = new Map<string, number>();
  const pairs: NearPair[] = [];
  let questions = 0;
  let identical = 0;

  const keepOut = (by: string) => void out.set(by, (out.get(by) ?? 0) + 1);

  return {
    /** @throws if the embedder fails */
    async add(asked: AskedQuestion): Promise<void> {
      const { question, language, frame } = asked;
      if (language === 'und') return keepOut('language');
      const spelt = tools.spelt(question, language);
      const gate = tools.gateOf(spelt.text, language);
      if (gate !== undefined) return keepOut(`gate ${gate}`);
      const vector = await vectorOf(spelt, tools);
      if (vector === undefined) return keepOut('embedder');
      questions += 1;
      const key = tools.crossLanguage ? frame : `${language} ${frame}`;
      const group = frames.get(key) ?? { cores: new Set<string>(), earlier: [] };
      frames.set(key, group);
      if (group.cores.has(spelt.core)) {
        identical += 1;
        return;
      }
      const embedded = { asked, ...spelt, vector };
      const pair = nearestOf(embedded, group.earlier, tools);
      if (pair !== undefined) pairs.push(pair);
      group.cores.add(spelt.core);
      group.earlier.push(embedded);
      const forgotten = group.earlier.length > maxEarlier ? group.earlier.shift() : undefined;
      if (forgotten !== undefined) group.cores.delete(forgotten.core);
    },
    found: (): NearPairs => ({
      questions,
      identical,
      out,
      pairs: pairs.toSorted((one, other) => other.similarity - one.similarity),
    }),
  };
}

function nearestOf(
  { asked, text, vector }: Embedded,
  earlier: readonly Embedded[],
  tools: TuningTools,
): NearPair | undefined {
  const near: { readonly one: Embedded; readonly similarity: number }[] = [];
  for (const one of earlier) {
    const similarity = cosine(vector, one.vector);
    if (similarity < Math.max(least, near[candidates - 1]?.similarity ?? least)) continue;
    near.push({ one, similarity });
    near.sort((a, b) => b.similarity - a.similarity);
    near.length = Math.min(near.length, candidates);
  }
  let vetoed: NearPair | undefined;
  for (const { one, similarity } of near) {
    const guard = tools.guardOf(text, one.text, asked.language);
    const pair = { asked, earlier: one.asked, similarity };
    if (guard === undefined) return pair;
    vetoed ??= { ...pair, guard };
  }
  return vetoed;
}
