/**
 * The settings of the way out: the proxies that stand between the gateway and its providers.
 */
import { optional, type Setting, secretSetting, setting } from 'askonce/gateway-kit';
import { z } from 'zod';

const wanted = 'must be the http or https URL of a proxy, such as http://proxy.example:3128';

/** A URL, or as curl takes it, a host and port alone. The message never repeats the value, which may hold a password. */
const proxyUrl: z.ZodType<string> = z
  .string()
  .max(2048, wanted)
  .transform((text) => (text.includes('://') ? text : `http://${text}`))
  .refine(isProxy, wanted);

function isProxy(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, pathname, username, password } = new URL(text);
  const isHttp = protocol === 'http:' || protocol === 'https:';
  return isHttp && hostname !== '' && pathname === '/' && isEncoded(username) && isEncoded(password);
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

export const egressSettings = {
  httpProxy: secretSetting(
    ['HTTP_PROXY', 'http_proxy'],
    optional(proxyUrl),
    undefined,
    'Proxy for providers with an `http:` base URL; their requests are sent to it with the whole URL. User name and password may stand in the URL. Unset: no proxy.',
  ),
  httpsProxy: secretSetting(
    ['HTTPS_PROXY', 'https_proxy'],
    optional(proxyUrl),
    undefined,
    'Proxy for providers with an `https:` base URL; it is asked for a tunnel (CONNECT). Unset: `httpProxy`, if that is set.',
  ),
  noProxy: setting(
    ['NO_PROXY', 'no_proxy'],
    optional(z.string().max(16_384)),
    undefined,
    'Hosts that are reached without a proxy, separated by commas or spaces: a name (with all below it), `.name`, `*.name` (only what is below it), an address, a block such as `10.0.0.0/8`, each with a port if only that is meant, or `*` for all.',
  ),
} as const satisfies Record<string, Setting<unknown>>;
