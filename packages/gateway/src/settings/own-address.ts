/**
 * A gateway whose provider is itself: the question would follow the call that asks it, and both wait until they are
 * given up. It takes no more than the clients' OPENAI_BASE_URL in the shell that starts the gateway.
 */
import { AskonceError } from 'askonce';
import { isLoopback } from '../security/host.ts';
import type { GatewaySettings } from './table.ts';

type Addresses = Pick<GatewaySettings, 'host' | 'port' | 'openaiBaseUrl' | 'anthropicBaseUrl' | 'providers'>;

/** @throws AskonceError `invalid_settings`, naming the setting. */
export function refuseOwnAddress(settings: Addresses): void {
  const { openaiBaseUrl, anthropicBaseUrl, providers } = settings;
  const targets: readonly (readonly [name: string, url: string])[] = [
    ['openaiBaseUrl (OPENAI_BASE_URL)', openaiBaseUrl],
    ['anthropicBaseUrl (ANTHROPIC_BASE_URL)', anthropicBaseUrl],
    ...providers.map(({ name, baseUrl }) => [`providers: baseUrl of ${name}`, baseUrl] as const),
  ];
  const own = targets.find(([, url]) => isOwn(new URL(url), settings));
  if (own !== undefined)
    throw new AskonceError('invalid_settings', `${own[0]}: is the address that this gateway listens on`);
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
