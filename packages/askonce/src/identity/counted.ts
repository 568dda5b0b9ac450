/**
 * What counts of a request body: its fields in canonical text, each by the rule of its protocol.
 */
import { isJsonArray, type JsonObject, type JsonValue } from '../json.ts';
import type { Protocol } from '../protocol/contract.ts';
import type { Settings } from '../settings/table.ts';
import { bucketOf, limitBucket } from './buckets.ts';
import type { CanonicalText } from './canonical.ts';
import { type IsPercentage, normalizeProfile } from './profile.ts';

export interface CountedField {
  readonly name: string;
  /** Its value in canonical text, with the semantic text taken out. */
  readonly text: string;
  /** Whether the semantic text was in it. */
  readonly semantic: boolean;
}

export interface CountingRules {
  readonly settings: Settings;
  readonly isPercentage: IsPercentage;
  readonly ignored: ReadonlySet<string>;
}

/** What of the rules depends on the request. */
export interface CountingTerms {
  /** Leaves out what is at its documented default. */
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
    case 'apart':
      return rule.as === 'ceiling'
        ? (limitBucket(value, limits) ?? write.value(value)) || undefined
        : undefined;
    case 'content':
      return protocol.writeContent(name, value, body, write);
    case 'profile':
      return write.value(normalizeProfile(value, isPercentage, settings.percentageStep));
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
      if (!knownDefaults || rule?.default === undefined || text !== written(rule.default)) return text;
      return rule.defaultNeeds === undefined || isThere(body[rule.defaultNeeds]) ? undefined : text;
    }
  }
}

/** Whether a field that another one's default depends on is really given. */
function isThere(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null && !(isJsonArray(value) && value.length === 0);
}
