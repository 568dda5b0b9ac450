/**
 * Selectors: which entries an invalidation means, as its caller says it. Within a list any, across fields all.
 */
import { z } from 'zod';

const name = z.string().min(1).max(256);
const oneOrMore = (one: z.ZodType<string>) =>
  z.union([one.transform((text) => [text]), z.array(one).min(1).max(1000)]);

export const selectorSchema = z.strictObject({
  /** `name=value` each. */
  tags: oneOrMore(z.string().min(1).max(128)).optional(),
  /** Keys of entries, as `Askonce-Key` tells them. */
  keys: oneOrMore(z.string().min(1).max(512)).optional(),
  category: oneOrMore(name).optional(),
  /** BCP 47, in any case. */
  language: oneOrMore(name).optional(),
  user: oneOrMore(name).optional(),
  session: oneOrMore(name).optional(),
  tenant: oneOrMore(name).optional(),
  model: oneOrMore(name).optional(),
  /** Digest of a partition, as it stands in keys. */
  partition: oneOrMore(name).optional(),
  /** Glob over keys, behind the prefix: `*` any characters, `?` one, all else as it is. */
  pattern: z.string().min(1).max(256).optional(),
  /** True: everything. Stands alone. */
  all: z.literal(true).optional(),
});

export type SelectorInput = z.input<typeof selectorSchema>;
