/**
 * The shape of a provider in the settings: where it is, what it speaks, and which models it serves.
 */
import { z } from 'zod';

/** The kinds of provider; each serves the routes of its family. */
export type Family = 'openai' | 'anthropic';

/** Origin and base path; without credentials, query or fragment, and no trailing slash once parsed. */
export const baseUrl: z.ZodType<string> = z
  .string()
  .max(2048)
  .refine((text) => isPlainBase(text), 'must be an http or https URL without credentials, query or fragment')
  .transform((text) => withoutTrailingSlash(new URL(text).href));

function isPlainBase(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const plain = url.username === '' && url.password === '' && !text.includes('?') && !text.includes('#');
  return plain && (url.protocol === 'http:' || url.protocol === 'https:');
}

function withoutTrailingSlash(text: string): string {
  return text.replace(/\/+$/, '');
}

const modelName = z.string().min(1).max(256);

const modelByName = z.strictObject({
  /** The model as the client names it. */
  name: modelName,
  /** The model as the provider names it, where that differs. */
  as: modelName.optional(),
});

const modelByPrefix = z.strictObject({
  /** What the client's name of the model begins with. */
  prefix: modelName,
  /** Whether the provider gets the name without the prefix. Default false. */
  strip: z.boolean().optional(),
});

const provider = z.strictObject({
  /** For people: what is wrong with the settings is told by it. */
  name: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, dashes or underscores'),
  protocol: z.enum(['openai', 'anthropic']),
  baseUrl,
  models: z
    .array(z.union([modelByName, modelByPrefix]))
    .min(1)
    .max(1000),
  /** Whether the provider has the protocol's documented defaults. Default: only at the protocol's own origin. */
  knownDefaults: z.boolean().optional(),
});

export type ConfiguredProvider = z.output<typeof provider>;

export const configuredProviders = z
  .array(provider)
  .max(100)
  .refine(
    (list) => new Set(list.map(({ name }) => name)).size === list.length,
    'two providers have one name',
  );
