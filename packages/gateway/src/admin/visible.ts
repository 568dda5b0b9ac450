/**
 * What each role sees in answers that several roles may ask for. Viewers see figures and no stored text; the engine version
 * and the prompt hash are for admins.
 */
import type { EntryMeta, SemanticReport } from 'askonce';
import { admitted, forbiddenBecause, type Role } from './caller.ts';
import type { HealthReport } from './health.ts';
import type { AdminCall } from './route.ts';

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

type By = Pick<AdminCall<unknown, unknown>, 'caller' | 'errorHeaders'>;

/**
 * Refuses what a caller's role may not name: whether an entry fits would say what the role may not see.
 * @throws AskonceError `admin_forbidden`
 */
export function refuseUnless(isVisible: boolean, message: string, { errorHeaders = {} }: By): void {
  if (!isVisible) admitted(forbiddenBecause(message), errorHeaders);
}

/** Refuses tags that hold the engine version or the prompt hash. @throws AskonceError `admin_forbidden` */
export function refuseVersions(tags: readonly string[], by: By): void {
  refuseUnless(
    visibleTo(by.caller.role).versions || !tags.some((tag) => versionTag.test(tag)),
    'The tags engine and prompt are for the role admin; leave them out.',
    by,
  );
}

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

/** Health without the paths of files, which are for those who act on the machine. */
export function visibleHealth(report: HealthReport, role: Role): HealthReport {
  if (visibleTo(role).text) return report;
  const components = Object.entries(report.components).map(([name, { file: _file, ...rest }]) => [
    name,
    rest,
  ]);
  return { ...report, components: Object.fromEntries(components) };
}
