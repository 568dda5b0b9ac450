/**
 * The shape of an entry's metadata, looked at quickly: a lookup in a server looks at every entry that it finds, and the
 * schema takes as long for that as all the rest of the lookup.
 *
 * What fits here fits the schema and comes out of it unchanged. The reverse need not hold: what does not fit here is
 * for the schema to judge.
 */

import { z } from 'zod';
import { type EntryMeta, entrySchemaVersion, type Recording } from './entry.ts';

/** Characters of texts, and numbers of things. Generous for what askonce writes, and tight for what somebody else might. */
export const metaLimits = {
  name: 512,
  digest: 256,
  language: 64,
  place: 4096,
  semanticText: 1_048_576,
  fields: 1024,
  tag: 512,
  tags: 64,
  headerName: 256,
  headerValue: 65_536,
  headers: 128,
} as const;

type Check = (value: unknown) => boolean;

const name = textOf(metaLimits.name);
const digest = textOf(metaLimits.digest);
const place = textOf(metaLimits.place);
const tag = textOf(metaLimits.tag);

/** The check of each field, where it is there. */
const checks = new Map<string, Check>(
  Object.entries({
    version: (value) => value === entrySchemaVersion,
    recordingId: name,
    protocol: name,
    upstream: place,
    subject: place,
    partition: digest,
    frame: digest,
    semanticText: textOf(metaLimits.semanticText),
    fields: (value) => isRecord(value, metaLimits.fields, metaLimits.name, digest),
    language: textOf(metaLimits.language),
    engineVersion: name,
    promptHash: digest,
    model: name,
    category: name,
    tags: (value) => isList(value, metaLimits.tags, tag),
    tagDigests: (value) => isList(value, metaLimits.tags, digest),
    tenant: name,
    user: name,
    session: name,
    finish: name,
    usage: isUsage,
    ceiling: isAmount,
    confidence: (value) => isAmount(value) && value <= 1,
    cost: isAmount,
    embedder: name,
    vector: name,
    began: isCount,
    log: digest,
    lease: isCount,
    created: isAmount,
    refreshed: isAmount,
    staleAfter: isAmount,
    expires: isAmount,
  } satisfies Record<keyof EntryMeta, Check>),
);

type Required<T> = { [Name in keyof T]-?: undefined extends T[Name] ? never : Name }[keyof T];

const required = new Set(
  Object.keys({
    version: 1,
    recordingId: 1,
    protocol: 1,
    upstream: 1,
    subject: 1,
    partition: 1,
    frame: 1,
    fields: 1,
    language: 1,
    tags: 1,
    finish: 1,
    began: 1,
    lease: 1,
    created: 1,
    refreshed: 1,
    staleAfter: 1,
    expires: 1,
  } satisfies Record<Required<EntryMeta>, 1>),
);

/** Of what JSON can express. */
export function hasMetaShape(value: unknown): value is EntryMeta {
  if (typeof value !== 'object' || value === null) return false;
  let found = 0;
  for (const [field, each] of Object.entries(value)) {
    if (checks.get(field)?.(each) !== true) return false;
    if (required.has(field)) found += 1;
  }
  return found === required.size;
}

/** Headers of a recording, of what JSON can express. */
export function hasHeadersShape(value: unknown): value is Readonly<Record<string, string>> {
  const { headers, headerName, headerValue } = metaLimits;
  return isRecord(value, headers, headerName, textOf(headerValue)) && !Object.hasOwn(value, '');
}

function textOf(most: number): Check {
  return (value) => typeof value === 'string' && value.length <= most;
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && isAmount(value);
}

function isList(value: unknown, most: number, check: Check): boolean {
  return Array.isArray(value) && value.length <= most && value.every(check);
}

function isRecord(
  value: unknown,
  most: number,
  longestName: number,
  check: Check,
): value is Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const fields = Object.entries(value);
  return (
    fields.length <= most &&
    fields.every(([field, each]) => field.length <= longestName && field !== '__proto__' && check(each))
  );
}

function isUsage(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (!('inputTokens' in value && 'outputTokens' in value)) return false;
  const { inputTokens, outputTokens, ...others } = value;
  if (!isAmount(inputTokens) || !isAmount(outputTokens)) return false;
  return Object.entries(others).every(([field, each]) =>
    field === 'cachedInputTokens' || field === 'cacheWriteTokens'
      ? isAmount(each)
      : field === 'estimated' && typeof each === 'boolean',
  );
}

/* MERGED entry-schema.ts:  The shape that an entry's metadata must have wherever it comes back from outside the process: a file, a server. */
const nameSchema = z.string().max(metaLimits.name);
const digestSchema = z.string().max(metaLimits.digest);
const instant = z.number().nonnegative();
const count = z.number().int().nonnegative();

const usage = z.object({
  inputTokens: z.number().nonnegative(),
  outputTokens: z.number().nonnegative(),
  cachedInputTokens: z.number().nonnegative().optional(),
  cacheWriteTokens: z.number().nonnegative().optional(),
  estimated: z.boolean().optional(),
});

export const entryMetaSchema = z.object({
  version: z.literal(entrySchemaVersion),
  recordingId: nameSchema,
  protocol: nameSchema,
  upstream: z.string().max(metaLimits.place),
  subject: z.string().max(metaLimits.place),
  partition: digestSchema,
  frame: digestSchema,
  semanticText: z.string().max(metaLimits.semanticText).optional(),
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
  usage: usage.optional(),
  ceiling: z.number().nonnegative().optional(),
  confidence: z.number().min(0).max(1).optional(),
  cost: z.number().nonnegative().optional(),
  embedder: nameSchema.optional(),
  vector: nameSchema.optional(),
  began: count,
  log: digestSchema.optional(),
  lease: count,
  created: instant,
  refreshed: instant,
  staleAfter: instant,
  expires: instant,
}) satisfies z.ZodType<EntryMeta>;

const headerName = z.string().min(1).max(metaLimits.headerName);

/** Headers of a recording. */
export const recordingHeadersSchema = z
  .record(headerName, z.string().max(metaLimits.headerValue))
  .refine((headers) => Object.keys(headers).length <= metaLimits.headers, { error: 'too many headers' });

/** The metadata in what JSON expressed, if that is what it is. */
export function checkedMeta(value: unknown): EntryMeta | undefined {
  return hasMetaShape(value) ? value : entryMetaSchema.safeParse(value).data;
}

/** The headers in what JSON expressed, if that is what they are. */
export function checkedHeaders(value: unknown): Recording['headers'] | undefined {
  return hasHeadersShape(value) ? value : recordingHeadersSchema.safeParse(value).data;
}
