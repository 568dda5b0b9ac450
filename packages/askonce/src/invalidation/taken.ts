/**
 * What one row of the log takes back: which answers it means, by keys, partitions and digests of tags, never by clear text.
 */
import { z } from 'zod';
import type { EntryFilter } from '../store/contract.ts';

/** As `EntryFilter`; what fits it is taken back. An empty one means everything. */
export type Taken = EntryFilter;

const digests = z.array(z.string().min(1).max(256)).min(1).max(1024);

/** A row's text, parsed. */
const takenSchema = z.strictObject({
  clauses: z.array(digests).max(16),
  keys: z.array(z.string().min(1).max(512)).min(1).max(1024).optional(),
  partitions: z.array(z.string().min(1).max(128)).min(1).max(1024).optional(),
  pattern: z.string().min(1).max(512).optional(),
}) satisfies z.ZodType<Taken>;

/** Means everything. */
const everything: Taken = { clauses: [] };

/** What a row says. One that this version can't read may mean anything, and so is taken to mean everything. */
export function parseTaken(what: string): Taken {
  try {
    const parsed = takenSchema.safeParse(JSON.parse(what));
    return parsed.success ? parsed.data : everything;
  } catch {
    return everything;
  }
}
