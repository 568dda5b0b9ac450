/**
 * The shape of a provider in the settings: its address, its protocol family and the models that it serves.
 */
import type { ProviderFamily, ProviderProtocolName } from 'askonce/gateway-kit';
import { z } from 'zod';

/** The protocol of each family that shapes an error where no cached route says which. */
export const usualProtocol: Readonly<Record<ProviderFamily, ProviderProtocolName>> = {
  openai: 'openai-chat',
  anthropic: 'anthropic-messages',
  azure: 'openai-chat',
};

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
  /** The model as the provider names it, if that differs. */
  as: modelName.optional(),
});

const modelByPrefix = z.strictObject({
  /** Beginning of the client's name of the model. */
  prefix: modelName,
  /** Whether the provider gets the name without the prefix. Default false. */
  strip: z.boolean().optional(),
});

const provider = z.strictObject({
  /** For people: messages about wrong settings name it. */
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
    'two providers have the same name; rename one',
  );

/** A provider that requests may be sent to, and the setting that has its address. */
export interface ProviderAddress {
  readonly name: string;
  readonly baseUrl: string;
  readonly setting: 'openaiBaseUrl' | 'anthropicBaseUrl' | 'azureOpenaiEndpoint' | 'providers';
}

/** All of them: the usual ones, the resource of Azure if one is set, and the further ones. */
export function providerAddresses(settings: {
  readonly openaiBaseUrl: string;
  readonly anthropicBaseUrl: string;
  readonly azureOpenaiEndpoint?: string | undefined;
  readonly providers: readonly ConfiguredProvider[];
}): readonly ProviderAddress[] {
  const { openaiBaseUrl, anthropicBaseUrl, azureOpenaiEndpoint: azure, providers } = settings;
  return [
    { name: 'openai', baseUrl: openaiBaseUrl, setting: 'openaiBaseUrl' },
    { name: 'anthropic', baseUrl: anthropicBaseUrl, setting: 'anthropicBaseUrl' },
    ...(azure === undefined
      ? []
      : [{ name: 'azure', baseUrl: azure, setting: 'azureOpenaiEndpoint' } as const]),
    ...providers.map(
      ({ name, baseUrl: address }) => ({ name, baseUrl: address, setting: 'providers' }) as const,
    ),
  ];
}
