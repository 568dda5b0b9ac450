/**
 * A JSON value that fits a JSON Schema.
 *
 * It supports the keywords that providers allow in tools and structured outputs: type, enum, const, properties,
 * required, additionalProperties, items, prefixItems, bounds of numbers, lengths and counts, multipleOf, uniqueItems,
 * anyOf, oneOf, allOf, local $ref, format. Others (`pattern`, `not`, `if`) are ignored.
 */
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import { wordsOf } from './prose.ts';
import type { SeededRandom } from './random.ts';

/** Below this depth, optional properties and items are omitted, so that recursive schemas end. */
const optionalDepth = 5;
const greatestDepth = 40;
const greatestCount = 100;
/** The most values in one answer; the rest is null. */
const greatestSize = 10_000;

export function schemaValue(
  schema: JsonValue | undefined,
  question: string,
  random: SeededRandom,
): JsonValue {
  const words = wordsOf(question);
  const names = words.slice(1).filter((word) => /^\p{Lu}/u.test(word));
  const [first = 'simulated', ...others] =
    names.length > 0 ? names : words.filter(({ length }) => length > 3);

  let size = 0;

  const fitting = (part: JsonValue | undefined, depth: number): JsonValue => {
    size += 1;
    if (depth > greatestDepth || size > greatestSize) return null;
    if (!isJsonObject(part)) return first;
    if (typeof part['$ref'] === 'string') return fitting(referred(schema, part['$ref']), depth + 1);
    if (part['const'] !== undefined) return part['const'];
    if (isJsonArray(part['enum'])) return part['enum'][random.between(0, part['enum'].length - 1)] ?? null;
    if (isJsonArray(part['allOf'])) return fitting(merged(part, part['allOf'], schema), depth + 1);
    const either = part['anyOf'] ?? part['oneOf'];
    if (isJsonArray(either)) return fitting(choose(either, depth), depth + 1);
    switch (typeOf(part, depth)) {
      case 'object':
        return objectOf(part, depth);
      case 'array':
        return arrayOf(part, depth);
      case 'integer':
      case 'number':
        return numberOf(part, random);
      case 'boolean':
        return random.next() < 0.5;
      case 'null':
        return null;
      default:
        return stringOf(part, random.pick([first, ...others]), random);
    }
  };

  const objectOf = (part: JsonObject, depth: number): JsonValue => {
    const properties = isJsonObject(part['properties']) ? part['properties'] : {};
    const required = new Set(isJsonArray(part['required']) ? part['required'] : []);
    const names = Object.keys(properties).filter((name) => required.has(name) || depth < optionalDepth);
    const entries = names.map((name) => [name, fitting(properties[name], depth + 1)] as const);
    const rest = part['additionalProperties'];
    const more = Math.max(
      0,
      whole(part['minProperties'], 0) - names.length,
      isJsonObject(rest) && depth < optionalDepth ? 1 : 0,
    );
    const added = Array.from(
      { length: Math.min(more, greatestCount) },
      (_, index) => [`key_${index + 1}`, fitting(rest, depth + 1)] as const,
    );
    return Object.fromEntries([...entries, ...added]);
  };

  const arrayOf = (part: JsonObject, depth: number): JsonValue => {
    const firstItems = isJsonArray(part['prefixItems']) ? part['prefixItems'] : [];
    const least = Math.max(whole(part['minItems'], 0), firstItems.length);
    const wanted = depth < optionalDepth && part['items'] !== false ? Math.max(least, 2) : least;
    const count = Math.min(wanted, whole(part['maxItems'], greatestCount), greatestCount);
    const items: JsonValue[] = [];
    for (let tries = 0; items.length < count && tries < count * 8; tries++) {
      const item = fitting(firstItems[items.length] ?? part['items'], depth + 1);
      const again = items.some((other) => JSON.stringify(other) === JSON.stringify(item));
      if (part['uniqueItems'] !== true || !again) items.push(item);
    }
    return items;
  };

  return fitting(schema, 0);
}

/** The first choice; at great depth, one that is neither an object nor an array. */
function choose(either: readonly JsonValue[], depth: number): JsonValue | undefined {
  const simple = (part: JsonValue) =>
    isJsonObject(part) &&
    part['$ref'] === undefined &&
    !['object', 'array', undefined].includes(String(part['type']));
  return (depth >= optionalDepth ? either.find(simple) : undefined) ?? either[0];
}

function typeOf(part: JsonObject, depth: number): string {
  const type = part['type'];
  if (typeof type === 'string') return type;
  if (isJsonArray(type)) {
    if (depth >= optionalDepth && type.includes('null')) return 'null';
    return String(type.find((one) => one !== 'null') ?? 'null');
  }
  if (part['properties'] !== undefined) return 'object';
  return part['items'] === undefined ? 'string' : 'array';
}

function numberOf(part: JsonObject, random: SeededRandom): number {
  const step =
    typeof part['multipleOf'] === 'number' ? part['multipleOf'] : part['type'] === 'integer' ? 1 : 0.5;
  const given = (name: string) => (typeof part[name] === 'number' ? part[name] : undefined);
  const above = given('exclusiveMinimum');
  const below = given('exclusiveMaximum');
  const least = given('minimum') ?? above;
  const most = given('maximum') ?? below;
  const from = Math.ceil((least ?? Math.min(1, most ?? 1)) / step);
  const to = Math.floor((most ?? Math.max(100, (least ?? 1) + 100)) / step);
  const lowest = above !== undefined && from * step <= above ? from + 1 : from;
  const highest = below !== undefined && to * step >= below ? to - 1 : to;
  if (lowest > highest) return least ?? most ?? 0;
  return random.between(lowest, Math.min(highest, lowest + 1_000)) * step;
}

const formats: Readonly<Record<string, string>> = {
  date: '2026-03-14',
  time: '09:30:00Z',
  'date-time': '2026-03-14T09:30:00Z',
  duration: 'P3D',
  email: 'someone@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.7',
  ipv6: '2001:db8::7',
  uri: 'https://example.com/page',
  uuid: '0b7e2c1a-5d84-4f3e-9a61-c2d9e8f70b13',
};

function stringOf(part: JsonObject, word: string, random: SeededRandom): string {
  const format = typeof part['format'] === 'string' ? formats[part['format']] : undefined;
  if (format !== undefined) return format;
  let text = word;
  const least = Math.min(whole(part['minLength'], 0), 10_000);
  while (Array.from(text).length < least) text += ` ${random.id(6).toLowerCase()}`;
  return Array.from(text).slice(0, whole(part['maxLength'], 10_000)).join('');
}

function whole(value: JsonValue | undefined, otherwise: number): number {
  return typeof value === 'number' && value >= 0 ? Math.floor(value) : otherwise;
}

/** The target of a local reference (`#`, `#/$defs/Name`). RFC 6901, section 6. */
function referred(root: JsonValue | undefined, reference: string): JsonValue | undefined {
  let value = root;
  for (const step of reference.split('/').slice(1)) {
    const name = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
    value = isJsonObject(value) ? value[name] : isJsonArray(value) ? value[Number(name)] : undefined;
  }
  return value;
}

/** Merges the parts of `allOf`: properties and required names are united, otherwise the last part wins. */
function merged(part: JsonObject, all: readonly JsonValue[], root: JsonValue | undefined): JsonObject {
  const { allOf: _, ...own } = part;
  const parts = [...all, own].map((one) =>
    isJsonObject(one) && typeof one['$ref'] === 'string' ? referred(root, one['$ref']) : one,
  );
  let sum: JsonObject = {};
  for (const one of parts) {
    if (!isJsonObject(one)) continue;
    const properties = { ...propertiesOf(sum), ...propertiesOf(one) };
    const required = [...namesIn(sum['required']), ...namesIn(one['required'])];
    sum = { ...sum, ...one, properties, required };
  }
  return Object.keys(propertiesOf(sum)).length > 0
    ? sum
    : { ...sum, properties: undefined, required: undefined };
}

function propertiesOf(part: JsonObject): JsonObject {
  return isJsonObject(part['properties']) ? part['properties'] : {};
}

function namesIn(value: JsonValue | undefined): readonly JsonValue[] {
  return isJsonArray(value) ? value : [];
}
