/**
 * The shape that an entry's metadata must have wherever it comes back from outside the process: a file, a server.
 *
 * Limits are generous for what askonce writes and tight for what somebody else might.
 */
import { z } from 'zod';
import type { EntryMeta } from './entry.ts';
import { entrySchemaVersion } from './entry.ts';

const name = z.string().max(512);
const digest = z.string().max(256);
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
  upstream: z.string().max(4096),
  subject: z.string().max(4096),
  partition: digest,
  frame: digest,
  semanticText: z.string().max(1_048_576).optional(),
  fields: z
    .record(name, digest)
    .refine((fields) => Object.keys(fields).length <= 1024, { error: 'at most 1024 fields' }),
  language: z.string().max(64),
  engineVersion: name.optional(),
  promptHash: digest.optional(),
  model: name.optional(),
  category: name.optional(),
  tags: z.array(z.string().max(512)).max(64),
  tagDigests: z.array(digest).max(64).optional(),
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

const headerName = z.string().min(1).max(256);

/** Headers of a recording. */
export const recordingHeadersSchema = z
  .record(headerName, z.string().max(65_536))
  .refine((headers) => Object.keys(headers).length <= 128, { error: 'at most 128 headers' });
