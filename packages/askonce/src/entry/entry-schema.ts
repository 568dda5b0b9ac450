/** The shape that an entry's metadata must have wherever it comes back from outside the process: a file, a server. */
import { z } from 'zod';
import type { EntryMeta } from './entry.ts';
import { entrySchemaVersion } from './entry.ts';
import { hasHeadersShape, hasMetaShape, metaLimits } from './entry-shape.ts';
import type { Recording } from './recording.ts';

const name = z.string().max(metaLimits.name);
const digest = z.string().max(metaLimits.digest);
const instant = z.number().nonnegative();
const count = z.number().int().nonnegative();

const usage = z.object({
  inputTokens: z.number().nonnegative(),
  outputTokens: z.number().nonnegative(),
  estimated: z.boolean().optional(),
});

export const entryMetaSchema = z.object({
  version: z.literal(entrySchemaVersion),
  recordingId: name,
  protocol: name,
  upstream: z.string().max(metaLimits.place),
  subject: z.string().max(metaLimits.place),
  partition: digest,
  frame: digest,
  semanticText: z.string().max(metaLimits.semanticText).optional(),
  fields: z
    .record(name, digest)
    .refine((fields) => Object.keys(fields).length <= metaLimits.fields, { error: 'too many fields' }),
  language: z.string().max(metaLimits.language),
  engineVersion: name.optional(),
  promptHash: digest.optional(),
  model: name.optional(),
  category: name.optional(),
  tags: z.array(z.string().max(metaLimits.tag)).max(metaLimits.tags),
  tagDigests: z.array(digest).max(metaLimits.tags).optional(),
  tenant: name.optional(),
  user: name.optional(),
  session: name.optional(),
  finish: name,
  usage: usage.optional(),
  ceiling: z.number().nonnegative().optional(),
  confidence: z.number().min(0).max(1).optional(),
  cost: z.number().nonnegative().optional(),
  embedder: name.optional(),
  vector: name.optional(),
  began: count,
  log: digest.optional(),
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
