import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sampleEntry } from '../testing/sample-entry.ts';
import {
  checkedHeaders,
  checkedMeta,
  entryMetaSchema,
  hasHeadersShape,
  hasMetaShape,
  metaLimits,
  recordingHeadersSchema,
} from './shape.ts';

const all = {
  ...sampleEntry({ key: 'k' }).meta,
  semanticText: 'Where?',
  engineVersion: '1',
  promptHash: 'ab',
  model: 'm',
  category: 'c',
  tagDigests: ['aa'],
  tenant: 't',
  user: 'u',
  session: 's',
  usage: { inputTokens: 1, outputTokens: 2, cachedInputTokens: 1, cacheWriteTokens: 0, estimated: true },
  ceiling: 3,
  confidence: 0.5,
  cost: 0.1,
  embedder: 'e',
  vector: 'v',
  log: 'l',
};

const text = (length: number) => 'x'.repeat(length);
const record = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_none, index) => [`f${index}`, 'd']));

/** Values at the limits of every kind, and a step beyond. */
const values = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    '',
    0,
    -1,
    0.5,
    1,
    1.5,
    2 ** 53,
    1e300,
    [],
    {},
    [1],
    ['a'],
    { a: 1 },
    { a: 'd' },
  ),
  fc.constantFrom(64, 65, 256, 257, 512, 513, 4096, 4097).map(text),
  fc.constantFrom(64, 65).map((count) => Array.from({ length: count }, () => 't')),
  fc.constantFrom(256, 257, 512, 513).map((length) => [text(length)]),
  fc.constantFrom(256, 257, 512, 513).map((length) => ({ [text(length)]: 'd' })),
  fc.constantFrom(256, 257).map((length) => ({ f: text(length) })),
  fc.constantFrom(1024, 1025).map(record),
  fc.constantFrom(
    { inputTokens: 1 },
    { inputTokens: 1, outputTokens: 2 },
    { inputTokens: 1, outputTokens: -2 },
    { inputTokens: 1, outputTokens: 2, estimated: 1 },
    { inputTokens: 1, outputTokens: 2, other: 1 },
    { inputTokens: 1, outputTokens: 2, cachedInputTokens: 1, cacheWriteTokens: 0 },
    { inputTokens: 1, outputTokens: 2, cachedInputTokens: -1 },
    { inputTokens: 1, outputTokens: 2, cacheWriteTokens: 'two' },
  ),
);

it('fits what the schema fits, unchanged, and nothing else', () => {
  const fields = fc.constantFrom(...Object.keys(all), 'unknown', '__proto__');
  const removed = fc.array(fields, { maxLength: 2 });
  const changed = fc.array(fc.tuple(fields, values), { maxLength: 2 });
  fc.assert(
    fc.property(removed, changed, (without, withOthers) => {
      const kept = Object.entries(all).filter(([field]) => !without.includes(field));
      const meta: unknown = JSON.parse(JSON.stringify(Object.fromEntries([...kept, ...withOthers])));
      const judged = entryMetaSchema.safeParse(meta);
      if (hasMetaShape(meta)) expect(judged.data).toEqual(meta);
      expect(checkedMeta(meta)).toEqual(judged.data);
    }),
    { numRuns: 2_000 },
  );
});

it('has whatever is whole by itself, so that it is not looked at twice', () => {
  expect(hasMetaShape(all)).toBe(true);
  expect(hasMetaShape(sampleEntry({ key: 'k' }).meta)).toBe(true);
  expect(hasMetaShape({ ...all, usage: { inputTokens: 1, outputTokens: 2 } })).toBe(true);
  for (const field of Object.keys(all)) {
    const { [field]: _gone, ...others }: Record<string, unknown> = all;
    expect(hasMetaShape(others), field).toBe(entryMetaSchema.safeParse(others).success);
    expect(hasMetaShape({ ...others, [field]: Symbol('nothing') }), field).toBe(false);
  }
  for (const usage of [null, 'text', {}, { inputTokens: 1 }, { inputTokens: 1, outputTokens: 'two' }])
    expect(hasMetaShape({ ...all, usage }), JSON.stringify(usage)).toBe(false);
  for (const other of [undefined, null, 1, 'text', []]) expect(hasMetaShape(other)).toBe(false);
});

it('fits the headers that the schema fits, unchanged, and nothing else', () => {
  const { headers, headerName, headerValue } = metaLimits;
  const candidates: readonly unknown[] = [
    {},
    { a: 'b' },
    { '': 'b' },
    { a: 1 },
    ['a'],
    null,
    'text',
    record(headers),
    record(headers + 1),
    { [text(headerName)]: '' },
    { [text(headerName + 1)]: '' },
    { a: text(headerValue) },
    { a: text(headerValue + 1) },
  ];
  for (const candidate of candidates) {
    const judged = recordingHeadersSchema.safeParse(candidate);
    expect(hasHeadersShape(candidate)).toBe(judged.success);
    expect(checkedHeaders(candidate)).toEqual(judged.data);
  }
});
