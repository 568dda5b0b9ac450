import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { parseJson } from '../../json.ts';
import { generate, type Wanted } from './generate.ts';
import { countTokens, tokensOf } from './tokens.ts';

const wanted: Wanted = {
  seed: 'seed',
  question: 'What is the weather in Lisbon?',
  limit: undefined,
  stop: [],
  tool: undefined,
  json: undefined,
};
const seeds = Array.from({ length: 200 }, (_, index) => `seed ${index}`);

test('prose has 30 to 120 tokens, is the same for the same seed, and varies with the seed', () => {
  const texts = seeds.map((seed) => {
    const { tokens, end } = generate({ ...wanted, seed });
    expect(tokens.length).toBeGreaterThanOrEqual(30);
    expect(tokens.length).toBeLessThanOrEqual(120);
    expect(end).toBe('natural');
    expect(generate({ ...wanted, seed }).tokens).toEqual(tokens);
    return tokens.join('');
  });
  expect(new Set(texts).size).toBe(seeds.length);
  expect(texts.every((text) => text.includes('What is the weather in Lisbon'))).toBe(true);
});

test('prose stays within its bounds whatever the question is', () => {
  for (const question of ['', '???', 'word '.repeat(50_000), 'x'.repeat(50_000), '今日の天気はどうですか']) {
    const { tokens } = generate({ ...wanted, question });
    expect(tokens.length).toBeGreaterThanOrEqual(30);
    expect(tokens.length).toBeLessThanOrEqual(120);
  }
});

test('the choices of one request differ', () => {
  expect(generate(wanted, 0).tokens).not.toEqual(generate(wanted, 1).tokens);
});

test('a limit cuts the answer after that many tokens, and only where it is longer', () => {
  const whole = generate(wanted);
  expect(generate({ ...wanted, limit: 7 })).toMatchObject({ tokens: whole.tokens.slice(0, 7), end: 'limit' });
  expect(generate({ ...wanted, limit: whole.tokens.length })).toEqual(whole);
});

test('the answer ends before the first stop sequence', () => {
  const text = generate(wanted).tokens.join('');
  const stop = [text.slice(90, 99), text.slice(40, 47), 'never said'];
  expect(generate({ ...wanted, stop })).toMatchObject({ end: 'stop', stoppedBy: text.slice(40, 47) });
  expect(generate({ ...wanted, stop }).tokens.join('')).toBe(text.slice(0, text.indexOf(text.slice(40, 47))));
});

test('a token is four characters, and never half a character', () => {
  expect(tokensOf('abcdefghij')).toEqual(['abcd', 'efgh', 'ij']);
  expect(tokensOf('🌍🌍🌍🌍🌍')).toEqual(['🌍🌍🌍🌍', '🌍']);
  expect(countTokens('🌍🌍🌍🌍🌍')).toBe(2);
  expect(countTokens('')).toBe(0);
});

describe('generated JSON fits the schema for every seed', () => {
  const tree = z.object({
    name: z.string(),
    get children() {
      return z.array(tree);
    },
  });
  const list = z.object({
    value: z.number(),
    get next() {
      return z.union([list, z.null()]);
    },
  });
  const schemas: Readonly<Record<string, z.ZodType>> = {
    'a flat object': z.strictObject({ city: z.string(), days: z.int().min(3).max(5), exact: z.boolean() }),
    'enums and constants': z.object({ unit: z.enum(['celsius', 'kelvin']), kind: z.literal('report') }),
    'bounds of numbers': z.object({
      a: z.number().gt(0).lt(1),
      b: z.int().gt(7).lt(9),
      c: z.number().multipleOf(25).min(10),
      d: z.number().max(-5),
    }),
    'lengths and counts': z.object({
      short: z.string().max(2),
      long: z.string().min(200),
      three: z.array(z.int()).min(3).max(3),
      none: z.array(z.string()).max(0),
    }),
    formats: z.object({
      when: z.iso.datetime(),
      day: z.iso.date(),
      mail: z.email(),
      id: z.uuid(),
      at: z.url(),
    }),
    tuples: z.tuple([z.string(), z.number(), z.boolean()]),
    'nullable and unions': z.object({ a: z.string().nullable(), b: z.union([z.number(), z.string()]) }),
    records: z.record(z.string(), z.int()),
    intersections: z.intersection(z.object({ a: z.string() }), z.object({ b: z.int() })),
    'a schema that holds itself in a list': tree,
    'a schema that holds itself in a union': list,
  };

  test.each(Object.entries(schemas))('generated JSON fits the schema for every seed: %s', (_, schema) => {
    const json = parseJson(JSON.stringify(z.toJSONSchema(schema)));
    for (const seed of seeds) {
      const text = generate({ ...wanted, seed, json }).tokens.join('');
      expect(schema.safeParse(parseJson(text)).error).toBeUndefined();
    }
  });
});

test('a call has arguments that fit the function and use the question', () => {
  const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
  const { calls, tokens } = generate({ ...wanted, tool: { name: 'get_weather', schema } });
  expect(calls).toBe('get_weather');
  expect(parseJson(tokens.join(''))).toEqual({ city: 'Lisbon' });
});

test('a function without a schema is called with an empty object', () => {
  expect(generate({ ...wanted, tool: { name: 'now', schema: undefined } }).tokens.join('')).toBe('{}');
});
