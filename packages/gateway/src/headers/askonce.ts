/**
 * The Askonce-* request headers: what each may hold, and what it becomes.
 */
import { AskonceError } from 'askonce';
import { z } from 'zod';
import { parseTags } from './tags.ts';

const label = (max: number) => z.string().trim().min(1).max(max);

const seconds = (least: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number of seconds')
    .transform(Number)
    .refine((value) => value >= least, `must be at least ${least}`);

const flag = z
  .string()
  .toLowerCase()
  .pipe(z.enum(['on', 'true', '1', '?1', 'off', 'false', '0', '?0'], 'must be on or off'))
  .transform((word) => word === 'on' || word === 'true' || word === '1' || word === '?1');

const languageTag = label(64).transform((text, context) => {
  try {
    const [canonical] = Intl.getCanonicalLocales(text);
    if (canonical !== undefined) return canonical;
  } catch {
    // Not a tag: told below.
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

type Fields = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Reads one header: its checked value, or undefined where the request does not have it.
 * @throws AskonceError `invalid_request`, naming the header but not its value.
 */
export type HeaderReader<T> = (headers: Fields) => T | undefined;

function header<T>(name: string, schema: z.ZodType<T, string>): HeaderReader<T> {
  const field = name.toLowerCase();
  return (headers) => {
    const given = headers[field];
    if (given === undefined) return undefined;
    const checked = schema.safeParse(typeof given === 'string' ? given : given.join(', '));
    if (checked.success) return checked.data;
    const reason = checked.error.issues[0]?.message ?? 'is malformed';
    throw new AskonceError('invalid_request', `The header ${name} is wrong: ${reason}.`);
  };
}

/** Every Askonce-* request header that is heeded, by what it sets. */
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
  sensitive: header('Askonce-Sensitive', flag),
  eventIds: header('Askonce-Event-Ids', flag),
  confidence: header('Askonce-Confidence', confidence),
} as const;
