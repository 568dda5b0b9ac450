/**
 * Why a question in other words was not answered from the cache: the nearest stored questions of the partition, and what
 * keeps each apart. Draws no sample, asks no verifier, and counts nowhere.
 */
import type { Engine } from '../engine/engine.ts';
import { entriesUnder } from '../engine/store-call.ts';
import type { Entry } from '../entry/entry.ts';
import {
  type Candidate,
  type CandidateTools,
  isCandidate,
  type Near,
  readCandidates,
  wordsFor,
} from './candidates.ts';
import type { Neighbour } from './contract.ts';
import type { VectorIndexes } from './indexes/contract.ts';
import type { KnownQuestion, KnownQuestions } from './known-questions.ts';
import { nameOfPool } from './match.ts';
import type { Matches } from './matches.ts';
import type { Pool } from './policies/contract.ts';
import type { Question, Questioner } from './question.ts';
import type { KeptApart, NearQuestion, SemanticExplanation } from './report.ts';
import type { RollOut } from './roll-out.ts';

const mostShown = 10;

export interface ExplainTools extends CandidateTools {
  readonly engine: Engine;
  readonly indexes: (fingerprint: string) => Pick<VectorIndexes, 'nearest'>;
  readonly poolOf: (asked: Questioner, question: Question, fingerprint: string) => Pool;
  readonly questions: KnownQuestions;
  readonly whyNotTaken: (asked: Questioner) => string | undefined;
  readonly matches: Pick<Matches, 'name'>;
  readonly rollOut: Pick<RollOut, 'whyInShadow'>;
}

export function explainingSemantic(tools: ExplainTools) {
  const { engine, matches } = tools;

  return async (asked: Questioner): Promise<SemanticExplanation> => {
    const out = tools.whyNotTaken(asked);
    if (out !== undefined) return { out, nearest: [] };
    const question = tools.questions.read(asked);
    if ('out' in question) {
      return { out: question.out === 'gate' ? `gate ${question.gate}` : question.out, nearest: [] };
    }
    const { language } = question;
    const embedded = await tools.questions.embed(asked, question);
    if ('none' in embedded) return { out: `embedder: ${embedded.none}`, language, nearest: [] };
    const { vector, fingerprint } = embedded;
    const pool = tools.poolOf(asked, question, fingerprint);
    // In all frames and languages: a frame that differs is a reason, too.
    const within = { partition: asked.identity.partition };
    const found = await tools.indexes(fingerprint).nearest(within, vector, mostShown + 1);
    const neighbours = found.filter(({ id }) => id !== asked.identity.key).slice(0, mostShown);
    const nearest = await nearestOf(asked, question, pool, neighbours);
    return { language, pool: pool.id, shadow: shadowOf(asked), nearest };
  };

  function shadowOf(asked: Questioner): SemanticExplanation['shadow'] {
    const why = tools.rollOut.whyInShadow(asked);
    if (why === undefined) return undefined;
    const percent = engine.flags.shares.semanticRollout;
    const detail =
      why === 'mode'
        ? 'no caller is served semantic hits now (semanticMode, or a roll-out to 0 %)'
        : `the caller is not among the ${percent} % of callers that are served semantic hits (semanticRollout)`;
    return { why, detail };
  }

  async function nearestOf(
    asked: Questioner,
    question: KnownQuestion,
    pool: Pool,
    neighbours: readonly Neighbour[],
  ): Promise<readonly NearQuestion[]> {
    const near = await readCandidates(tools, asked, question, neighbours);
    const entries = await entriesUnder(
      engine,
      neighbours.map(({ id }) => id),
    );
    return near.flatMap((one, index) => {
      const entry = entries[index];
      const stored = entry?.meta.semanticText;
      if (entry === undefined || stored === undefined) return [];
      const apart = keptApart(asked, pool, one, entry);
      const isShadow = tools.rollOut.whyInShadow(asked) !== undefined;
      const keptApartBy = apart ?? (isShadow ? ({ by: 'shadow' } as const) : undefined);
      const { similarity } = one;
      const { expires } = entry.meta;
      const match = matches.name({ key: one.key, pool: nameOfPool(pool), similarity, expires });
      return [{ key: one.key, similarity, match, question: stored, keptApartBy }];
    });
  }
}

function keptApart({ identity }: Questioner, pool: Pool, near: Near, { meta }: Entry): KeptApart | undefined {
  if (!isCandidate(near)) {
    const { keptApartBy } = near;
    return keptApartBy.by === 'field'
      ? { by: 'field', detail: fieldsApart(identity.fields(), meta.fields) }
      : keptApartBy;
  }
  if (near.identical) return undefined;
  const veto = near.veto();
  if (veto !== undefined) return { by: 'guard', detail: wordsFor(veto) };
  return thresholdApart(pool, near);
}

function thresholdApart({ threshold }: Pool, { similarity }: Candidate): KeptApart | undefined {
  if (threshold === undefined) return { by: 'threshold', detail: 'only identical text is served' };
  if (similarity >= threshold) return undefined;
  return { by: 'threshold', detail: `${similarity.toFixed(4)} is below ${threshold.toFixed(4)}` };
}

/** The fields in which two requests of one partition differ. The one that holds the question always does. */
function fieldsApart(
  asked: Readonly<Record<string, string>>,
  stored: Readonly<Record<string, string>>,
): string {
  const names = [...new Set([...Object.keys(asked), ...Object.keys(stored)])];
  const different = names.filter((name) => asked[name] !== stored[name]);
  return different.join(', ');
}
