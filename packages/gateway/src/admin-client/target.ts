/**
 * Which gateway a command calls, and with which key: the address that the command line names, else the gateway that runs
 * with the same settings.
 */
import { AskonceError } from 'askonce';
import type { Role } from '../admin/caller.ts';
import { keysByRole } from '../settings/access.ts';
import { addressText, isLoopback } from '../settings/address.ts';
import { readGatewaySettings } from '../settings/read.ts';
import type { GatewaySettings } from '../settings/table.ts';

export interface RoleKey {
  readonly role: Role;
  readonly key: string;
}

export interface AdminTarget {
  /** Base of the calls' addresses: an origin, and a path if a reverse proxy adds one. Without a slash at its end. */
  readonly url: string;
  /** The key that is preferred comes first. */
  readonly keys: readonly [RoleKey, ...RoleKey[]];
}

export interface TargetOptions {
  /** What `--url` says: the gateway's admin address. Default: by the settings. */
  readonly url?: string | undefined;
  /** Path of the settings file, as `--config` says. */
  readonly config?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** @throws AskonceError `invalid_settings` if the settings are wrong, name no key, or a gateway that serves no admin calls */
export function adminTarget({ url, config, environment }: TargetOptions): AdminTarget {
  const given = url === undefined ? undefined : baseOf(url);
  const settings = readGatewaySettings({ config, environment });
  const [first, ...others] = keysByRole(settings);
  if (first === undefined)
    throw new AskonceError(
      'invalid_settings',
      'There is no key for admin calls; set ASKONCE_ADMIN_KEY or ASKONCE_ADMIN_KEYS to a key of the gateway.',
    );
  const found = given ?? originOf(settings);
  if (found === undefined)
    throw new AskonceError(
      'invalid_settings',
      'A gateway with these settings serves no admin calls at a known address; name one with --url, or set ASKONCE_ADMIN_LISTEN.',
    );
  return { url: found, keys: [first, ...others] };
}

/** As {@link adminTarget}, by settings alone; undefined if a gateway with these settings serves no admin calls. */
export function targetIn(settings: GatewaySettings): AdminTarget | undefined {
  const url = originOf(settings);
  const [first, ...others] = keysByRole(settings);
  return url === undefined || first === undefined ? undefined : { url, keys: [first, ...others] };
}

/** Where a gateway with these settings would serve admin calls. */
function originOf({ adminListen, host, port }: GatewaySettings): string | undefined {
  if (adminListen !== undefined) {
    const isAny = adminListen.host === '0.0.0.0' || adminListen.host === '::';
    return `http://${addressText(isAny ? { ...adminListen, host: '127.0.0.1' } : adminListen)}`;
  }
  return isLoopback(host) && port !== 0 ? `http://${addressText({ host, port })}` : undefined;
}

function baseOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url !== undefined && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '';
  // A password in a command line is seen by every user of the machine.
  if (!isPlain || url.username !== '' || url.password !== '')
    throw new AskonceError(
      'invalid_settings',
      '--url must be an address such as http://127.0.0.1:8787, without user, query and fragment; the key is ASKONCE_ADMIN_KEY.',
    );
  return url.href.replace(/\/+$/, '');
}
