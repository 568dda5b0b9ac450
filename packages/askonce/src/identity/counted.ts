/**
 * The fields of a request body that count, in canonical text, each by the rule of its protocol.
 */
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../json.ts';
import type { FieldRule, OptionRule, Protocol } from '../protocol/contract.ts';
import type { Settings } from '../settings/table.ts';
import type { CanonicalText } from './canonical.ts';

export interface CountedField {
  readonly name: string;
  /** Its value in canonical text, without the semantic text. */
  readonly text: string;
  /** Whether the field contains the semantic text. */
  readonly semantic: boolean;
}

export interface CountingRules {
  readonly settings: Settings;
  readonly isPercentage: IsPercentage;
  readonly ignored: ReadonlySet<string>;
}

/** The rules that depend on the request. */
export interface CountingTerms {
  /** Leaves out fields at their documented default. */
  readonly knownDefaults: boolean;
  /** How limits on output tokens count. */
  readonly limits: Settings['maxTokens'];
}

/** The counted fields in the order of their names. */
export function countedFields(
  body: JsonObject,
  protocol: Protocol,
  write: CanonicalText,
  rules: CountingRules,
  terms: CountingTerms,
): CountedField[] {
  const fields: CountedField[] = [];
  for (const name of Object.keys(body).sort()) {
    const value = body[name];
    if (value === undefined || rules.ignored.has(name)) continue;
    const before = write.semantic;
    const text = writeField(name, value, body, protocol, write, rules, terms);
    if (text !== undefined) fields.push({ name, text, semantic: write.semantic !== before });
  }
  return fields;
}

function writeField(
  name: string,
  value: JsonValue,
  body: JsonObject,
  protocol: Protocol,
  write: CanonicalText,
  { settings, isPercentage }: CountingRules,
  { knownDefaults, limits }: CountingTerms,
): string | undefined {
  const rule = Object.hasOwn(protocol.fields, name) ? protocol.fields[name] : undefined;
  switch (rule?.counts) {
    case 'ignored':
      return undefined;
    case 'options':
      return writeOptions(value, rule.options, write);
    case 'elsewhere':
      return rule.as === 'ceiling'
        ? (limitBucket(value, limits) ?? write.value(value)) || undefined
        : undefined;
    case 'content':
      return protocol.writeContent(name, value, body, write, knownDefaults);
    case 'profile':
      return write.verbatim(normalizeProfile(value, isPercentage, settings.percentageStep));
    case 'bucket': {
      const step = rule.bucket === 'topP' ? settings.topPStep : settings.temperatureStep;
      const text = bucketOf(value, step) ?? write.value(value);
      const isDefault = rule.default !== undefined && text === bucketOf(rule.default, step);
      return knownDefaults && isDefault ? undefined : text;
    }
    default: {
      const written = (one: JsonValue) =>
        protocol.schemaKeys.has(name) ? write.ordered(one) : write.value(one);
      const text = written(value);
      if (!knownDefaults || rule?.default === undefined || !hasDefault(rule, body)) return text;
      const defaults = [rule.default, ...(rule.alsoDefault ?? [])];
      return defaults.some((one) => text === written(one)) ? undefined : text;
    }
  }
}

/** Whether the field of a rule has its default in a request with this body. */
function hasDefault(
  { defaultNeeds, defaultFor }: Extract<FieldRule, { readonly counts: 'value' }>,
  body: JsonObject,
): boolean {
  const { model } = body;
  return (
    (defaultNeeds === undefined || isThere(body[defaultNeeds])) &&
    (defaultFor === undefined || (typeof model === 'string' && defaultFor.test(model)))
  );
}

/** The options that count; undefined if none does. */
function writeOptions(
  value: JsonValue,
  rules: Readonly<Record<string, OptionRule>>,
  write: CanonicalText,
): string | undefined {
  if (!isJsonObject(value)) return value === null ? undefined : write.value(value);
  const counted = Object.entries(value).filter(([name, option]) => {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) return option !== undefined;
    return rule.counts === 'value' && option !== null && option !== rule.default;
  });
  return counted.length === 0 ? undefined : write.value(Object.fromEntries(counted));
}

/** Whether a field that the default of another depends on is given. */
function isThere(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null && !(isJsonArray(value) && value.length === 0);
}

/**
 * The bucket of a sampling parameter, so that values that hardly differ are the same question. Written as `~n`, which
 * is not JSON. Undefined for a value that is not a number, which counts as it is.
 */
function bucketOf(value: JsonValue, step: number): string | undefined {
  if (typeof value !== 'number') return undefined;
  const bucket = Math.round(value / step);
  return Number.isFinite(bucket) ? `~${bucket}` : undefined;
}

/** The text of a limit on output tokens: '' if it is only a ceiling, undefined if it counts as it is. */
function limitBucket(value: JsonValue, mode: Settings['maxTokens']): string | undefined {
  if (typeof value !== 'number') return undefined;
  if (mode === 'ceiling') return '';
  return mode === 'bucket' && value > 0 ? `~${2 ** Math.ceil(Math.log2(value))}` : undefined;
}

/** Whether the value at a path of property names (list items count as `*`) is a percentage. */
export type IsPercentage = (path: readonly string[]) => boolean;

/** Compiles paths such as `profile.match` or `scores.*`; `*` stands for any one name. */
export function percentageRule(paths: readonly string[]): IsPercentage {
  const patterns = paths.map((path) => path.split('.'));
  return (path) =>
    patterns.some(
      (pattern) =>
        pattern.length === path.length &&
        pattern.every((name, index) => name === '*' || name === path[index]),
    );
}

/**
 * A structured payload ("profile") as it counts, so that two descriptions of the same person are the same question:
 * nulls are dropped, and the order of properties never counts. A percentage becomes the number of its step: 170 for 85 %
 * if `step` is half a percent.
 */
function normalizeProfile(
  value: JsonValue,
  isPercentage: IsPercentage,
  step: number,
  path: readonly string[] = [],
): JsonValue {
  if (typeof value === 'number') return isPercentage(path) ? stepOf(value, step) : value;
  if (isJsonArray(value)) {
    const inside = [...path, '*'];
    return value.map((item) => normalizeProfile(item, isPercentage, step, inside));
  }
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, property]) =>
      property === undefined || property === null
        ? []
        : [[name, normalizeProfile(property, isPercentage, step, [...path, name])]],
    ),
  );
}

function stepOf(value: number, step: number): number {
  const steps = Math.round(value / step);
  return Number.isFinite(steps) ? steps : value;
}
