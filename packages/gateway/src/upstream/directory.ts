/**
 * Chooses the provider of a request. Providers are configured; only the model in a request chooses among them.
 */
import { AskonceError } from 'askonce';
import { documentedOrigins, type ProviderFamily } from 'askonce/gateway-kit';
import { type ConfiguredProvider, usualProtocol } from '../settings/providers.ts';
import type { GatewaySettings } from '../settings/table.ts';
import { findModel } from './model-name.ts';

export interface Upstream {
  readonly name: string;
  readonly family: ProviderFamily;
  /** Origin and base path, without a trailing slash. */
  readonly url: string;
  readonly origin: string;
  /** '' or a path that begins with a slash and does not end with one. */
  readonly basePath: string;
  readonly knownDefaults: boolean;
  /** Whether `rename` renames any model. */
  readonly renames: boolean;
  /** The provider's own name for a model, if it differs. */
  rename(model: string): string | undefined;
}

export interface Directory {
  /** Whether any provider of the family is configured. */
  serves(family: ProviderFamily): boolean;
  /** The provider of requests that name no model, or one that no other provider is configured for. */
  usual(family: ProviderFamily): Upstream;
  /** The provider of the request with this body. @throws AskonceError `unknown_model` */
  choose(family: ProviderFamily, body: Uint8Array): Upstream;
}

type ModelRule = ConfiguredProvider['models'][number];

type DirectorySettings = Pick<
  GatewaySettings,
  'openaiBaseUrl' | 'anthropicBaseUrl' | 'azureOpenaiEndpoint' | 'providers'
>;

export function createDirectory(settings: DirectorySettings): Directory {
  const azure = azureEndpoint(settings);
  const usual: Readonly<Record<ProviderFamily, Upstream>> = {
    openai: upstream({ name: 'openai', protocol: 'openai', baseUrl: settings.openaiBaseUrl, models: [] }),
    anthropic: upstream({
      name: 'anthropic',
      protocol: 'anthropic',
      baseUrl: settings.anthropicBaseUrl,
      models: [],
    }),
    azure: upstream({
      name: 'azure',
      protocol: 'azure',
      baseUrl: azure ?? settings.openaiBaseUrl,
      models: [],
    }),
  };
  const byModel: Readonly<Record<ProviderFamily, readonly (readonly [ModelRule, Upstream])[]>> = {
    openai: rulesOf(settings.providers, 'openai'),
    anthropic: rulesOf(settings.providers, 'anthropic'),
    // A deployment belongs to its resource.
    azure: [],
  };
  return {
    serves: (family) => family !== 'azure' || azure !== undefined,
    usual: (family) => usual[family],
    choose(family, body) {
      const rules = byModel[family];
      const model = rules.length === 0 ? undefined : findModel(body)?.value;
      if (model === undefined) return usual[family];
      const chosen = rules.find(([rule]) => matches(rule, model))?.[1] ?? usual[family];
      if (chosen.rename(model) === '')
        throw new AskonceError(
          'unknown_model',
          'The model is a provider prefix without a name; add the name of a model.',
        );
      return chosen;
    },
  };
}

/**
 * Where Azure's paths go: the resource of the settings, else the host of a provider that is not OpenAI's own, whose base
 * URL may hold a part of these paths already.
 */
function azureEndpoint({ azureOpenaiEndpoint, openaiBaseUrl }: DirectorySettings): string | undefined {
  if (azureOpenaiEndpoint !== undefined) return azureOpenaiEndpoint.replace(/\/openai(?:\/v1)?$/, '');
  if (new URL(openaiBaseUrl).origin === documentedOrigins['openai-chat']) return undefined;
  return openaiBaseUrl.replace(/(?:\/openai(?:\/.*)?|\/v1)$/, '');
}

function rulesOf(
  providers: readonly ConfiguredProvider[],
  family: ProviderFamily,
): readonly (readonly [ModelRule, Upstream])[] {
  return providers
    .filter(({ protocol }) => protocol === family)
    .flatMap((provider) => {
      const target = upstream(provider);
      return provider.models.map((rule) => [rule, target] as const);
    })
    .toSorted(([one], [other]) => weight(other) - weight(one));
}

/** Exact names before prefixes, longer prefixes before shorter ones. */
function weight(rule: ModelRule): number {
  return 'name' in rule ? Number.MAX_SAFE_INTEGER : rule.prefix.length;
}

function matches(rule: ModelRule, model: string): boolean {
  return 'name' in rule ? rule.name === model : model.startsWith(rule.prefix);
}

function upstream(
  provider: Omit<ConfiguredProvider, 'protocol'> & { readonly protocol: ProviderFamily },
): Upstream {
  const url = new URL(provider.baseUrl);
  const basePath = url.pathname === '/' ? '' : url.pathname;
  const rules = provider.models.toSorted((one, other) => weight(other) - weight(one));
  return {
    name: provider.name,
    family: provider.protocol,
    url: `${url.origin}${basePath}`,
    origin: url.origin,
    basePath,
    knownDefaults:
      provider.knownDefaults ?? url.origin === documentedOrigins[usualProtocol[provider.protocol]],
    renames: rules.some((rule) => ('name' in rule ? rule.as !== undefined : rule.strip === true)),
    rename(model) {
      const rule = rules.find((candidate) => matches(candidate, model));
      if (rule === undefined) return undefined;
      if ('name' in rule) return rule.as;
      return rule.strip ? model.slice(rule.prefix.length) : undefined;
    },
  };
}
