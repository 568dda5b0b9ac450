import fc from 'fast-check';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { sampleEntry } from '../testing/sample-entry.ts';
import { type EntryMeta, entrySchemaVersion } from './entry.ts';
import { checkedHeaders, checkedMeta, hasHeadersShape, hasMetaShape, metaLimits } from './shape.ts';

const nameSchema = z.string().max(metaLimits.name);
const digestSchema = z.string().max(metaLimits.digest);
const instant = z.number().nonnegative();
const count = z.number().int().nonnegative();

/** What the check is held to. */
const entryMetaSchema = z.object({
  version: z.literal(entrySchemaVersion),
  recordingId: nameSchema,
  protocol: nameSchema,
  upstream: z.string().max(metaLimits.place),
  subject: z.string().max(metaLimits.place),
  partition: digestSchema,
  frame: digestSchema,
  semanticText: z.string().max(metaLimits.semanticText).optional(),
  questionText: z.string().max(metaLimits.semanticText).optional(),
  fields: z
    .record(nameSchema, digestSchema)
    .refine((fields) => Object.keys(fields).length <= metaLimits.fields, { error: 'too many fields' }),
  language: z.string().max(metaLimits.language),
  engineVersion: nameSchema.optional(),
  promptHash: digestSchema.optional(),
  model: nameSchema.optional(),
  category: nameSchema.optional(),
  tags: z.array(z.string().max(metaLimits.tag)).max(metaLimits.tags),
  tagDigests: z.array(digestSchema).max(metaLimits.tags).optional(),
  tenant: nameSchema.optional(),
  user: nameSchema.optional(),
  session: nameSchema.optional(),
  finish: nameSchema,
  usage: z
    .object({
      inputTokens: z.number().nonnegative(),
      outputTokens: z.number().nonnegative(),
      cachedInputTokens: z.number().nonnegative().optional(),
      cacheWriteTokens: z.number().nonnegative().optional(),
      hourCacheWriteTokens: z.number().nonnegative().optional(),
      estimated: z.boolean().optional(),
      serviceTier: nameSchema.optional(),
    })
    .optional(),
  ceiling: z.number().nonnegative().optional(),
  confidence: z.number().min(0).max(1).optional(),
  cost: z.number().nonnegative().optional(),
  embedder: nameSchema.optional(),
  vector: z.string().max(metaLimits.vector).optional(),
  began: count,
  log: digestSchema.optional(),
  lease: count,
  created: instant,
  refreshed: instant,
  staleAfter: instant,
  expires: instant,
}) satisfies z.ZodType<EntryMeta>;

const recordingHeadersSchema = z
  .record(z.string().min(1).max(metaLimits.headerName), z.string().max(metaLimits.headerValue))
  .refine((headers) => Object.keys(headers).length <= metaLimits.headers, { error: 'too many headers' });

const all = {
  ...sampleEntry({ key: 'k' }).meta,
  semanticText: 'Where?',
  questionText: 'Where, please?',
  engineVersion: '1',
  promptHash: 'ab',
  model: 'm',
  category: 'c',
  tagDigests: ['aa'],
  tenant: 't',
  user: 'u',
  session: 's',
  usage: {
    inputTokens: 1,
    outputTokens: 2,
    cachedInputTokens: 1,
    cacheWriteTokens: 0,
    hourCacheWriteTokens: 0,
    estimated: true,
    serviceTier: 'flex',
  },
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
    { inputTokens: 1, outputTokens: 2, hourCacheWriteTokens: 2 },
    { inputTokens: 1, outputTokens: 2, hourCacheWriteTokens: -2 },
    { inputTokens: 1, outputTokens: 2, serviceTier: 'flex' },
    { inputTokens: 1, outputTokens: 2, serviceTier: 1 },
    { inputTokens: 1, outputTokens: 2, serviceTier: 't'.repeat(513) },
  ),
);

it('the check of metadata takes what the schema takes, as the schema gives it, and nothing else', () => {
  const fields = fc.constantFrom(...Object.keys(all), 'unknown', '__proto__');
  const removed = fc.array(fields, { maxLength: 2 });
  const changed = fc.array(fc.tuple(fields, values), { maxLength: 2 });
  fc.assert(
    fc.property(removed, changed, (without, withOthers) => {
      const remaining = Object.entries(all).filter(([field]) => !without.includes(field));
      const meta: unknown = JSON.parse(JSON.stringify(Object.fromEntries([...remaining, ...withOthers])));
      const judged = entryMetaSchema.safeParse(meta);
      if (hasMetaShape(meta)) expect(judged.data).toEqual(meta);
      expect(checkedMeta(meta)).toEqual(judged.data);
    }),
    { numRuns: 2_000 },
  );
});

it('sound metadata passes at the first look', () => {
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
  for (const other of [undefined, null, 1, 'text', []]) {
    expect(hasMetaShape(other)).toBe(false);
    expect(checkedMeta(other)).toBe(undefined);
  }
});

it('an optional field of metadata may be undefined, a required one may not', () => {
  for (const field of Object.keys(all)) {
    const meta: Record<string, unknown> = { ...all, [field]: undefined };
    expect(hasMetaShape(meta), field).toBe(entryMetaSchema.safeParse(meta).success);
  }
});

it('what a newer release writes is read without the fields that this one does not know', () => {
  const newer = JSON.parse(
    JSON.stringify({ ...all, usage: { ...all.usage, thoughts: 1 }, mood: 'calm' }).replace(
      '"fields":{',
      '"fields":{"__proto__":"d",',
    ),
  );
  expect(hasMetaShape(newer)).toBe(false);
  expect(checkedMeta(newer)).toStrictEqual(all);
});

it('the check of headers takes what the schema takes, as the schema gives it, and nothing else', () => {
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
  const proto = JSON.parse('{"__proto__":"b","a":"b"}');
  expect(hasHeadersShape(proto)).toBe(false);
  expect(checkedHeaders(proto)).toStrictEqual(recordingHeadersSchema.parse(proto));
});
