import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openaiRecordings, textOf } from '../../../../../../test/support/openai-recordings.ts';
import { bodyOf } from '../../../../../../test/support/provider-recordings.ts';
import { describeRecorded } from '../../../../../../test/support/recorded-suites.ts';
import type { Recording } from '../../../entry/entry.ts';
import type { JsonObject } from '../../../json.ts';
import { assess } from './answer.ts';
import { parts } from './parts.ts';

function divided(answer: Recording, count: number, asked?: JsonObject): readonly Recording[] {
  const recordings = parts.divide(answer, count, asked);
  expect(recordings).toHaveLength(count);
  return recordings ?? [];
}

/** The ways in which providers write JSON: compact, indented, and as Python does on one line. */
const writers: Readonly<Record<string, (value: unknown) => string>> = {
  compact: (value) => JSON.stringify(value),
  'indented by two': (value) => JSON.stringify(value, null, 2),
  'indented by tabs, with a line break at the end': (value) => `${JSON.stringify(value, null, '\t')}\n`,
  'spaced on one line': (value) => spaced(value),
};

function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const properties = Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${spaced(one)}`);
  return `{${properties.join(', ')}}`;
}

const vector = fc.oneof(
  fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 4 }),
  fc.base64String({ minLength: 4 }),
);
const tricky = fc.string({ unit: fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', ':', ' ', 'é', '\n') });

const batch = fc
  .record({
    vectors: fc.array(vector, { minLength: 1, maxLength: 6 }),
    model: tricky,
    note: tricky,
    tokens: fc.nat({ max: 100_000 }),
    cost: fc.constantFrom(0, 3, 0.25, 1e-9),
    usageFirst: fc.boolean(),
  })
  .map(({ vectors, model, note, tokens, cost, usageFirst }) => {
    const usage = { prompt_tokens: tokens, total_tokens: tokens, details: { text_tokens: tokens }, cost };
    const data = vectors.map((embedding, index) => ({ object: 'embedding', note, index, embedding }));
    const rest = { object: 'list', ...(usageFirst ? { usage } : {}), data, model };
    return { count: vectors.length, vectors, usage, answer: usageFirst ? rest : { ...rest, usage } };
  });

const inputs = (count: number) =>
  fc.array(fc.string({ unit: 'grapheme' }), { minLength: count, maxLength: count });

describe.each(Object.entries(writers))('a batch that the provider wrote %s', (_name, write) => {
  it('joining the parts of a batch gives the provider’s bytes again', () => {
    fc.assert(
      fc.property(
        batch.chain((one) => fc.tuple(fc.constant(one), fc.option(inputs(one.count), { nil: undefined }))),
        ([{ count, answer }, input]) => {
          const whole = bodyOf(write(answer));
          const pieces = divided(whole, count, input && { model: 'm', input });
          expect(textOf(parts.join(pieces))).toBe(textOf(whole));
        },
      ),
    );
  });

  it('dividing a batch gives complete answers whose usage adds up exactly', () => {
    fc.assert(
      fc.property(batch, ({ count, vectors, usage, answer }) => {
        const pieces = divided(bodyOf(write(answer)), count).map((piece) => JSON.parse(textOf(piece)));
        for (const [index, piece] of pieces.entries()) {
          const [only] = JSON.parse(JSON.stringify([vectors[index]]));
          expect(piece.data).toHaveLength(1);
          expect(piece.data[0]).toMatchObject({ index: 0, embedding: only });
          expect(piece.model).toBe(answer.model);
        }
        const sum = (pick: (piece: { usage: typeof usage }) => number) =>
          pieces.map(pick).reduce((one, other) => one + other, 0);
        expect(sum((piece) => piece.usage.prompt_tokens)).toBe(usage.prompt_tokens);
        expect(sum((piece) => piece.usage.details.text_tokens)).toBe(usage.prompt_tokens);
        expect(sum((piece) => piece.usage.cost)).toBe(usage.cost);
        for (const piece of pieces) expect(piece.usage.prompt_tokens).toBe(piece.usage.total_tokens);
      }),
    );
  });

  it('parts join in any order and number, each with its own bytes', () => {
    fc.assert(
      fc.property(
        batch,
        fc.array(fc.nat(), { minLength: 1, maxLength: 8 }),
        ({ count, vectors, answer }, picks) => {
          const pieces = divided(bodyOf(write(answer)), count);
          const order = picks.map((pick) => pick % count);
          const joined = parts.join(order.flatMap((index) => pieces[index] ?? []));
          const { data } = JSON.parse(textOf(joined));
          expect(data.map(({ index }: { index: number }) => index)).toEqual(order.map((_, index) => index));
          const expected = JSON.parse(JSON.stringify(order.map((index) => vectors[index])));
          expect(data.map(({ embedding }: { embedding: unknown }) => embedding)).toEqual(expected);
        },
      ),
    );
  });
});

const recordings = openaiRecordings('openai-embeddings');

describeRecorded('a real batch', () => {
  it('there is a recording of a batch', () => {
    expect(recordings.map(({ name }) => name)).toEqual(['openai-embedding.json']);
  });

  it.each(recordings)('$name is divided and joined again without a byte lost', ({ recording }) => {
    const pieces = divided(recording, 2, { input: ['a'.repeat(20), 'b'.repeat(10)] });
    expect(pieces.map((piece) => assess(piece).usage?.inputTokens)).toEqual([8, 4]);
    expect(pieces.map((piece) => assess(piece).finish)).toEqual(['natural', 'natural']);
    expect(textOf(parts.join(pieces))).toBe(textOf(recording));
  });
});

describe('dividing', () => {
  const answer = (indexes: readonly number[], rest: object = {}) =>
    bodyOf(JSON.stringify({ data: indexes.map((index) => ({ index, embedding: [1] })), ...rest }));

  it.each<[string, Recording, number]>([
    ['too few vectors', answer([0]), 2],
    ['too many vectors', answer([0, 1]), 1],
    ['an index twice', answer([0, 0]), 2],
    ['an index too far', answer([0, 2]), 2],
    ['a negative index', answer([0, -1]), 2],
    ['an index that is no number', bodyOf('{"data":[{"index":0},{"index":null}]}'), 2],
    ['an empty item', bodyOf('{"data":[{},{}]}'), 2],
    ['one index missing', bodyOf('{"data":[{"embedding":[1]},{"index":1,"embedding":[1]}]}'), 2],
    ['no vectors asked for', answer([]), 0],
    ['data twice', bodyOf('{"data":[{"index":0}],"data":[]}'), 1],
    ['an error', bodyOf('{"error":{"message":"no"}}'), 1],
    ['no object', bodyOf('[]'), 1],
    ['bytes behind the end', bodyOf('{"data":[{"index":0,"embedding":[1]}]} x'), 1],
    ['a body cut off', bodyOf('{"data":[{"index":0,"embedding":[1'), 1],
    ['a string cut off', bodyOf('{"data":[{"index":0,"embedding":"AA'), 1],
    ['no bytes', bodyOf(''), 1],
  ])('a batch answer with %s is not divided', (_name, recording, count) => {
    expect(parts.divide(recording, count)).toBeUndefined();
  });

  it.each<[string, Recording]>([
    ['in another order', bodyOf('{"data":[{"index":1,"embedding":[2]},{"index":0,"embedding":[1]}]}')],
    ['with indexes from one', bodyOf('{"data":[{"index":1,"embedding":[1]},{"index":2,"embedding":[2]}]}')],
    [
      'with indexes in quotes',
      bodyOf('{"data":[{"index":"1","embedding":[2]},{"index":"0","embedding":[1]}]}'),
    ],
    ['without indexes', bodyOf('{"data":[{"embedding":[1]},{ "embedding":[2]}]}')],
  ])('a batch answer %s is divided, and joined with the right indexes', (_name, recording) => {
    const pieces = divided(recording, 2);
    expect(pieces.map((piece) => JSON.parse(textOf(piece)).data)).toEqual([
      [{ index: 0, embedding: [1] }],
      [{ index: 0, embedding: [2] }],
    ]);
    expect(JSON.parse(textOf(parts.join(pieces))).data).toEqual([
      { index: 0, embedding: [1] },
      { index: 1, embedding: [2] },
    ]);
  });

  it('a batch answer is divided when complete and never when cut off', () => {
    const whole = answer([0, 1], { usage: { prompt_tokens: 5 } });
    for (let cut = 0; cut < whole.body.length; cut++) {
      expect(parts.divide({ ...whole, body: whole.body.subarray(0, cut) }, 2)).toBeUndefined();
    }
    expect(parts.divide(whole, 2)).toHaveLength(2);
  });

  it('tokens are divided by the inputs: token lists exactly, texts by length, and none gets zero', () => {
    const shares = (total: number, input: NonNullable<JsonObject['input']>, count: number) => {
      const whole = answer(
        Array.from({ length: count }, (_, index) => index),
        { usage: { prompt_tokens: total } },
      );
      return divided(whole, count, { input }).map((piece) => JSON.parse(textOf(piece)).usage.prompt_tokens);
    };
    expect(shares(10, [[1], [1, 2, 3, 4, 5, 6, 7, 8, 9]], 2)).toEqual([1, 9]);
    expect(shares(9, ['aaaa', 'éé', 'aaaa'], 3)).toEqual([3, 3, 3]);
    expect(shares(100, ['a', 'b'.repeat(10_000)], 2)).toEqual([1, 99]);
    expect(shares(1, ['a', 'b'], 2)).toEqual([1, 0]);
  });

  it('joining reports a damaged stored part', () => {
    const [first] = divided(answer([0, 1]), 2);
    expect(first).toBeDefined();
    const damaged = bodyOf('{"data":[]}');
    expect(() => parts.join([damaged])).toThrow(expect.objectContaining({ code: 'store_failed' }));
    expect(() => parts.join([])).toThrow(expect.objectContaining({ code: 'store_failed' }));
    expect(() => parts.join(first === undefined ? [] : [first, damaged])).toThrow('delete it');
  });

  it('a part in the other form is joined in the form of the first', () => {
    const numbers = answer([0]);
    const encoded: Recording = {
      ...bodyOf('{"data":[{"index":0,"embedding":"AAAAQA=="}]}'),
      form: 'body+base64',
    };
    expect(textOf(parts.join([numbers, encoded]))).toBe(
      '{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[2]}]}',
    );
  });
});

describe('splitting a request', () => {
  it('splitting a batch gives each input a body of its own with all other fields', () => {
    const body = { model: 'm', input: ['a', 'b'], dimensions: 3 };
    expect(parts.split(body)).toEqual([
      { model: 'm', input: 'a', dimensions: 3 },
      { model: 'm', input: 'b', dimensions: 3 },
    ]);
    expect(parts.split({ input: [[1, 2], [3]] })).toEqual([{ input: [1, 2] }, { input: [3] }]);
  });

  it.each<[string, JsonObject]>([
    ['one text', { input: 'a' }],
    ['a list of one', { input: ['a'] }],
    ['one list of tokens', { input: [1, 2] }],
    ['more than 2048 inputs', { input: Array.from({ length: 2049 }, () => 'a') }],
    ['texts and tokens mixed', { input: ['a', [1]] }],
    ['objects', { input: [{ text: 'a' }, { text: 'b' }] }],
    ['nothing', {}],
  ])('splitting leaves %s as one request', (_name, body) => {
    expect(parts.split(body)).toBeUndefined();
  });

  it('a batch may have as many inputs as OpenAI takes', () => {
    expect(parts.split({ input: Array.from({ length: 2048 }, () => 'a') })).toHaveLength(2048);
  });

  it('a request for some of the parts has only their inputs', () => {
    const body = { model: 'm', input: ['a', 'b', 'c'] };
    expect(parts.select(body, [0, 2])).toEqual({ model: 'm', input: ['a', 'c'] });
    expect(parts.select(body, [1])).toEqual({ model: 'm', input: ['b'] });
  });
});
