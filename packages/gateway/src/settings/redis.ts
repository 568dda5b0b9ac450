/**
 * The settings of a shared Redis: its address, its credentials, and the combinations that are refused.
 */
import {
  optional,
  type Setting,
  type SettingSource,
  secretSetting,
  setting,
  wrongSetting,
} from 'askonce/gateway-kit';
import { z } from 'zod';
import { address } from './address.ts';

const policies = [
  'volatile-lru',
  'volatile-lfu',
  'volatile-ttl',
  'volatile-random',
  'allkeys-lru',
  'allkeys-lfu',
  'allkeys-random',
  'noeviction',
] as const;

const url = z
  .string()
  .max(2048)
  .refine(
    isRedisUrl,
    'must be redis://HOST:PORT/DB, or rediss:// for TLS; user:password@ goes before the host, percent-encoded',
  );

function isRedisUrl(text: string): boolean {
  if (!/^rediss?:\/\//i.test(text) || !URL.canParse(text)) return false;
  const { hostname, pathname, hash, search, username, password } = new URL(text);
  if (!isPercentEncoded(username) || !isPercentEncoded(password)) return false;
  return hostname !== '' && hash === '' && search === '' && /^\/?(?:\d{1,5})?$/.test(pathname);
}

function isPercentEncoded(text: string): boolean {
  try {
    return decodeURIComponent(text) !== undefined;
  } catch {
    return false;
  }
}

export const redisSettings = {
  redisUrl: secretSetting(
    'REDIS_URL',
    optional(url),
    undefined,
    'URL of one Redis that gateways share: redis://user:password@host:6379/0, rediss:// for TLS. With any Redis set, the tiers are memory above Redis, and ASKONCE_SECRET must be set to the same value on every gateway.',
  ),
  redisClusterNodes: setting(
    'REDIS_CLUSTER_NODES',
    z.array(address).max(64),
    [],
    'Nodes (host:port) of a Redis Cluster that gateways share; the others are discovered.',
  ),
  redisSentinels: setting(
    'REDIS_SENTINELS',
    z.array(address).max(64),
    [],
    'Sentinels (host:port) that know where the shared Redis is; requires REDIS_SENTINEL_NAME.',
  ),
  redisSentinelName: setting(
    'REDIS_SENTINEL_NAME',
    optional(z.string().min(1).max(256)),
    undefined,
    'Name of the master in the Sentinels.',
  ),
  redisCacheDb: setting(
    'REDIS_CACHE_DB',
    optional(z.number().int().min(0).max(65_535)),
    undefined,
    "Number of the Redis database. Unset: the URL's, else 0. A Cluster has only 0.",
  ),
  redisUsername: setting(
    'REDIS_USERNAME',
    optional(z.string().min(1).max(1024)),
    undefined,
    "User name for Redis; overrides the URL's. Unset: the default user.",
  ),
  redisPassword: secretSetting(
    'REDIS_PASSWORD',
    optional(z.string().min(1).max(4096)),
    undefined,
    "Password for Redis; overrides the URL's.",
  ),
  redisSentinelPassword: secretSetting(
    'REDIS_SENTINEL_PASSWORD',
    optional(z.string().min(1).max(4096)),
    undefined,
    'Password for the Sentinels, if they require one.',
  ),
  redisTls: setting(
    'REDIS_TLS',
    z.boolean(),
    false,
    'Connect to a Cluster or to Sentinels by TLS; a URL asks for it by rediss://.',
  ),
  redisTlsCa: setting(
    'REDIS_TLS_CA',
    optional(z.string().min(1).max(4096)),
    undefined,
    "File (PEM) of the certificates that verify Redis's own. Unset: the machine's.",
  ),
  redisPoolSize: setting(
    'ASKONCE_REDIS_POOL',
    z.number().int().min(1).max(50),
    10,
    'Maximum number of connections to Redis for blocking reads; all other commands share one.',
  ),
  evictionPolicy: setting(
    'CACHE_EVICTION_POLICY',
    z.enum(policies),
    'volatile-lru',
    'Expected maxmemory-policy of Redis; a different one is logged. With allkeys-* Redis may drop control keys, and with them every stored answer.',
  ),
  setEvictionPolicy: setting(
    'ASKONCE_SET_EVICTION_POLICY',
    z.boolean(),
    false,
    'Set that policy at start, if the server allows it.',
  ),
} as const satisfies Record<string, Setting<unknown>>;

type RedisSettings = {
  readonly [Name in keyof typeof redisSettings]: z.output<(typeof redisSettings)[Name]['schema']>;
};

/** Whether a Redis is set, so that this gateway shares its answers with others. */
export function isShared(
  settings: Pick<RedisSettings, 'redisUrl' | 'redisClusterNodes' | 'redisSentinels'>,
): boolean {
  const { redisUrl, redisClusterNodes, redisSentinels } = settings;
  return redisUrl !== undefined || redisClusterNodes.length > 0 || redisSentinels.length > 0;
}

type SharingSettings = RedisSettings & { readonly secret?: string | undefined };
type SharingName = keyof SharingSettings;

/** A setting, and what is wrong with it. */
type Mistake = readonly [name: SharingName, message: string];

/** @throws AskonceError `invalid_settings` if the settings contradict each other, naming one as its source spells it. */
export function refuseMixedRedis(
  settings: SharingSettings,
  sourceOf: (name: SharingName) => SettingSource,
): void {
  const wrong = mistake(settings) ?? tlsMistake(settings) ?? uselessSetting(settings);
  if (wrong !== undefined) throw wrongSetting(sourceOf(wrong[0]), wrong[1]);
}

function mistake(settings: SharingSettings): Mistake | undefined {
  const { redisUrl, redisClusterNodes, redisSentinels, redisSentinelName, redisCacheDb } = settings;
  const ways = [redisUrl !== undefined, redisClusterNodes.length > 0, redisSentinels.length > 0];
  if (ways.filter(Boolean).length > 1)
    return [
      ways[0] ? 'redisUrl' : 'redisClusterNodes',
      'only one of REDIS_URL, REDIS_CLUSTER_NODES and REDIS_SENTINELS can be set; remove the others',
    ];
  if (redisSentinels.length > 0 && redisSentinelName === undefined)
    return ['redisSentinelName', 'must be set with REDIS_SENTINELS'];
  if (redisSentinelName !== undefined && redisSentinels.length === 0)
    return ['redisSentinels', 'must be set with REDIS_SENTINEL_NAME'];
  if (redisClusterNodes.length > 0 && (redisCacheDb ?? 0) !== 0)
    return ['redisCacheDb', 'a Redis Cluster has only database 0'];
  if (isShared(settings) && settings.secret === undefined)
    return ['secret', 'must be set if gateways share a Redis, to the same value on all of them'];
  return undefined;
}

function tlsMistake({ redisUrl, redisTls, redisTlsCa }: SharingSettings): Mistake | undefined {
  const isPlainUrl = redisUrl !== undefined && !/^rediss:/i.test(redisUrl);
  if (redisTls && isPlainUrl) return ['redisTls', 'the URL says redis://, which is not TLS; write rediss://'];
  const isPlain = redisUrl === undefined ? !redisTls : isPlainUrl;
  return redisTlsCa !== undefined && isPlain
    ? ['redisTlsCa', 'there is nothing to verify without TLS; write rediss:// in the URL, or set REDIS_TLS']
    : undefined;
}

/** A setting that says how to reach Redis, where there is no Redis to reach: its address was probably forgotten. */
function uselessSetting(settings: SharingSettings): Mistake | undefined {
  const { redisSentinels, redisSentinelPassword } = settings;
  if (redisSentinelPassword !== undefined && redisSentinels.length === 0)
    return ['redisSentinelPassword', 'there are no Sentinels; set REDIS_SENTINELS, or remove it'];
  if (isShared(settings)) return undefined;
  const alone = (['redisCacheDb', 'redisUsername', 'redisPassword'] as const).find(
    (name) => settings[name] !== undefined,
  );
  const name = alone ?? (settings.redisTls ? 'redisTls' : undefined);
  return name === undefined
    ? undefined
    : [name, 'there is no Redis; set REDIS_URL, REDIS_CLUSTER_NODES or REDIS_SENTINELS, or remove it'];
}
