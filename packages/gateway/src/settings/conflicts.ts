/**
 * Refuses settings that are valid alone and wrong together.
 */
import { refuseCacheConflicts, type SettingSource, wrongSetting } from 'askonce/gateway-kit';
import { hasAccess } from './access.ts';
import { addressText, isLoopback } from './address.ts';
import { adminKeyName } from './admin-keys.ts';
import { providerAddresses } from './providers.ts';
import { serviceAddresses } from './semantic.ts';
import type { GatewaySettings } from './table.ts';

type SourceOf = (name: keyof GatewaySettings) => SettingSource;

/** @throws AskonceError `invalid_settings`, naming the setting as its source spells it. */
export function refuseConflicts(settings: GatewaySettings, sourceOf: SourceOf): void {
  refuseCacheConflicts(settings, sourceOf);
  refuseDoubleModels(settings, sourceOf);
  refuseOwnAddress(settings, sourceOf);
  refuseSharedPort(settings, sourceOf);
  refuseAmbiguousKeys(settings, sourceOf);
  if (settings.metrics === 'key' && !hasAccess(settings))
    throw wrongSetting(
      sourceOf('metrics'),
      'key needs the admin key (adminKey, ASKONCE_ADMIN_KEY) or another way of access, and none is set; set one, or choose open or off',
    );
}

/** One key or name must not stand for two callers. */
function refuseAmbiguousKeys({ adminKey, adminKeys }: GatewaySettings, sourceOf: SourceOf): void {
  if (adminKey === undefined) return;
  const twin = adminKeys.find(({ key }) => key === adminKey);
  if (twin !== undefined)
    throw wrongSetting(
      sourceOf('adminKeys'),
      `the key of ${twin.name} is also adminKey (ASKONCE_ADMIN_KEY); give each its own`,
    );
  if (adminKeys.some(({ name }) => name === adminKeyName))
    throw wrongSetting(
      sourceOf('adminKeys'),
      `the name ${adminKeyName} is that of adminKey (ASKONCE_ADMIN_KEY); choose another name`,
    );
}

/** One port can't serve both listeners; on the main one, admin calls need no address of their own. */
function refuseSharedPort({ host, port, adminListen }: GatewaySettings, sourceOf: SourceOf): void {
  if (adminListen === undefined || port === 0 || adminListen.port !== port) return;
  const hosts = [host, adminListen.host].map(plain);
  if (hosts[0] !== hosts[1] && !hosts.some(isAny)) return;
  throw wrongSetting(
    sourceOf('adminListen'),
    `${addressText(adminListen)} is the port of the gateway itself; choose another, or leave it out to have admin calls on a loopback port`,
  );
}

function isAny(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/**
 * A gateway must not be its own provider: the call would wait for itself until both time out. It happens easily, by
 * the clients' OPENAI_BASE_URL in the shell that starts the gateway.
 */
function refuseOwnAddress(settings: GatewaySettings, sourceOf: SourceOf): void {
  const own = [...providerAddresses(settings), ...serviceAddresses(settings)].find(({ baseUrl }) =>
    isOwn(new URL(baseUrl), settings),
  );
  if (own === undefined) return;
  const which = own.setting === 'providers' && 'name' in own ? `baseUrl of ${own.name} ` : '';
  throw wrongSetting(
    sourceOf(own.setting),
    `${which}is the address that this gateway listens on; set it to the provider's`,
  );
}

function isOwn({ hostname, port, protocol }: URL, own: GatewaySettings): boolean {
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
function refuseDoubleModels({ providers }: GatewaySettings, sourceOf: SourceOf): void {
  const seen = new Map<string, string>();
  for (const { name, protocol, models } of providers) {
    for (const rule of models) {
      const what = 'prefix' in rule ? `prefix ${rule.prefix}` : `model ${rule.name}`;
      const other = seen.get(`${protocol} ${what}`);
      if (other !== undefined)
        throw wrongSetting(
          sourceOf('providers'),
          `${what} is given to both ${other} and ${name}; give it to one`,
        );
      seen.set(`${protocol} ${what}`, name);
    }
  }
}
