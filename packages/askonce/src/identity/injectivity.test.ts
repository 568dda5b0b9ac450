import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chatRequest,
  functionRequest,
  identifierWith,
  outcomeOf,
} from '../../../../test/support/identify.ts';
import { isJsonArray, isJsonObject, type JsonValue, parseJson } from '../json.ts';
import { CanonicalText } from './canonical.ts';

/**
 * What a value means, written in another way than the canonical text: strings in NFC, and objects as lists of pairs
 * in the order of their names.
 */
function meaning(value: JsonValue): JsonValue {
  if (typeof value === 'string') return ['text', value.normalize('NFC')];
  if (isJsonArray(value)) return ['list', value.map(meaning)];
  if (!isJsonObject(value)) return ['plain', Object.is(value, -0) ? 0 : value];
  const pairs = Object.entries(value).map(([name, property]): [string, JsonValue] => [
    name.normalize('NFC'),
    meaning(property ?? null),
  ]);
  return ['object', pairs.sort(([one], [other]) => (one < other ? -1 : Number(one > other)))];
}

const sameMeaning = (one: JsonValue, other: JsonValue) =>
  JSON.stringify(meaning(one)) === JSON.stringify(meaning(other));

/** Names and texts that look like tokens, separators and each other. */
const tricky = fc.oneof(
  fc.constantFrom(
    '',
    '@',
    '"@"',
    '~7',
    '#',
    '%',
    '$',
    '#1000:abc',
    '$3:abc',
    '%text:"":"a"',
    '","',
    '":"',
    '{}',
    '[]',
    '\n',
    '\\',
    'null',
    '1',
    'é',
    'e\u0301',
    '\ufeff',
    '__proto__',
    'constructor',
    'schema',
    'parameters',
    'x'.repeat(48),
    'x'.repeat(49),
    'x'.repeat(70),
    `${'x'.repeat(47)}"`,
    `${'x'.repeat(49)}"`,
    '\u{1f600}',
  ),
  fc.string({ maxLength: 6, unit: 'grapheme' }),
);
const leaf = fc.oneof(
  tricky,
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ max: 3, min: -3 }),
  fc.boolean(),
  fc.constant(null),
);
const json: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(tricky, tie('value')), { maxLength: 12, size: '-1' })
      .map((pairs) => Object.fromEntries(pairs)),
  ),
})).value;

function writer(schemaKeys: ReadonlySet<string> = new Set()): CanonicalText {
  return new CanonicalText({ hashAlgorithm: 'sha256', textHashThreshold: 64 }, (text) => text, schemaKeys);
}

/** The same value, with the properties of each object in the opposite order. */
function reversed(value: JsonValue): JsonValue {
  if (isJsonArray(value)) return value.map(reversed);
  if (!isJsonObject(value)) return value;
  const pairs = Object.entries(value).map(([name, property]) => [name, reversed(property ?? null)] as const);
  return Object.fromEntries(pairs.toReversed());
}

/** Two values that are often alike, so that a merge would be met. */
const pair = fc.oneof(
  fc.tuple(json, json),
  json.map((value): [JsonValue, JsonValue] => [value, reversed(value)]),
  json.map((value): [JsonValue, JsonValue] => [value, value]),
  fc
    .tuple(json, tricky)
    .map(([value, name]): [JsonValue, JsonValue] => [{ [name]: value }, { [name]: [value] }]),
  fc.tuple(tricky, tricky).map(([one, other]): [JsonValue, JsonValue] => [[one, other], [one + other]]),
);

describe('canonical text', () => {
  it('canonical text is equal exactly if two values mean the same', () => {
    fc.assert(
      fc.property(pair, ([one, other]) => {
        expect(writer().value(one) === writer().value(other)).toBe(sameMeaning(one, other));
      }),
      { numRuns: 5000 },
    );
  });

  it('ordered canonical text is equal exactly if the JSON is the same', () => {
    fc.assert(
      fc.property(pair, ([one, other]) => {
        const texts = [one, other].map((value) => JSON.stringify(value).normalize('NFC'));
        const [first, second] = [writer(), writer()];
        const merged = first.ordered(one) === second.ordered(other);
        fc.pre(first.representable && second.representable);
        expect(merged).toBe(texts[0] === texts[1]);
      }),
      { numRuns: 3000 },
    );
  });

  it('canonical text depends on the order of properties below schema keys, and nowhere else', () => {
    const keys = new Set(['schema']);
    const inOrder = writer(keys).value({ schema: { a: 1, b: 2 }, c: { a: 1, b: 2 } });
    expect(writer(keys).value({ c: { b: 2, a: 1 }, schema: { a: 1, b: 2 } })).toBe(inOrder);
    expect(writer(keys).value({ schema: { b: 2, a: 1 }, c: { a: 1, b: 2 } })).not.toBe(inOrder);
  });

  it('an order that parsing has lost makes a value unrepresentable', () => {
    for (const text of ['{"2":0,"1":0}', '{"a":0,"1":0}', '[{"a":{"x":0,"0":0}}]']) {
      const write = writer();
      write.ordered(parseJson(text));
      expect(write.representable).toBe(false);
    }
    for (const text of ['{"1":0}', '{"b":0,"01":0}', '{}', '[[0,1]]']) {
      const write = writer();
      write.ordered(parseJson(text));
      expect(write.representable).toBe(true);
    }
  });

  it('canonical text shows where a text without escapes ends', () => {
    const long = 'x'.repeat(50);
    expect(writer().value([long, 'y'])).not.toBe(writer().value([`${long},"y"`]));
  });

  it('canonical text omits undefined properties', () => {
    expect(writer().value({ a: undefined, b: 1 })).toBe(writer().value({ b: 1 }));
  });

  it('content cannot forge the token of the semantic text', () => {
    const write = writer();
    const token = write.list(['Where?'], () => write.semanticText('Where?'));
    expect(token).toBe('[@]');
    expect(write.semantic).toEqual({ canonical: '"Where?"', plain: 'Where?' });
    for (const forged of ['@', '"@"', '[@]']) expect(writer().value([forged])).not.toBe(token);
  });

  it('a second semantic text counts like any other text', () => {
    const write = writer();
    expect([write.semanticText('one'), write.semanticText('two')]).toEqual(['@', '"two"']);
    expect(write.semantic?.plain).toBe('one');
  });

  it('media by bytes, media by text and text have different canonical texts', () => {
    const texts = [
      writer().inlineMedia('a', 'AAEC'),
      writer().inlineMedia('a', 'AAE*'),
      writer().inlineMedia('aAAEC', ''),
      writer().inlineMedia('', 'AAEC'),
      writer().mediaReference('AAEC'),
      writer().mediaReference({ id: 'AAEC' }),
      writer().value('%"a":3:ae4b3280e56e2faf83f414a6e3dabe9d5fbe18976544c05fed121accb85b53fc'),
    ];
    expect(new Set(texts).size).toBe(texts.length);
  });

  it('media stay a reference once one was found', () => {
    const write = writer();
    write.mediaReference('https://h/');
    write.inlineMedia('a', 'AAEC');
    expect(write.media).toBe('reference');
  });
});

describe('fingerprints', () => {
  it('two payloads have the same fingerprint exactly if they mean the same', () => {
    const identify = identifierWith();
    const withoutNulls = (value: JsonValue): JsonValue => {
      if (isJsonArray(value)) return value.map(withoutNulls);
      if (!isJsonObject(value)) return value;
      const kept = Object.entries(value).filter(([, property]) => property !== null);
      return Object.fromEntries(kept.map(([name, property]) => [name, withoutNulls(property ?? null)]));
    };
    fc.assert(
      fc.property(pair, ([one, other]) => {
        const [first, second] = [one, other].map((input) => outcomeOf(identify, functionRequest(input)));
        fc.pre(!first?.startsWith('bypass') && !second?.startsWith('bypass'));
        expect(first === second).toBe(sameMeaning(withoutNulls(one), withoutNulls(other)));
      }),
      { numRuns: 3000 },
    );
  });

  it('two questions have the same fingerprint exactly if their trimmed texts are equal', () => {
    const identify = identifierWith();
    const ask = (content: string) => chatRequest({ model: 'm', messages: [{ role: 'user', content }] });
    fc.assert(
      fc.property(tricky, tricky, (one, other) => {
        const merged = outcomeOf(identify, ask(one)) === outcomeOf(identify, ask(other));
        expect(merged).toBe(one.trim().normalize('NFC') === other.trim().normalize('NFC'));
      }),
      { numRuns: 3000 },
    );
  });

  it("no part of a header's value can pass for its name in a fingerprint", () => {
    const identify = identifierWith();
    const keys = [{ ab: '' }, { a: 'b' }, { a: 'b', c: '' }, { a: 'bc' }, { abc: '' }, { a: ['b'] }].map(
      (headers) => outcomeOf(identify, functionRequest(1, { headers })),
    );
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('query and headers cannot pass for each other in a fingerprint', () => {
    const identify = identifierWith();
    const part = fc.oneof(
      fc.constantFrom('', '\n', '1:1:ab', '["a","b"]', ':', '*', 'a', 'ab', 'b', '1:'),
      fc.string({ maxLength: 4 }),
    );
    const value = fc.oneof(part, fc.array(part, { maxLength: 3 }));
    const sent = fc.record({
      query: part,
      headers: fc.dictionary(fc.constantFrom('a', 'ab', '1:', 'b'), value, { maxKeys: 3 }),
    });
    const cacheStatus = ({ query, headers }: { query: string; headers: Record<string, unknown> }) =>
      JSON.stringify([query, Object.entries(headers).sort(([one], [other]) => (one < other ? -1 : 1))]);
    fc.assert(
      fc.property(sent, sent, (one, other) => {
        const [first, second] = [one, other].map((more) => outcomeOf(identify, functionRequest(1, more)));
        expect(first === second).toBe(cacheStatus(one) === cacheStatus(other));
      }),
      { numRuns: 3000 },
    );
  });
});
