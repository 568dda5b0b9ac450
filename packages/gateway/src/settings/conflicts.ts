/**
 * Refuses settings that are valid alone and wrong together.
 */
import { AskonceError } from 'askonce';
import { isLoopback } from './address.ts';
import type { GatewaySettings } from './table.ts';

type Addresses = Pick<GatewaySettings, 'host' | 'port' | 'openaiBaseUrl' | 'anthropicBaseUrl' | 'providers'>;

/** @throws AskonceError `invalid_settings`, naming the setting. */
export function refuseConflicts(settings: Addresses): void {
  refuseDoubleModels(settings);
  refuseOwnAddress(settings);
}

/**
 * A gateway must not be its own provider: the call would wait for itself until both time out. It happens easily, by
 * the clients' OPENAI_BASE_URL in the shell that starts the gateway.
 */
function refuseOwnAddress(settings: Addresses): void {
  const { openaiBaseUrl, anthropicBaseUrl, providers } = settings;
  const targets: readonly (readonly [name: string, url: string])[] = [
    ['openaiBaseUrl (OPENAI_BASE_URL)', openaiBaseUrl],
    ['anthropicBaseUrl (ANTHROPIC_BASE_URL)', anthropicBaseUrl],
    ...providers.map(({ name, baseUrl }) => [`providers: baseUrl of ${name}`, baseUrl] as const),
  ];
  const own = targets.find(([, url]) => isOwn(new URL(url), settings));
  if (own !== undefined)
    throw new AskonceError(
      'invalid_settings',
      `${own[0]}: is the address that this gateway listens on; set it to the provider's`,
    );
}

function isOwn({ hostname, port, protocol }: URL, own: Addresses): boolean {
  const usual = protocol === 'https:' ? 443 : 80;
  if ((port === '' ? usual : Number(port)) !== own.port) return false;
  if (own.host === '0.0.0.0' || own.host === '::') return isLoopback(hostname);
  return plain(hostname) === plain(own.host);
}

/** One spelling for the names of one address. */
function plain(host: string): string {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '');
  return name === 'localhost' || name === '::1' ? '127.0.0.1' : name;
}

// With two providers for one model, the order of a file would decide where a prompt goes.
function refuseDoubleModels({ providers }: Pick<GatewaySettings, 'providers'>): void {
  const seen = new Map<string, string>();
  for (const { name, protocol, models } of providers) {
    for (const rule of models) {
      const what = 'prefix' in rule ? `prefix ${rule.prefix}` : `model ${rule.name}`;
      const other = seen.get(`${protocol} ${what}`);
      if (other !== undefined)
        throw new AskonceError(
          'invalid_settings',
          `providers: ${what} is given to both ${other} and ${name}; give it to one`,
        );
      seen.set(`${protocol} ${what}`, name);
    }
  }
}
