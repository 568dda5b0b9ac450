/**
 * The semantic stage of the lookup: the same question in other words, answered rightly.
 *
 * It stands after the exact lookup and the remembered errors, and is asked only if neither has an answer. Nothing in it
 * rejects, and each part in trouble costs a miss and its own budget at most.
 */
import type { Awaitable } from '../clock.ts';
import type { Ask } from '../engine/ask.ts';
import { report } from '../engine/ask.ts';
import type { Engine } from '../engine/engine.ts';
import type { Hit, Miss, Outcome, Stage } from '../engine/outcome.ts';
import { answerTextIn } from '../engine/read-by-protocol.ts';
import { categoryOf } from '../identity/request.ts';
import { tag } from '../identity/tags.ts';
import type { MissReason } from '../observe/events.ts';
import { messageOf } from '../observe/report.ts';
import type { Audits } from './audits.ts';
import {
  type Candidate,
  type CandidateTools,
  isCandidate,
  leastOfIdentical,
  readCandidates,
  wordsFor,
} from './candidates.ts';
import { decide } from './decision.ts';
import type { VectorIndexes } from './indexes/indexes.ts';
import type { Matches } from './matches.ts';
import type { NearMisses } from './near-misses.ts';
import type { Pool } from './policies/contract.ts';
import type { Pools } from './policies/pools.ts';
import {
  type EmbeddedQuestion,
  embedQuestion,
  type Questioner,
  type QuestionTools,
  readQuestion,
  storedVector,
} from './question.ts';
import type { Verdicts } from './verifiers/verifying.ts';

/** What knows vectors of one embedder: there once the embedder's fingerprint is known. */
interface VectorTools {
  readonly indexes: Pick<VectorIndexes, 'nearest'>;
  readonly pools: Pick<Pools, 'of'>;
}

export interface StageTools extends QuestionTools, CandidateTools {
  readonly engine: Engine;
  readonly vectors: (fingerprint: string) => VectorTools;
  readonly verdicts: Pick<Verdicts, 'verifier' | 'judge'>;
  readonly audits: Audits;
  readonly matches: Matches;
  readonly nearMisses: NearMisses;
  /** The hit, unless it must not be served to this request after all. */
  readonly served: (ask: Ask, hit: Hit) => Awaitable<Hit | Miss>;
}

export interface SemanticStage {
  readonly stage: Stage;
  /** Whether the tier may take the request, as far as that is known before the exact lookup. */
  takes(asked: Questioner): boolean;
  /** The tier's pool for a question. */
  poolOf(asked: Questioner, question: EmbeddedQuestion): Pool;
}

/** After these, another question's answer may serve; the others say that the request is to have none, or no credential. */
const looksAfter: ReadonlySet<MissReason> = new Set([
  'absent',
  'expired',
  'stale',
  'ceiling',
  'form',
  'invalidated',
  'tags',
]);

export function semanticStage(tools: StageTools): SemanticStage {
  const { engine, audits, matches, nearMisses } = tools;
  const { settings, flags, clock, digestTag } = engine;

  function takes({ identity, request }: Questioner): boolean {
    return (
      identity.textLength !== undefined &&
      identity.parts === 1 &&
      request.directives.semantic?.off !== true &&
      (settings.semanticJsonOutputs || !identity.wantsJson) &&
      flags.isOn('semanticCache', identity.key)
    );
  }

  function poolOf({ identity, request }: Questioner, question: EmbeddedQuestion): Pool {
    const { tenant, credential } = identity;
    const { pools } = tools.vectors(question.fingerprint);
    return pools.of({
      tenant: tenant === undefined ? credential : digestTag(tag('tenant', tenant)),
      language: question.language,
      category: categoryOf(request.context),
    });
  }

  async function look(ask: Ask, missed: Miss): Promise<Outcome | undefined> {
    const question = readQuestion(tools, ask);
    if ('out' in question) {
      if (question.out === 'gate') report(engine, ask, { type: 'semantic-gate', gate: question.gate });
      return undefined;
    }
    const embedding = embedQuestion(tools, ask, question);
    const taken: Miss = { ...missed, vector: storedVector(tools, ask, question, embedding) };
    if (!looksAfter.has(missed.reason) || ask.request.directives.noCache) return taken;
    const embedded = await besideStores(ask, async () => await embedding);
    if ('none' in embedded) return taken;
    return await compare(ask, taken, { ...question, ...embedded });
  }

  /** Time that the request waits for something else does not count as the stores'. */
  async function besideStores<T>({ budget }: Ask, wait: () => Promise<T>): Promise<T> {
    const goOn = budget.pause();
    try {
      return await wait();
    } finally {
      goOn();
    }
  }

  async function compare(ask: Ask, missed: Miss, question: EmbeddedQuestion): Promise<Outcome> {
    const { identity, request } = ask;
    const pool = poolOf(ask, question);
    const near = await readCandidates(tools, ask, question, neighboursOf(ask, question, pool));
    const candidates = near.filter(isCandidate);
    for (const { veto, similarity } of candidates)
      if (veto !== undefined)
        report(engine, ask, { type: 'semantic-veto', pool: pool.id, similarity, guard: veto.guard });
    const { maxErrorRate } = request.directives.semantic ?? {};
    const { verifier, judge } = tools.verdicts;
    const judgePresent = judge?.report().open === false;
    const verify = verifier && ((candidate: Candidate) => isVerified(ask, question, pool, candidate));
    const decided = await decide({ pool, verify, judgePresent, maxErrorRate }, candidates);

    if (decided.action === 'serve') return await serve(ask, missed, pool, decided.candidate);
    if (decided.action === 'audit' && request.directives.onlyIfCached) return missed;
    const { text, language } = question;
    audits.expect(ask, { question: text, language, pool, drawn: decided.drawn });
    if (decided.action === 'audit') {
      const { similarity } = decided.candidate;
      const share = decided.drawn.at(-1)?.sample.share ?? 1;
      report(engine, ask, { type: 'semantic-audit', pool: pool.id, similarity, share });
      return { ...missed, reason: 'audit' };
    }
    const [nearest] = candidates;
    if (nearest !== undefined)
      nearMisses.add({
        match: matches.issue(matchOf(pool, nearest)),
        pool: pool.id,
        similarity: nearest.similarity,
        keptApartBy: { by: decided.keptApartBy, detail: nearest.veto && wordsFor(nearest.veto) },
        at: clock.now(),
        language,
        asked: identity.key,
        stored: nearest.key,
      });
    const stale = near.map((one) => (isCandidate(one) ? undefined : one.stale)).find(isSureOf(pool));
    return stale === undefined || missed.stale !== undefined
      ? missed
      : { ...missed, stale: hitOf(ask, pool, stale) };
  }

  function neighboursOf({ identity }: Ask, question: EmbeddedQuestion, pool: Pool) {
    const { partition, frame, key } = identity;
    const language = settings.semanticCrossLanguage ? undefined : question.language;
    const { indexes } = tools.vectors(question.fingerprint);
    const least = Math.min(pool.lower, leastOfIdentical);
    // One more: the question's own entry may be among them, and the exact lookup has refused it.
    return indexes
      .nearest({ partition, frame, language }, question.vector, settings.semanticCandidates + 1)
      .filter(({ id, similarity }) => id !== key && similarity >= least)
      .slice(0, settings.semanticCandidates);
  }

  /** Whether the verifier says that the stored answer answers the question, and it may still be served. */
  async function isVerified(
    ask: Ask,
    { text, language, ...question }: EmbeddedQuestion,
    pool: Pool,
    { key, similarity, hit, question: earlierQuestion }: Candidate,
  ): Promise<boolean> {
    const { verifier } = tools.verdicts;
    const { protocol, partition } = ask.identity;
    const earlierAnswer = answerTextIn(engine, protocol, hit.entry.recording);
    if (verifier === undefined || earlierAnswer === undefined) return false;
    const pair = { question: text, earlierQuestion, earlierAnswer, language };
    const began = clock.monotonic();
    const said = await besideStores(ask, async () => await verifier.decide(pair, partition));
    const verdict = said === 'same' || said === 'different' || said === 'unsure' ? said : 'failed';
    const durationMs = clock.monotonic() - began;
    report(engine, ask, { type: 'semantic-verdict', pool: pool.id, similarity, verdict, durationMs });
    if (verdict !== 'same') return false;
    // It may have been invalidated, or replaced, while the verifier was asked.
    const [now] = await readCandidates(tools, ask, { text, language, ...question }, [
      { id: key, similarity },
    ]);
    return (
      now !== undefined && isCandidate(now) && now.hit.entry.meta.recordingId === hit.entry.meta.recordingId
    );
  }

  async function serve(ask: Ask, missed: Miss, pool: Pool, candidate: Candidate): Promise<Outcome> {
    const outcome = await tools.served(ask, hitOf(ask, pool, candidate));
    return outcome.kind === 'hit' ? outcome : { ...missed, reason: outcome.reason };
  }

  function hitOf(ask: Ask, pool: Pool, candidate: Candidate): Hit {
    const { identity, request } = ask;
    const { credential, protocol } = identity;
    const servedTo = { credential, protocol: protocol.name };
    const similarity = candidate.identical ? 1 : candidate.similarity;
    // On a shared scope another caller asked the stored question.
    const isShown = request.directives.semantic?.question === true && settings.scope !== 'shared';
    return {
      ...candidate.hit,
      semantic: {
        similarity,
        pool: pool.id,
        match: matches.issue({ ...matchOf(pool, candidate), servedTo }),
        question: isShown ? candidate.question : undefined,
      },
    };
  }

  return {
    stage(ask, missed) {
      if (!takes(ask)) return undefined;
      return look(ask, missed).catch((error: unknown) => {
        engine.observe({ type: 'semantic-trouble', part: 'index', message: messageOf(error) });
        return undefined;
      });
    },
    takes,
    poolOf,
  };
}

function matchOf(pool: Pool, { key, similarity, hit }: Candidate) {
  return { key, pool, similarity, expires: hit.entry.meta.expires };
}

/** Whether the threshold alone would serve a candidate. */
function isSureOf({ threshold }: Pool) {
  return (one: Candidate | undefined): one is Candidate =>
    one !== undefined &&
    (one.identical || (one.veto === undefined && threshold !== undefined && one.similarity >= threshold));
}
