/**
 * The semantic stage of the lookup: the same question in other words, answered rightly.
 *
 * It stands after the exact lookup and the remembered errors, and is asked only if neither has an answer. Nothing in it
 * rejects, and each part in trouble costs a miss and its own budget at most.
 */
import { type Awaitable, andThen, isPending } from '../clock.ts';
import type { Ask } from '../engine/ask.ts';
import { report } from '../engine/ask.ts';
import type { Engine } from '../engine/engine.ts';
import type { Hit, Miss, Outcome, Stage } from '../engine/outcome.ts';
import { categoryOf } from '../identity/request.ts';
import { tag } from '../identity/tags.ts';
import type { MissReason } from '../observe/causes.ts';
import { messageOf } from '../observe/report.ts';
import {
  type Candidate,
  type CandidateTools,
  isCandidate,
  leastOfIdentical,
  type Near,
  readCandidates,
} from './candidates.ts';
import type { Neighbour } from './contract.ts';
import { decide } from './decision.ts';
import type { VectorIndexes } from './indexes/contract.ts';
import type { KnownQuestion, KnownQuestions } from './known-questions.ts';
import { type Match, nameOfPool } from './match.ts';
import type { Matches } from './matches.ts';
import type { Pool } from './policies/contract.ts';
import type { Pools } from './policies/pools.ts';
import { type Question, type Questioner, type QuestionTools, storedVector } from './question.ts';
import type { RollOut } from './roll-out.ts';
import { behind, type Servable } from './servable.ts';
import type { Unserved } from './unserved.ts';
import { canVerify, type Doubtful, saysSame } from './verified-pair.ts';
import type { Verdicts } from './verifiers/verifying.ts';

/** What knows vectors of one embedder: there once the embedder's fingerprint is known. */
interface VectorTools {
  readonly indexes: Pick<VectorIndexes, 'nearest' | 'remove' | 'changes'>;
  readonly pools: Pick<Pools, 'of'>;
}

export interface StageTools extends QuestionTools, CandidateTools {
  readonly engine: Engine;
  readonly questions: KnownQuestions;
  readonly vectors: (fingerprint: string) => VectorTools;
  readonly verdicts: Pick<Verdicts, 'verifier' | 'judge'>;
  readonly servable: Servable;
  readonly matches: Pick<Matches, 'name'>;
  readonly unserved: Pick<Unserved, 'note'>;
  readonly rollOut: Pick<RollOut, 'whyInShadow' | 'served'>;
  /** The hit, unless it must not be served to this request after all. */
  readonly served: (ask: Ask, hit: Hit) => Awaitable<Hit | Miss>;
}

export interface SemanticStage {
  readonly stage: Stage;
  /** Why the tier does not take the request, as far as that is known before the exact lookup; undefined if it may. */
  whyNotTaken(asked: Questioner): string | undefined;
  /** The tier's pool for a question. */
  poolOf(asked: Questioner, question: Question, fingerprint: string): Pool;
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

/** Reasons for which a stored question is no candidate, now or later. */
const isGone: ReadonlySet<string> = new Set<MissReason>(['absent', 'expired']);

export function semanticStage(tools: StageTools): SemanticStage {
  const { engine, questions, matches, rollOut } = tools;
  const { settings, flags, digestTag } = engine;

  function whyNotTaken({ identity, request }: Questioner): string | undefined {
    if (!flags.isOn('semanticCache', identity.key)) return 'the flag semanticCache is off for this question';
    const { semantic, warm } = request.directives;
    if (semantic?.off === true) return 'the request says so';
    if (warm === 'look') return 'the request looks for its own entry alone';
    if (!settings.semanticJsonOutputs && identity.wantsJson) return 'the request asks for JSON output';
    return identity.textLength === undefined || identity.parts !== 1
      ? 'the request has tools, media, several parts, or no question'
      : undefined;
  }

  function poolOf({ identity, request }: Questioner, { language }: Question, fingerprint: string): Pool {
    const { tenant, credential } = identity;
    const { pools } = tools.vectors(fingerprint);
    return pools.of({
      tenant: tenant === undefined ? credential : digestTag(tag('tenant', tenant)),
      language,
      category: categoryOf(request.context),
    });
  }

  function look(ask: Ask, missed: Miss): Awaitable<Outcome | undefined> {
    const question = questions.read(ask);
    if ('out' in question) {
      if (question.out === 'gate') report(engine, ask, { type: 'semantic-gate', gate: question.gate });
      return undefined;
    }
    const embedding = questions.embed(ask, question);
    const taken: Miss = { ...missed, vector: storedVector(tools, ask, question, embedding) };
    const { noCache, warm } = ask.request.directives;
    // Warming wants the question's own answer, whatever is near.
    if (!looksAfter.has(missed.reason) || noCache || warm !== undefined) return taken;
    return andThen(besideStores(ask, embedding), (embedded) => {
      if ('none' in embedded) return taken;
      // Whatever is in trouble, the answer is stored with its vector.
      return compare(ask, taken, question, embedded.fingerprint).catch(
        (error: unknown) => failed(error) ?? taken,
      );
    });
  }

  /** Time that the request waits for something else does not count as the stores'. */
  function besideStores<T>({ budget }: Ask, waitedFor: Awaitable<T>): Awaitable<T> {
    return isPending(waitedFor) ? waitedFor.finally(budget.pause()) : waitedFor;
  }

  async function compare(
    ask: Ask,
    missed: Miss,
    question: KnownQuestion,
    fingerprint: string,
  ): Promise<Outcome> {
    const mayServe = tools.servable.any(ask.budget);
    if (!(isPending(mayServe) ? await mayServe : mayServe)) return behind(missed);
    const pool = poolOf(ask, question, fingerprint);
    const neighbours = await neighboursOf(ask, question, pool, fingerprint);
    const near = await readCandidates(tools, ask, question, neighbours);
    removeGone(near, fingerprint);
    const candidates = near.filter(isCandidate);
    const { verifier, judge } = tools.verdicts;
    const isShadow = rollOut.whyInShadow(ask) !== undefined;
    const decided = await decide(
      {
        pool,
        isShadow,
        verify: verifier && ((candidate) => isVerified({ ask, question, pool, candidate }, isShadow)),
        canVerify: (candidate) => canVerify(engine, tools.verdicts, ask, question, candidate),
        judgePresent: judge?.isReady === true,
        maxErrorRate: ask.request.directives.semantic?.maxErrorRate,
        onVeto: ({ similarity }, { guard }) =>
          report(engine, ask, { type: 'semantic-veto', pool: pool.id, similarity, guard }),
      },
      candidates,
    );

    if (decided.action === 'serve') return await serve(ask, missed, pool, decided.candidate);
    const reason = tools.unserved.note({ ask, question, pool, candidates }, decided);
    if (reason !== undefined) return { ...missed, reason };
    if (decided.action !== 'miss' || isShadow || missed.stale !== undefined) return missed;
    const stale = near.map((one) => (isCandidate(one) ? undefined : one.stale)).find(isSureOf(pool));
    return stale === undefined ? missed : { ...missed, stale: hitOf(ask, pool, stale) };
  }

  /** What another process removed is still in the indexes here, among the nearest few. */
  function removeGone(near: readonly Near[], fingerprint: string): void {
    const gone = near.flatMap((one) =>
      !isCandidate(one) && isGone.has(one.keptApartBy.detail ?? '') ? [one.key] : [],
    );
    // While the store is not asked, everything is absent.
    if (gone.length > 0 && !flags.isOff('exactCache')) tools.vectors(fingerprint).indexes.remove(gone);
  }

  function neighboursOf(
    ask: Ask,
    question: KnownQuestion,
    pool: Pool,
    fingerprint: string,
  ): Awaitable<readonly Neighbour[]> {
    const { partition, frame, key } = ask.identity;
    const { indexes } = tools.vectors(fingerprint);
    const { near, embedded } = question;
    const least = Math.min(pool.lower, leastOfIdentical);
    const changes = indexes.changes();
    if (near?.changes === changes && near.least === least) return near.neighbours;
    if (embedded === undefined) return [];
    const language = settings.semanticCrossLanguage ? undefined : question.language;
    // One more: the question's own entry may be among them, and the exact lookup has refused it.
    const count = settings.semanticCandidates + 1;
    const found = indexes.nearest({ partition, frame, language }, embedded.vector, count);
    return andThen(besideStores(ask, found), (nearest) => {
      const neighbours = nearest
        .filter(({ id, similarity }) => id !== key && similarity >= least)
        .slice(0, settings.semanticCandidates);
      question.near = { neighbours, least, changes };
      return neighbours;
    });
  }

  /** Whether the verifier says that the stored answer answers the question, and it may still be served. */
  async function isVerified(
    { ask, question, pool, candidate }: Doubtful & { readonly question: KnownQuestion },
    isShadow: boolean,
  ): Promise<boolean> {
    const doubtful = { ask, question, pool, candidate };
    if (isShadow) return await saysSame(engine, tools.verdicts, doubtful);
    if (!(await saysSame(engine, tools.verdicts, doubtful, (said) => besideStores(ask, said)))) return false;
    // It may have been invalidated, or replaced, while the verifier was asked.
    const { key, similarity, hit } = candidate;
    const [now] = await readCandidates(tools, ask, question, [{ id: key, similarity }]);
    return (
      now !== undefined && isCandidate(now) && now.hit.entry.meta.recordingId === hit.entry.meta.recordingId
    );
  }

  async function serve(ask: Ask, missed: Miss, pool: Pool, candidate: Candidate): Promise<Outcome> {
    const outcome = await tools.served(ask, hitOf(ask, pool, candidate));
    if (outcome.kind === 'miss') return { ...missed, reason: outcome.reason };
    if (!tools.servable.one(outcome)) return behind(missed);
    rollOut.served();
    return outcome;
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
        match: matches.name({ ...matchOf(pool, candidate), servedTo }),
        question: isShown ? candidate.question : undefined,
        isServable: () => tools.servable.one(candidate.hit),
      },
    };
  }

  function failed(error: unknown): undefined {
    engine.observe({ type: 'semantic-trouble', part: 'index', message: messageOf(error) });
  }

  return {
    stage(ask, missed) {
      if (whyNotTaken(ask) !== undefined) return undefined;
      try {
        const looked = look(ask, missed);
        return isPending(looked) ? looked.catch(failed) : looked;
      } catch (error) {
        return failed(error);
      }
    },
    whyNotTaken,
    poolOf,
  };
}

function matchOf(pool: Pool, { key, similarity, hit }: Candidate): Match {
  return { key, pool: nameOfPool(pool), similarity, expires: hit.entry.meta.expires };
}

/** Whether the threshold alone would serve a candidate. */
function isSureOf({ threshold }: Pool) {
  return (one: Candidate | undefined): one is Candidate =>
    one !== undefined &&
    (one.identical || (one.veto() === undefined && threshold !== undefined && one.similarity >= threshold));
}
