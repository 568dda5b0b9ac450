/**
 * The semantic tier as a caller sets it up.
 */
import type { Awaitable } from '../clock.ts';
import { AskonceError } from '../errors.ts';
import type { Settings, SettingsInput } from '../settings/table.ts';
import type { Embedder, Guard, Judge, JudgedPair, Verdict, VerifiedPair, Verifier } from './contract.ts';
import type { VectorIndexesOpener } from './indexes/contract.ts';

/**
 * Whether two answers to one question say the same; `unsure` is no verdict. Called behind the reader, for the samples
 * that the tier learns from.
 */
export type SameAnswer = (pair: JudgedPair, signal: AbortSignal) => Awaitable<boolean | Verdict>;

/** Whether an earlier answer fully and correctly answers a question; `unsure` is a miss, as `false` is. */
type VerifyingFunction = (pair: VerifiedPair, signal: AbortSignal) => Awaitable<boolean | Verdict>;

/**
 * The parts of the semantic tier that no setting can name. What a setting can name may be given here as well, and
 * then takes precedence.
 */
export interface SemanticOptions {
  /** Makes the vectors of questions. The cache closes it. */
  readonly embedder: Embedder;
  /**
   * Decides where a guard vetoes, and between the lower and the upper threshold: a verifier, or a function that says whether
   * the earlier answer answers the question. Without one, both are misses.
   */
  readonly verifier?: Verifier | VerifyingFunction | undefined;
  /** Judges audited pairs. Default: `judge`, else what `semanticJudge` names. */
  readonly sameAnswer?: SameAnswer | undefined;
  readonly judge?: Judge | undefined;
  /** Finds the nearest earlier questions. Default: indexes in the memory of this process; else `askonce/pgvector`. */
  readonly index?: VectorIndexesOpener | undefined;
  /** Guards of your own, each under its name, beside the built-in ones. A guard whose verdicts change needs another name. */
  readonly ownGuards?: Readonly<Record<string, Guard>> | undefined;
  /** `semanticMaxErrorRate` */
  readonly maxErrorRate?: SettingsInput['semanticMaxErrorRate'];
  /** `semanticUpper` */
  readonly upper?: SettingsInput['semanticUpper'];
  /** `semanticLower` */
  readonly lower?: SettingsInput['semanticLower'];
  /** `semanticGuards` */
  readonly guards?: SettingsInput['semanticGuards'];
  /** `semanticGates` */
  readonly gates?: SettingsInput['semanticGates'];
  /** `semanticCrossLanguage` */
  readonly crossLanguage?: SettingsInput['semanticCrossLanguage'];
  /** `semanticAuditShare` */
  readonly auditShare?: SettingsInput['semanticAuditShare'];
  /** `semanticMode` */
  readonly mode?: SettingsInput['semanticMode'];
  /** `semanticRollout` */
  readonly rollout?: SettingsInput['semanticRollout'];
}

/** The settings of a cache with a semantic tier, which is on unless the settings say otherwise. */
export function withSemanticOptions(
  settings: SettingsInput = {},
  semantic: SemanticOptions | undefined,
): SettingsInput {
  if (semantic === undefined) return settings;
  const { maxErrorRate, upper, lower, guards, gates, crossLanguage, auditShare, mode, rollout } = semantic;
  return {
    ...settings,
    semanticCache: settings.semanticCache ?? true,
    semanticMaxErrorRate: maxErrorRate ?? settings.semanticMaxErrorRate,
    semanticUpper: upper ?? settings.semanticUpper,
    semanticLower: lower ?? settings.semanticLower,
    semanticGuards: guards ?? settings.semanticGuards,
    semanticGates: gates ?? settings.semanticGates,
    semanticCrossLanguage: crossLanguage ?? settings.semanticCrossLanguage,
    semanticAuditShare: auditShare ?? settings.semanticAuditShare,
    semanticMode: mode ?? settings.semanticMode,
    semanticRollout: rollout ?? settings.semanticRollout,
  };
}

/**
 * Text can be guessed from a vector: where entries are encrypted, none may lie elsewhere in the clear.
 *
 * @throws AskonceError `invalid_settings`
 */
export function refuseClearVectors(
  { encryptionKeys }: Pick<Settings, 'encryptionKeys'>,
  semantic: SemanticOptions | undefined,
): void {
  if (encryptionKeys.length === 0 || semantic?.index?.isClear !== true) return;
  throw new AskonceError(
    'invalid_settings',
    'encryptionKeys: this vector index has vectors in the clear. Leave out semantic.index to have the index in memory, or remove the keys.',
  );
}
