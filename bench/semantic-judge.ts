/**
 * The comparison of answers as a judge (`semanticJudge: answers`): how often is it wrong, and how often unsure, on pairs
 * whose truth is known?
 *
 * The pairs are made of real answers in `../shared/data` (`ASKONCE_DATA` names another folder); without them this question
 * is skipped.
 */
import { join } from 'node:path';
import { staticEmbedder } from '@askonce/embedder-static';
import type { Verdict } from '../packages/askonce/src/semantic/contract.ts';
import { openGuards } from '../packages/askonce/src/semantic/guards/guards.ts';
import { comparison } from '../packages/askonce/src/semantic/judges/comparison.ts';
import { type KnownPair, knownPairs } from './edited-answers.ts';
import { Skipped } from './measure.ts';
import type { Measured } from './rows.ts';

const folder = process.env['ASKONCE_DATA'] ?? join(import.meta.dirname, '../../shared/data');

interface Judged extends KnownPair {
  readonly verdict: Verdict;
}

export async function* measure(): AsyncIterable<Measured> {
  const pairs = await knownPairs(folder).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Skipped(`no answers in ${folder} (${reason})`);
  });
  const judged = await judgedPairs(pairs);
  const isParaphrase = ({ kind }: KnownPair) => kind.startsWith('PAWS');
  const edited = judged.filter((pair) => !isParaphrase(pair));
  const share = (some: readonly Judged[], verdict: Verdict) =>
    upperBound(some.filter((pair) => pair.verdict === verdict).length, some.length);
  yield {
    row: 'semantic-judge-wrong-same',
    ours: share(
      edited.filter(({ isSame }) => !isSame),
      'same',
    ),
  };
  yield {
    row: 'semantic-judge-wrong-same-paws',
    ours: share(
      judged.filter((pair) => isParaphrase(pair) && !pair.isSame),
      'same',
    ),
  };
  yield {
    row: 'semantic-judge-wrong-different',
    ours: share(
      edited.filter(({ isSame }) => isSame),
      'different',
    ),
  };
  yield {
    row: 'semantic-judge-unsure',
    ours: share(
      edited.filter(({ isSame }) => isSame),
      'unsure',
    ),
  };
}

async function judgedPairs(pairs: readonly KnownPair[]): Promise<readonly Judged[]> {
  const embedder = staticEmbedder();
  const guards = openGuards();
  const judge = comparison({
    embedder: embedder.name,
    embed: (text) => embedder.embed(text),
    objections: (one, other, language) => guards.vetoes(one, other, language).map(({ guard }) => guard),
  });
  const judged: Judged[] = [];
  for (const pair of pairs) {
    const { one, other, language } = pair;
    const asked = { question: '', earlierQuestion: '', earlierAnswer: one, answer: other, language };
    const verdict = await judge.judge(asked, AbortSignal.any([]));
    judged.push({ ...pair, verdict: typeof verdict === 'object' ? verdict.verdict : verdict });
  }
  embedder.close();
  return judged;
}

/** Upper end of the 95 % interval (Wilson) of `found` in `count`, in per cent. */
function upperBound(found: number, count: number): number {
  const z = 1.96;
  const share = found / count;
  const middle = share + z ** 2 / (2 * count);
  const width = z * Math.sqrt((share * (1 - share)) / count + z ** 2 / (4 * count ** 2));
  return (100 * (middle + width)) / (1 + z ** 2 / count);
}
