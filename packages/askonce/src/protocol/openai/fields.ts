/**
 * Fields whose pieces have no documented meaning: of one stream, of one choice, or of one tool call. They are carried to
 * the other form where only one reading is possible.
 */
import { isJsonArray, isJsonObject, isUnset, type JsonObject, type JsonValue } from '../../json.ts';

/** How a value that arrives twice unchanged is read: as a repetition, or as a piece that may have to be appended. */
export interface RepetitionRule {
  readonly strings: 'repeat' | 'ambiguous';
  readonly lists: 'repeat' | 'ambiguous';
}

export class FieldsAssembly {
  readonly #fields = new Map<string, JsonValue>();
  readonly #rule: RepetitionRule;
  /** False once a field could be read in two ways. */
  whole = true;

  constructor(rule: RepetitionRule) {
    this.#rule = rule;
  }

  get(name: string): JsonValue | undefined {
    return this.#fields.get(name);
  }

  /** Null and empty text say nothing about a field that has a value. */
  add(name: string, value: JsonValue | undefined): void {
    const before = this.#fields.get(name);
    if (value === undefined) return;
    if (isUnset(before)) {
      if (before === undefined || !isUnset(value)) this.#fields.set(name, value);
    } else if (!isUnset(value)) {
      if (!this.#agree(before, value)) this.whole = false;
      this.#fields.set(name, isJsonObject(before) && isJsonObject(value) ? merged(before, value) : value);
    }
  }

  /** Whether the value only repeats the one before, or adds properties to it. */
  #agree(before: JsonValue, value: JsonValue): boolean {
    if (isJsonObject(before) && isJsonObject(value)) {
      return Object.entries(value).every(([name, property]) => {
        const known = Object.hasOwn(before, name) ? before[name] : undefined;
        return isUnset(known) || isUnset(property) || areSame(known, property);
      });
    }
    if (typeof value === 'string' && this.#rule.strings === 'ambiguous') return false;
    if (isJsonArray(value) && this.#rule.lists === 'ambiguous') return false;
    return areSame(before, value);
  }

  close(): JsonObject {
    return Object.fromEntries(this.#fields);
  }
}

function merged(before: JsonObject, value: JsonObject): JsonObject {
  const given = Object.entries(value).filter(
    ([name, property]) => !isUnset(property) || isUnset(before[name]),
  );
  return { ...before, ...Object.fromEntries(given) };
}

export function areSame(one: JsonValue | undefined, other: JsonValue | undefined): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
