/**
 * The `Askonce-*` request headers: the values that each accepts, and what the value becomes.
 */
import { isInnerList, parseDictionary, Token } from 'structured-headers';
import { z } from 'zod';
import { AskonceError } from '../../errors.ts';
import { firstFault, plainWords } from '../../faults.ts';
import { type HeaderFields, maxOwnTags, maxTagBytes } from '../../identity/request.ts';
import { semanticDirectives } from './semantic-headers.ts';

const label = (max: number) => z.string().trim().min(1).max(max);

const seconds = (least: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number of seconds')
    .transform(Number)
    .refine((value) => value >= least, `must be at least ${least}`);

const onOrOff = z
  .string()
  .toLowerCase()
  .pipe(z.enum(['on', 'true', '1', '?1', 'off', 'false', '0', '?0'], 'must be on or off'))
  .transform((word) => word === 'on' || word === 'true' || word === '1' || word === '?1');

const languageTag = label(64).transform((text, context) => {
  try {
    const [canonical] = Intl.getCanonicalLocales(text);
    if (canonical !== undefined) return canonical;
  } catch {
    // Not a language tag; reported below.
  }
  context.addIssue({ code: 'custom', message: 'must be a language tag (BCP 47), such as en or pt-BR' });
  return z.NEVER;
});

const template = label(256)
  .regex(/^[^@]+(@[^@]+)?$/, 'must be id or id@version')
  .transform((text) => {
    const [id = text, version] = text.split('@');
    return version === undefined ? { id } : { id, version };
  });

const tags = z
  .string()
  .max(8192)
  .transform((text, context) => {
    try {
      return parseTags(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'is malformed' });
      return z.NEVER;
    }
  });

const confidence = z
  .string()
  .regex(/^\d(\.\d{1,6})?$/, 'must be a number from 0 to 1')
  .transform(Number)
  .refine((value) => value <= 1, 'must be a number from 0 to 1');

/**
 * Parses `Askonce-Tags`, a dictionary (RFC 8941, section 3.2), into one `name=value` per tag, in the order given.
 * A name alone is `name=true`.
 * @throws Error that says what is wrong without quoting the tag.
 */
function parseTags(text: string): readonly string[] {
  let dictionary: ReturnType<typeof parseDictionary>;
  try {
    dictionary = parseDictionary(text);
  } catch (error) {
    throw new Error('must be a dictionary (RFC 8941), such as team=search, release="2026-11"', {
      cause: error,
    });
  }
  if (dictionary.size > maxOwnTags) throw new Error(`must have at most ${maxOwnTags} tags`);
  return [...dictionary].map(([name, item]) => {
    if (isInnerList(item)) throw new Error('must have one value a tag, not a list');
    const tag = `${name}=${tagValue(item[0])}`;
    if (Buffer.byteLength(tag) > maxTagBytes)
      throw new Error(`must have tags of at most ${maxTagBytes} bytes`);
    return tag;
  });
}

function tagValue(value: unknown): string {
  if (value instanceof Token) return value.toString();
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  throw new Error('must have strings, tokens, numbers or booleans as values');
}

/**
 * Reads one header. Returns its checked value, or undefined if the request lacks it.
 * @throws AskonceError `invalid_request`, which names the header but never quotes its value.
 */
type HeaderReader<T> = (headers: HeaderFields) => T | undefined;

function header<T>(name: string, schema: z.ZodType<T, string>): HeaderReader<T> {
  const field = name.toLowerCase();
  return (headers) => {
    const given = headers[field];
    if (given === undefined) return undefined;
    const text = typeof given === 'string' ? given : given.join(', ');
    const checked = schema.safeParse(text, { error: plainWords });
    if (checked.success) return checked.data;
    const { message } = firstFault(checked.error);
    throw new AskonceError('invalid_request', `The header ${name} is wrong: ${message}.`);
  };
}

/** Every `Askonce-*` request header, by the part of the context or the directives that it sets. */
export const askonceHeaders = {
  ttl: header('Askonce-Ttl', seconds(1)),
  staleAfter: header('Askonce-Stale-After', seconds(0)),
  category: header('Askonce-Category', label(64)),
  language: header('Askonce-Language', languageTag),
  user: header('Askonce-User', label(256)),
  session: header('Askonce-Session', label(256)),
  template: header('Askonce-Template', template),
  indexVersion: header('Askonce-Index-Version', label(128)),
  tenant: header('Askonce-Tenant', label(256)),
  character: header('Askonce-Character', label(128)),
  locale: header('Askonce-Locale', label(64)),
  tags: header('Askonce-Tags', tags),
  sensitive: header('Askonce-Sensitive', onOrOff),
  eventIds: header('Askonce-Event-Ids', onOrOff),
  confidence: header('Askonce-Confidence', confidence),
  semantic: header('Askonce-Semantic', semanticDirectives),
  warm: header(
    'Askonce-Warm',
    z
      .string()
      .toLowerCase()
      .pipe(z.enum(['look', 'ask'], 'must be look or ask')),
  ),
} as const;
