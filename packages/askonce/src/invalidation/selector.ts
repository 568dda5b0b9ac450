/**
 * Selectors: which entries a caller wants to invalidate. An entry must match every field, and any of a field's values.
 */
import { z } from 'zod';
import { AskonceError } from '../errors.ts';
import { firstFault, plainWords } from '../faults.ts';
import { maxContextLength } from '../identity/request.ts';
import { pathTag, type TagDigester, tag } from '../identity/tags.ts';
import type { EntryFilter } from '../store/contract.ts';

const name = z.string().min(1).max(maxContextLength);
const oneOrMore = (one: z.ZodType<string>) =>
  z.union([one.transform((text) => [text]), z.array(one).min(1).max(1000)]);

export const selectorSchema = z.strictObject({
  /** Each in the form `name=value`. */
  tags: oneOrMore(z.string().min(1).max(128)).optional(),
  /** Keys of entries, as the header `Askonce-Key` reports them. */
  keys: oneOrMore(z.string().min(1).max(512)).optional(),
  /** Paths below the upstream, such as `/chat/completions`; routes (`/users/:id`) and paths (`/users/7`) of the application's own endpoints. */
  endpoint: oneOrMore(name).optional(),
  category: oneOrMore(name).optional(),
  /** BCP 47 tags, in any case. Compared as a whole: `pt` does not include `pt-BR`. */
  language: oneOrMore(name).optional(),
  user: oneOrMore(name).optional(),
  session: oneOrMore(name).optional(),
  tenant: oneOrMore(name).optional(),
  model: oneOrMore(name).optional(),
  /** Digests of partitions, as keys contain them. Excludes `pattern`, which can name them. */
  partition: oneOrMore(z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 hex digits')).optional(),
  /**
   * Glob over the part of a key after `{prefix}:v1:`, or after `{prefix}:` for the answers of endpoints (`api:/users/*`): `*`
   * matches any characters, `?` one, all else itself.
   */
  pattern: z.string().min(1).max(256).optional(),
  /** True selects every entry. Excludes all other fields. */
  all: z.literal(true).optional(),
});

export type SelectorInput = z.input<typeof selectorSchema>;
type Selector = z.output<typeof selectorSchema>;

const fields = Object.keys(selectorSchema.shape).join(', ');

/**
 * The filter that a selector describes.
 * @throws AskonceError `invalid_selector`, naming the field.
 */
export function filterOf(selector: unknown, digestTag: TagDigester): EntryFilter {
  const { keys, partition, pattern, ...named } = checked(selector);
  return {
    clauses: clausesOf(named, digestTag),
    ...(keys && { keys }),
    ...(partition && { partitions: [...new Set(partition)] }),
    ...(pattern !== undefined && { pattern }),
  };
}

function checked(selector: unknown): Selector {
  const parsed = selectorSchema.safeParse(selector, { error: plainWords });
  if (!parsed.success) {
    const { path, message, unknownField } = firstFault(parsed.error);
    throw invalid(
      unknownField === undefined
        ? `${path.join('.') || 'the selector'}: ${message}`
        : `${unknownField}: there is no such field`,
    );
  }
  const given = Object.values(parsed.data).filter((value) => value !== undefined).length;
  if (given === 0) throw invalid('the selector is empty; use `all: true` to select every entry');
  const { all, partition, pattern } = parsed.data;
  if (all !== undefined && given > 1) throw invalid('all: cannot be combined with other fields');
  if (partition !== undefined && pattern !== undefined)
    throw invalid('pattern: cannot be combined with partition; name the partition in the pattern');
  return parsed.data;
}

function invalid(what: string): AskonceError {
  return new AskonceError('invalid_selector', `${what}. A selector has these fields: ${fields}.`);
}

/** Writes each field as the tag that entries have for it. */
function clausesOf(
  {
    tags,
    endpoint,
    category,
    language,
    user,
    session,
    tenant,
    model,
  }: Omit<Selector, 'keys' | 'partition' | 'pattern'>,
  digestTag: TagDigester,
): readonly (readonly string[])[] {
  const wanted: readonly (readonly string[] | undefined)[] = [
    tags?.flatMap((text) => [storedTag(text), ...spelt(text)]),
    endpoint?.flatMap((value) => [tag('endpoint', value), pathTag(value)]),
    // Entries of earlier releases have their category as it was spelt then.
    category?.flatMap((value) => [tag('category', value), ...spelt(`category=${value}`)]),
    language?.map((value) => tag('lang', value.toLowerCase())),
    user?.map((value) => tag('user', value)),
    session?.map((value) => tag('session', value)),
    tenant?.map((value) => tag('tenant', value)),
    model?.map((value) => tag('model', value)),
  ];
  return wanted.flatMap((clause) => (clause === undefined ? [] : [[...new Set(clause)].map(digestTag)]));
}

/** A category as it is spelt, if that is not in lower case. */
function spelt(text: string): readonly string[] {
  return text.startsWith('category=') && text !== text.toLowerCase() ? [text] : [];
}

/** A tag as entries have it: its value is digested if the tag is too long. */
export function storedTag(text: string): string {
  const at = text.indexOf('=');
  return at < 0 ? text : tag(text.slice(0, at), text.slice(at + 1));
}
