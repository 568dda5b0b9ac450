/**
 * The settings of a shared Redis: where it is, how to get in, and what is wrong together.
 */
import { AskonceError, type Setting } from 'askonce';
import { z } from 'zod';
import { address } from './address.ts';
import { optional } from './optional.ts';

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
  redisUrl: {
    env: ['REDIS_URL'],
    schema: optional(url),
    default: undefined,
    about:
      'One Redis that gateways share: redis://user:password@host:6379/0, rediss:// for TLS. With any Redis set, tiers are memory over Redis, and ASKONCE_SECRET must be set, the same for all.',
    secret: true,
  },
  redisClusterNodes: {
    env: ['REDIS_CLUSTER_NODES'],
    schema: z.array(address).max(64),
    default: [],
    about: 'Some nodes of a Redis Cluster that gateways share, host:port each; the others are found by them.',
  },
  redisSentinels: {
    env: ['REDIS_SENTINELS'],
    schema: z.array(address).max(64),
    default: [],
    about: 'Sentinels that know where the shared Redis is, host:port each; with REDIS_SENTINEL_NAME.',
  },
  redisSentinelName: {
    env: ['REDIS_SENTINEL_NAME'],
    schema: optional(z.string().min(1).max(256)),
    default: undefined,
    about: 'Name by which the Sentinels know the master.',
  },
  redisCacheDb: {
    env: ['REDIS_CACHE_DB'],
    schema: optional(z.number().int().min(0).max(65_535)),
    default: undefined,
    about: "Number of the Redis database. Unset: the URL's, else 0. A Cluster has only 0.",
  },
  redisUsername: {
    env: ['REDIS_USERNAME'],
    schema: optional(z.string().min(1).max(1024)),
    default: undefined,
    about: "User for Redis; goes before the URL's. Unset: the default user.",
  },
  redisPassword: {
    env: ['REDIS_PASSWORD'],
    schema: optional(z.string().min(1).max(4096)),
    default: undefined,
    about: "Password for Redis; goes before the URL's.",
    secret: true,
  },
  redisSentinelPassword: {
    env: ['REDIS_SENTINEL_PASSWORD'],
    schema: optional(z.string().min(1).max(4096)),
    default: undefined,
    about: 'Password for the Sentinels themselves, where they want one.',
    secret: true,
  },
  redisTls: {
    env: ['REDIS_TLS'],
    schema: z.boolean(),
    default: false,
    about: 'Whether Redis is spoken to by TLS, for a Cluster or Sentinels; a URL says so by rediss://.',
  },
  redisTlsCa: {
    env: ['REDIS_TLS_CA'],
    schema: optional(z.string().min(1).max(4096)),
    default: undefined,
    about: "File (PEM) with the certificates that Redis's own is checked against. Unset: the machine's.",
  },
  redisPoolSize: {
    env: ['ASKONCE_REDIS_POOL'],
    schema: z.number().int().min(1).max(50),
    default: 10,
    about: 'Connections to Redis for blocking reads, at most; everything else shares one.',
  },
  evictionPolicy: {
    env: ['CACHE_EVICTION_POLICY'],
    schema: z.enum(policies),
    default: 'volatile-lru',
    about:
      "What Redis's maxmemory-policy should be; another one there is told in the log. With allkeys-* Redis may drop control keys, and everything kept with them.",
  },
  setEvictionPolicy: {
    env: ['ASKONCE_SET_EVICTION_POLICY'],
    schema: z.boolean(),
    default: false,
    about: 'Whether the gateway sets that policy at start, where the server allows it.',
  },
} as const satisfies Record<string, Setting<unknown>>;

type RedisSettings = {
  readonly [Name in keyof typeof redisSettings]: z.output<(typeof redisSettings)[Name]['schema']>;
};

/** Whether a Redis is set, so that answers are shared with other gateways. */
export function isShared(
  settings: Pick<RedisSettings, 'redisUrl' | 'redisClusterNodes' | 'redisSentinels'>,
): boolean {
  const { redisUrl, redisClusterNodes, redisSentinels } = settings;
  return redisUrl !== undefined || redisClusterNodes.length > 0 || redisSentinels.length > 0;
}

/** @throws AskonceError `invalid_settings` where what is set does not go together. */
export function refuseMixedRedis(settings: RedisSettings & { readonly secret?: string | undefined }): void {
  const wrong = mistake(settings);
  if (wrong !== undefined) throw new AskonceError('invalid_settings', wrong);
}

function mistake(settings: RedisSettings & { readonly secret?: string | undefined }): string | undefined {
  const { redisUrl, redisClusterNodes, redisSentinels, redisSentinelName, redisCacheDb, redisTls } = settings;
  const ways = [redisUrl !== undefined, redisClusterNodes.length > 0, redisSentinels.length > 0];
  if (ways.filter(Boolean).length > 1)
    return 'redisUrl (REDIS_URL): only one of REDIS_URL, REDIS_CLUSTER_NODES and REDIS_SENTINELS can be set';
  if (redisSentinels.length > 0 && redisSentinelName === undefined)
    return 'redisSentinelName (REDIS_SENTINEL_NAME): must be set with REDIS_SENTINELS';
  if (redisSentinelName !== undefined && redisSentinels.length === 0)
    return 'redisSentinels (REDIS_SENTINELS): must be set with REDIS_SENTINEL_NAME';
  if (redisClusterNodes.length > 0 && (redisCacheDb ?? 0) !== 0)
    return 'redisCacheDb (REDIS_CACHE_DB): a Redis Cluster has only database 0';
  if (redisTls && redisUrl !== undefined && !/^rediss:/i.test(redisUrl))
    return 'redisTls (REDIS_TLS): the URL says redis://, which is not TLS; write rediss://';
  if (isShared(settings) && settings.secret === undefined)
    return 'secret (ASKONCE_SECRET): must be set where gateways share a Redis, the same for all of them';
  return undefined;
}
