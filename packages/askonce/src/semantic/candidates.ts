/**
 * The stored questions near to one that is asked, each read again through the store before anything is made of it: the
 * partition, the credential, the invalidation log, the expiry, the form and the ceiling hold for it as for an exact hit.
 */
import type { Ask } from '../engine/ask.ts';
import type { Engine } from '../engine/engine.ts';
import type { Lookup, Sought } from '../engine/lookup.ts';
import type { Hit, LookedUp } from '../engine/outcome.ts';
import type { EntryMeta } from '../entry/entry.ts';
import type { Neighbour } from './contract.ts';
import type { Veto } from './guards/guards.ts';
import type { KnownQuestion } from './known-questions.ts';
import type { KeptApart } from './report.ts';

/** A stored question with its answer. */
export interface Candidate {
  readonly key: string;
  readonly similarity: number;
  readonly hit: Hit;
  readonly question: string;
  /** Whether the two texts are the same, but for spelling and politeness. */
  readonly identical: boolean;
  /** What a guard finds to differ. Made on demand: guards take longer than all else together. */
  readonly veto: () => Veto | undefined;
}

/** A neighbour that is no candidate. */
interface Dismissed {
  readonly key: string;
  readonly similarity: number;
  readonly keptApartBy: KeptApart;
  /** A candidate whose only fault is its age. */
  readonly stale?: Candidate | undefined;
}

export type Near = Candidate | Dismissed;

export interface CandidateTools {
  readonly engine: Pick<Engine, 'settings'>;
  readonly lookup: Pick<Lookup, 'many'>;
  readonly core: (question: string, language: string) => string;
  readonly vetoes: (asked: string, stored: string, language: string) => Veto | undefined;
  readonly isBlocked: (hit: Hit) => boolean;
}

/**
 * Similarity from which two questions may be identical after normalisation. What is embedded still has the accents and
 * capitals that normalisation drops, and most models tell those apart.
 */
export const leastOfIdentical = 0.9;

export function isCandidate(near: Near): near is Candidate {
  return 'hit' in near;
}

/** What a candidate keeps in memory, in bytes: its entry, and the answer in another form. */
export function bytesOf({ hit, question }: Candidate): number {
  return (
    2 * question.length + hit.entry.recording.body.length + (hit.converted ? hit.recording.body.length : 0)
  );
}

/** A veto in words: the guard, and what differs. */
export function wordsFor({ guard, reason }: Veto): string {
  return `${guard}: ${reason}`;
}

/** Reads neighbours, in one round trip a tier; the order is theirs. Never rejects. */
export async function readCandidates(
  tools: CandidateTools,
  { identity, request, budget }: Pick<Ask, 'identity' | 'request'> & { readonly budget?: Ask['budget'] },
  question: KnownQuestion,
  neighbours: readonly Neighbour[],
): Promise<readonly Near[]> {
  if (neighbours.length === 0) return [];
  const { upstream, directives } = request;
  const { partition, ceiling, form, protocol, credential, frame } = identity;
  const wanted = neighbours.map(({ id }) => {
    const sought: Sought = { key: id, partition, ceiling, form, protocol, credential };
    return { identity: sought, upstream, directives, budget };
  });
  const looked = await tools.lookup.many(wanted);
  return neighbours.map((neighbour, index) => {
    const found: LookedUp = looked[index] ?? { kind: 'miss', reason: 'absent' };
    return nearOf(tools, frame, question, neighbour, found);
  });
}

function nearOf(
  tools: CandidateTools,
  frame: string,
  question: KnownQuestion,
  { id: key, similarity }: Neighbour,
  looked: LookedUp,
): Near {
  const dismissed = (by: KeptApart['by'], detail: string): Dismissed => ({
    key,
    similarity,
    keptApartBy: { by, detail },
  });
  const hit = looked.kind === 'hit' ? looked : looked.stale;
  if (hit === undefined) return dismissed('entry', looked.kind === 'miss' ? looked.reason : '');
  const { meta } = hit.entry;
  const stored = meta.semanticText;
  if (stored === undefined) return dismissed('entry', 'no text');
  // Its vector may be newer than its metadata, and is the index's business.
  if (meta.embedder === undefined) return dismissed('entry', 'no vector');
  if (meta.frame !== frame) return dismissed('field', 'another frame');
  if (!isLanguageFit(tools, meta, question)) return dismissed('language', meta.language);
  if (isBelowConfidence(tools, meta)) return dismissed('entry', 'confidence');
  if (tools.isBlocked(hit)) return dismissed('blocked', 'feedback');
  const { language } = meta;
  const identical =
    similarity >= leastOfIdentical &&
    question.isIdentical(key, () => tools.core(stored, language) === question.core);
  const veto = () =>
    identical ? undefined : question.veto(key, () => tools.vetoes(question.text, stored, question.language));
  const candidate: Candidate = { key, similarity, hit, question: stored, identical, veto };
  if (looked.kind === 'hit' && looked.fresh) return candidate;
  return { ...dismissed('entry', 'stale'), stale: candidate };
}

function isLanguageFit(
  { engine: { settings } }: CandidateTools,
  meta: EntryMeta,
  { language }: KnownQuestion,
): boolean {
  return settings.semanticCrossLanguage || meta.language === language;
}

/** The settings may have been raised since it was stored. */
function isBelowConfidence({ engine: { settings } }: CandidateTools, { confidence }: EntryMeta): boolean {
  return confidence !== undefined && confidence < settings.minConfidence;
}
