/**
 * What each role sees in answers that several roles may ask for. Viewers see figures and no stored text; the engine version
 * and the prompt hash are for admins.
 */
import type { EntryMeta, SemanticReport } from 'askonce';
import type { Role } from './caller.ts';

export interface Visible {
  /** Stored text: questions, and pairs of them. */
  readonly text: boolean;
  /** Engine version and prompt hash, wherever they appear. */
  readonly versions: boolean;
}

export function visibleTo(role: Role): Visible {
  return { text: role !== 'viewer', versions: role === 'admin' };
}

/** The tags that hold what the engine version and the prompt hash say. */
const versionTag = /^(?:engine|prompt)=/;

/** Metadata of an entry as a role sees it. Without its vector, which says nothing to a reader. */
export function visibleMeta(
  { vector: _vector, engineVersion, promptHash, semanticText, questionText, tags, ...rest }: EntryMeta,
  role: Role,
) {
  const { text, versions } = visibleTo(role);
  return {
    ...rest,
    tags: versions ? tags : tags.filter((tag) => !versionTag.test(tag)),
    ...(versions && { engineVersion, promptHash }),
    ...(text && { semanticText, questionText }),
  };
}

/** A question that is listed by its hits, without its text. */
export function withoutText<Question extends { readonly text?: string | undefined }>({
  text: _text,
  ...rest
}: Question): Omit<Question, 'text'> {
  return rest;
}

type NearMiss = SemanticReport['nearMisses'][number];

/** A pair of near questions without their text. A guard's reason quotes the words in which the two differ. */
export function withoutQuestions({ question: _question, earlierQuestion: _earlier, ...pair }: NearMiss) {
  return { ...pair, keptApartBy: { by: pair.keptApartBy.by } };
}
