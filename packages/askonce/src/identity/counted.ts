/**
 * What counts of a request body: its fields in canonical text, each by the rule of its protocol.
 */
import type { JsonObject, JsonValue } from '../json.ts';
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

/** The counted fields in the order of their names; `knownDefaults` leaves out what is at its documented default. */
export function countedFields(
  body: JsonObject,
  protocol: Protocol,
  write: CanonicalText,
  rules: CountingRules,
  knownDefaults: boolean,
): CountedField[] {
  const fields: CountedField[] = [];
  for (const name of Object.keys(body).sort()) {
    const value = body[name];
    if (value === undefined || rules.ignored.has(name)) continue;
    const before = write.semantic;
    const text = writeField(name, value, body, protocol, write, rules, knownDefaults);
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
  knownDefaults: boolean,
): string | undefined {
  const rule = Object.hasOwn(protocol.fields, name) ? protocol.fields[name] : undefined;
  switch (rule?.counts) {
    case 'ignored':
      return undefined;
    case 'apart':
      return rule.as === 'ceiling'
        ? (limitBucket(value, settings.maxTokens) ?? write.value(value)) || undefined
        : undefined;
    case 'content':
      return protocol.writeContent(name, value, body, write);
    case 'profile':
      return write.value(normalizeProfile(value, isPercentage, settings.percentageStep));
    case 'bucket':
      if (knownDefaults && value === rule.default) return undefined;
      return (
        bucketOf(value, rule.bucket === 'topP' ? settings.topPStep : settings.temperatureStep) ??
        write.value(value)
      );
    default: {
      const text = protocol.schemaKeys.has(name) ? write.ordered(value) : write.value(value);
      return knownDefaults && rule?.default !== undefined && text === write.value(rule.default)
        ? undefined
        : text;
    }
  }
}
