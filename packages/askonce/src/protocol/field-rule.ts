/**
 * How a field of a request's body counts.
 */
import type { JsonValue } from '../json.ts';

/**
 * Whether a top-level field of the body counts for the fingerprint, and how it is written.
 * A field that a protocol's table does not name counts as `value`.
 *
 * `default` is the documented default: if the upstream is known to have it, a field with that value equals an absent
 * field (and null equals absent if `default` is null).
 */
export type FieldRule =
  /** Written in canonical form; property order counts only below the protocol's `schemaKeys`. */
  | {
      readonly counts: 'value';
      readonly default?: JsonValue;
      /** Other values that are documented to mean the same as the default. */
      readonly alsoDefault?: readonly JsonValue[];
      /** The default applies only together with this other field (`tool_choice` is refused without `tools`). */
      readonly defaultNeeds?: string;
      /** The default applies only to models whose name in the body matches. */
      readonly defaultFor?: RegExp;
    }
  /** A sampling parameter: counts by its bucket. */
  | { readonly counts: 'bucket'; readonly bucket: 'temperature' | 'topP'; readonly default?: number }
  /**
   * A structured payload: nulls are dropped, percentages (by the settings' paths) are rounded to steps, and texts count as they
   * are spelt, in their Unicode form.
   */
  | { readonly counts: 'profile' }
  /** Prompt content: written by the protocol's `writeContent`. */
  | { readonly counts: 'content' }
  /** An object whose options count one by one; an option that the table does not name counts as `value`. */
  | { readonly counts: 'options'; readonly options: Readonly<Record<string, OptionRule>> }
  /** Counts elsewhere: in the partition, as the form, or as the ceiling on output tokens. */
  | { readonly counts: 'elsewhere'; readonly as: 'subject' | 'form' | 'ceiling' }
  /** Does not change the answer. */
  | { readonly counts: 'ignored'; readonly because: string };

/** Whether an option within a field counts. Null is the same as absent. */
export type OptionRule =
  /** Chooses the form, in which `read` has it. */
  | { readonly counts: 'form'; readonly because: string }
  /** Counts, but for a value that equals absence at every provider that has the option. */
  | { readonly counts: 'value'; readonly default?: JsonValue; readonly because: string };
