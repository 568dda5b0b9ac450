/**
 * What the verifier is asked about a candidate, and whether its verdict can be had now.
 */
import type { Ask } from '../engine/ask.ts';
import type { Engine } from '../engine/engine.ts';
import { answerTextIn } from '../engine/read-by-protocol.ts';
import type { Candidate } from './candidates.ts';
import type { VerifiedPair } from './contract.ts';
import type { KnownQuestion } from './known-questions.ts';
import type { Verdicts } from './verifiers/verifying.ts';

/** Undefined if the candidate's answer says more than text. */
export function verifiedPair(
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
