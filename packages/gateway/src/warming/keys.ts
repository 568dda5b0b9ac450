/**
 * The keys with which warming asks providers. Answers are stored for the callers that bring the same key, or, on a shared or
 * tenant scope, for others as well.
 */
import type { GatewaySettings } from '../settings/table.ts';
import type { Directory, Upstream } from '../upstream/directory.ts';
import type { WarmRequest } from './request.ts';

export interface WarmKeys {
  /** The headers of the credential for a request; or the words that say which setting lacks a key. */
  headersFor(request: WarmRequest): Readonly<Record<string, string>> | string;
}

type KeySettings = Pick<
  GatewaySettings,
  | 'openaiApiKey'
  | 'openaiOrganization'
  | 'openaiProject'
  | 'anthropicApiKey'
  | 'warmAnthropicKeyHeader'
  | 'warmApiKeys'
>;

/** The key of the environment is sent to the usual provider alone: another one must not learn it. */
export function warmKeys(settings: KeySettings, directory: Pick<Directory, 'choose'>): WarmKeys {
  const usual = new Map([
    ['openai', settings.openaiApiKey],
    ['anthropic', settings.anthropicApiKey],
  ]);

  const { openaiOrganization: organization, openaiProject: project } = settings;
  const account = {
    ...(organization !== undefined && { 'openai-organization': organization }),
    ...(project !== undefined && { 'openai-project': project }),
  };

  function keyOf({ name }: Upstream): string | undefined {
    return Object.hasOwn(settings.warmApiKeys, name) ? settings.warmApiKeys[name] : usual.get(name);
  }

  return {
    headersFor({ family, body }) {
      const upstream = directory.choose(family, Buffer.from(body));
      const key = keyOf(upstream);
      if (key === undefined) return lacking(upstream.name);
      // An empty key: the provider asks for none.
      if (key === '') return {};
      if (family === 'anthropic' && settings.warmAnthropicKeyHeader === 'x-api-key')
        return { 'x-api-key': key };
      return { authorization: `Bearer ${key}`, ...(upstream.name === 'openai' && account) };
    },
  };
}

function lacking(name: string): string {
  const variable = { openai: 'OPENAI_API_KEY', anthropic: 'ANTHROPIC_API_KEY' }[name];
  const all = `WARM_API_KEYS={"${name}": "…"}`;
  return `there is no key for the provider ${name}; set ${variable === undefined ? all : `${variable}, or ${all}`}`;
}
