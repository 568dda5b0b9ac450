/**
 * What the gateway says at its start: where it listens, where answers are stored, which providers it asks, where the
 * admin calls and the metrics are, what the semantic tier begins with, and whether requests are captured.
 */
import type { Gateway } from '../server/serve.ts';
import { accessText, hasAccess } from '../settings/access.ts';
import { addressText, isLoopback } from '../settings/address.ts';
import { providerAddresses } from '../settings/providers.ts';
import { isShared } from '../settings/redis.ts';
import type { GatewaySettings } from '../settings/table.ts';

export function greeting({ url, adminUrl, settings, dataFolder, notes }: Gateway): readonly string[] {
  return [
    `askonce listens on ${url} (OpenAI clients: ${url}/v1, Anthropic clients: ${url})`,
    `answers are stored in memory (${sizeText(settings.memoryCacheSize)}) and in ${lowerTier(settings, dataFolder)}`,
    `providers: ${providersOf(settings)}`,
    `admin calls: ${adminCalls(settings, url, adminUrl)}`,
    `metrics: ${metricsAt(settings, url, adminUrl)}`,
    ...notes,
    ...captured(settings),
  ];
}

function lowerTier(settings: GatewaySettings, dataFolder: string): string {
  return isShared(settings)
    ? `Redis (${redisAddress(settings)}); data folder ${dataFolder}`
    : `SQLite (${sizeText(settings.sqliteMaxBytes)}) in the data folder ${dataFolder}`;
}

/** Without user and password. */
function redisAddress({ redisUrl, redisClusterNodes, redisSentinels }: GatewaySettings): string {
  if (redisUrl !== undefined) return new URL(redisUrl).host;
  const addresses = redisClusterNodes.length > 0 ? redisClusterNodes : redisSentinels;
  return addresses.map(addressText).join(', ');
}

function providersOf(settings: GatewaySettings): string {
  return providerAddresses(settings)
    .map(({ name, baseUrl }) => `${name} ${baseUrl}`)
    .join(', ');
}

function adminCalls(settings: GatewaySettings, url: string, adminUrl: string | undefined): string {
  const { adminListen, host } = settings;
  const needsAddress = adminListen === undefined && !isLoopback(host);
  if (!hasAccess(settings))
    return `off; set ASKONCE_ADMIN_KEY (16 characters or more)${needsAddress ? ' and ASKONCE_ADMIN_LISTEN (host:port)' : ''} to turn them on`;
  if (adminUrl !== undefined)
    return `${adminUrl}/cache/${isLoopback(host) ? ` and ${url}/cache/` : ''}, ${accessText(settings)}`;
  if (needsAddress) return 'off; set ASKONCE_ADMIN_LISTEN (host:port) to turn them on';
  return `${url}/cache/, ${accessText(settings)}`;
}

function metricsAt(settings: GatewaySettings, url: string, adminUrl: string | undefined): string {
  const { metrics, host } = settings;
  if (metrics === 'off') return 'off (ASKONCE_METRICS)';
  const origins = [adminUrl, isLoopback(host) ? url : undefined].filter((one) => one !== undefined);
  if (origins.length === 0) return 'not served; set ASKONCE_ADMIN_LISTEN (host:port) to serve them';
  const places = origins.map((origin) => `${origin}/metrics`).join(' and ');
  return metrics === 'key' ? `${places}, ${accessText(settings)}` : places;
}

/** Prompts in clear text: the operator must see at each start that it is on. */
function captured({ capture, captureMaxBytes, captureWhenFull }: GatewaySettings): readonly string[] {
  if (capture === undefined) return [];
  const then = captureWhenFull === 'stop' ? 'then it stops' : 'then the older half is dropped';
  return [
    `capture is on: prompts and answers are written in clear text to ${capture} (at most ${sizeText(captureMaxBytes)}, ${then})`,
  ];
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** In the largest unit that gives at least one: `256 MiB`. */
function sizeText(bytes: number): string {
  const unit = Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${Math.round((bytes / 1024 ** unit) * 10) / 10} ${units[unit]}`;
}
