/**
 * What the verifier is asked about a candidate, whether its verdict can be had now, and what it says.
 */
import type { Awaitable } from '../clock.ts';
import { type Ask, report } from '../engine/ask.ts';
import type { Engine } from '../engine/engine.ts';
import { answerTextIn } from '../engine/read-by-protocol.ts';
import type { Candidate } from './candidates.ts';
import type { VerifiedPair } from './contract.ts';
import type { KnownQuestion } from './known-questions.ts';
import type { Pool } from './policies/contract.ts';
import { type Decision, verdictIn } from './verifiers/decisions.ts';
import type { Verdicts } from './verifiers/verifying.ts';

/** Undefined if the candidate's answer says more than text. */
function verifiedPair(
  engine: Pick<Engine, 'finishWords'>,
  { identity }: Pick<Ask, 'identity'>,
  { text, language }: Pick<KnownQuestion, 'text' | 'language'>,
  { hit, question }: Candidate,
): VerifiedPair | undefined {
  const earlierAnswer = answerTextIn(engine, identity.protocol, hit.entry.recording);
  if (earlierAnswer === undefined) return undefined;
  return { question: text, earlierQuestion: question, earlierAnswer, language };
}

/** A verdict that is remembered needs no call: the pair is made only if none can be made. */
export function canVerify(
  engine: Pick<Engine, 'finishWords'>,
  { verifier }: Pick<Verdicts, 'verifier'>,
  ask: Pick<Ask, 'identity'>,
  question: Pick<KnownQuestion, 'text' | 'language'>,
  candidate: Candidate,
): boolean {
  if (verifier === undefined) return false;
  if (verifier.isReady) return true;
  const pair = verifiedPair(engine, ask, question, candidate);
  return pair !== undefined && verifier.knows(pair, ask.identity.partition);
}

/** What the verifier is asked about, and for which request. */
export interface Doubtful {
  readonly ask: Ask;
  readonly question: Pick<KnownQuestion, 'text' | 'language'>;
  readonly pool: Pick<Pool, 'id'>;
  readonly candidate: Candidate;
}

/**
 * Whether the verifier says that the stored answer answers the question. Reports what it says. `waiting` is given the
 * decision where a request waits for it.
 */
export async function saysSame(
  engine: Pick<Engine, 'finishWords' | 'clock' | 'observe' | 'digestCaller'>,
  { verifier }: Pick<Verdicts, 'verifier'>,
  { ask, question, pool, candidate }: Doubtful,
  waiting: (decision: Awaitable<Decision>) => Awaitable<Decision> = (decision) => decision,
): Promise<boolean> {
  const pair = verifiedPair(engine, ask, question, candidate);
  if (verifier === undefined || pair === undefined) return false;
  const { similarity } = candidate;
  const began = engine.clock.monotonic();
  const said = await waiting(verifier.decide(pair, ask.identity.partition, ask.requestId));
  const verdict = verdictIn(said) ?? 'failed';
  const durationMs = engine.clock.monotonic() - began;
  report(engine, ask, { type: 'semantic-verdict', pool: pool.id, similarity, verdict, durationMs });
  return verdict === 'same';
}
