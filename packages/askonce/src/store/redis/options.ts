/** The options of the Redis tier and their defaults. */
import type { ConnectionOptions } from 'node:tls';
import { type Clock, systemClock } from '../../clock.ts';
import { type CompressionSettings, compressionDefaults } from '../../entry/compression.ts';
import type { KeyRing } from '../../entry/key-ring.ts';
import { AskonceError } from '../../errors.ts';
import type { OnTrouble } from '../../observe/report.ts';
import type { RedisClient } from './server/client.ts';

/** `maxmemory-policy` of a Redis server. */
export type EvictionPolicy =
  | 'volatile-lru'
  | 'volatile-lfu'
  | 'volatile-ttl'
  | 'volatile-random'
  | 'allkeys-lru'
  | 'allkeys-lfu'
  | 'allkeys-random'
  | 'noeviction';

/** Exactly one of `url`, `clusterNodes`, `sentinels` and `client` names the Redis. */
export interface RedisStoreOptions {
  /** `redis://user:password@host:port/db`, or `rediss:` for TLS. */
  readonly url?: string | undefined;
  /** Some nodes of a Cluster, `host:port` each; the others are discovered. */
  readonly clusterNodes?: readonly string[] | undefined;
  /** Sentinels, `host:port` each, with `sentinelName`. */
  readonly sentinels?: readonly string[] | undefined;
  /** Name by which the Sentinels know the master. */
  readonly sentinelName?: string | undefined;
  /** A client of ioredis, connected or not. It is used as it is, and stays open when the store is closed. */
  readonly client?: RedisClient | undefined;
  /** Number of the database. Default: the URL's, else 0, the only one of a Cluster. */
  readonly db?: number | undefined;
  /** Takes precedence over the URL's. Default: the server's default user. */
  readonly username?: string | undefined;
  /** Takes precedence over the URL's. */
  readonly password?: string | undefined;
  /** Password of the Sentinels themselves, if they require one. */
  readonly sentinelPassword?: string | undefined;
  /** TLS for a Cluster, for Sentinels and their servers, or with a certificate authority of your own. Default: as in the URL. */
  readonly tls?: boolean | Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'servername'> | undefined;
  /** First part of every key; separates deployments that share a server. Default `askonce`. */
  readonly prefix?: string | undefined;
  /** Default: zstd, level 3, above 65 536 bytes. */
  readonly compression?: Partial<CompressionSettings> | undefined;
  /**
   * Encrypts entries (`keyRing(settings.encryptionKeys)`) and their vectors, except their keys and instants. Older entries, in the clear or
   * under another key, are misses and are removed when they are next looked up. Default: not encrypted.
   */
  readonly encryption?: KeyRing | undefined;
  /** Largest entry, encoded and compressed, in bytes. Default 1 048 576. */
  readonly maxValueBytes?: number | undefined;
  /** Bound on the writes that wait for the server, in bytes; beyond it nothing is stored. Default 33 554 432 (32 MB). */
  readonly maxQueueBytes?: number | undefined;
  /** Time limit of a read of entries, and of marks, in ms. Default 50. */
  readonly budgetMs?: number | undefined;
  /** Time limit of every other step (a write, a deletion, the log, a page of a scan), in ms. Default 5 000. */
  readonly timeoutMs?: number | undefined;
  /** Time limit of one attempt to connect, and of the wait for it when the store is opened, in ms. Default 2 000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Most connections for blocking reads, besides the one for everything else: 1 to 50. Default 10. */
  readonly blockingConnections?: number | undefined;
  /** Expected `maxmemory-policy` of the server; another one is reported when the store is opened. Default `volatile-lru`. */
  readonly evictionPolicy?: EvictionPolicy | undefined;
  /** Sets that policy, if the server allows it. Default false. */
  readonly setEvictionPolicy?: boolean | undefined;
  readonly clock?: Clock | undefined;
  readonly onTrouble?: OnTrouble | undefined;
}

export const redisStoreDefaults = {
  prefix: 'askonce',
  maxValueBytes: 1_048_576,
  maxQueueBytes: 33_554_432,
  budgetMs: 50,
  timeoutMs: 5_000,
  connectTimeoutMs: 2_000,
  blockingConnections: 10,
  evictionPolicy: 'volatile-lru',
  setEvictionPolicy: false,
} as const;

const mostBlockingConnections = 50;
/** Of Node's timers. */
const longestMs = 2_147_483_647;

export type CheckedOptions = ReturnType<typeof checkedOptions>;

/** @throws AskonceError `invalid_settings` */
export function checkedOptions(options: RedisStoreOptions) {
  const number = (name: NumberName, most = Number.MAX_SAFE_INTEGER): number => {
    const value = options[name] ?? redisStoreDefaults[name];
    if (Number.isSafeInteger(value) && value >= 1 && value <= most) return value;
    return refuse(`${name} of the Redis store must be a whole number from 1 to ${most}.`);
  };
  const prefix = options.prefix ?? redisStoreDefaults.prefix;
  if (prefix === '' || /[{}]/.test(prefix))
    refuse('prefix of the Redis store must not be empty, and must have no braces.');
  return {
    place: placeOf(options),
    prefix,
    encoding: {
      ...compressionDefaults,
      ...options.compression,
      keys: options.encryption,
      vectorApart: true,
    },
    maxValueBytes: number('maxValueBytes'),
    maxQueueBytes: number('maxQueueBytes'),
    budgetMs: number('budgetMs', longestMs),
    timeoutMs: number('timeoutMs', longestMs),
    connectTimeoutMs: number('connectTimeoutMs', longestMs),
    blockingConnections: number('blockingConnections', mostBlockingConnections),
    evictionPolicy: options.evictionPolicy ?? redisStoreDefaults.evictionPolicy,
    setEvictionPolicy: options.setEvictionPolicy ?? redisStoreDefaults.setEvictionPolicy,
    clock: options.clock ?? systemClock,
    onTrouble: options.onTrouble,
  };
}

type NumberName = {
  [Name in keyof typeof redisStoreDefaults]: (typeof redisStoreDefaults)[Name] extends number ? Name : never;
}[keyof typeof redisStoreDefaults];

/** Credentials, database and TLS of a connection. */
export interface Access {
  readonly db: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly tls: ConnectionOptions | undefined;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Where Redis is. */
export type Place =
  | { readonly kind: 'client'; readonly client: RedisClient }
  | { readonly kind: 'server'; readonly address: Address; readonly access: Access }
  | { readonly kind: 'cluster'; readonly nodes: readonly Address[]; readonly access: Access }
  | {
      readonly kind: 'sentinel';
      readonly name: string;
      readonly sentinels: readonly Address[];
      readonly sentinelPassword: string | undefined;
      readonly access: Access;
    };

function placeOf(options: RedisStoreOptions): Place {
  const { url, clusterNodes, sentinels, sentinelName, client } = options;
  const ways = [url, clusterNodes, sentinels, client].filter((way) => way !== undefined);
  if (ways.length !== 1)
    return refuse('The Redis store needs exactly one of `url`, `clusterNodes`, `sentinels` and `client`.');
  if (client !== undefined) return { kind: 'client', client };
  const given = url === undefined ? undefined : parsedUrl(url);
  const access = accessOf(options, given);
  if (clusterNodes !== undefined) {
    if (access.db !== 0) refuse('db of the Redis store: a Cluster has only database 0.');
    return { kind: 'cluster', nodes: addresses('clusterNodes', clusterNodes), access };
  }
  if (sentinels !== undefined) {
    if (sentinelName === undefined || sentinelName === '')
      return refuse('sentinelName of the Redis store must be given with `sentinels`.');
    const { sentinelPassword } = options;
    return {
      kind: 'sentinel',
      name: sentinelName,
      sentinels: addresses('sentinels', sentinels),
      sentinelPassword,
      access,
    };
  }
  const { hostname = '', port = '' } = given ?? {};
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return { kind: 'server', address: { host, port: port === '' ? 6379 : Number(port) }, access };
}

/** The URL itself is never in a message: it may hold a password. */
function parsedUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const fits =
    parsed !== undefined &&
    /^rediss?:$/.test(parsed.protocol) &&
    parsed.hostname !== '' &&
    /^\/?\d{0,5}$/.test(parsed.pathname);
  if (!fits) return refuse('url of the Redis store must be redis://HOST:PORT/DB, or rediss:// for TLS.');
  return parsed;
}

function accessOf(options: RedisStoreOptions, url: URL | undefined): Access {
  const db = options.db ?? Number(url?.pathname.slice(1) ?? 0);
  if (!Number.isSafeInteger(db) || db < 0) refuse('db of the Redis store must be a whole number from 0.');
  const tls = options.tls === true || url?.protocol === 'rediss:' ? {} : undefined;
  return {
    db,
    username: options.username ?? decoded(url?.username),
    password: options.password ?? decoded(url?.password),
    tls: typeof options.tls === 'object' ? options.tls : tls,
  };
}

function decoded(part: string | undefined): string | undefined {
  if (part === undefined || part === '') return undefined;
  try {
    return decodeURIComponent(part);
  } catch {
    return refuse('url of the Redis store: user and password must be percent-encoded.');
  }
}

function addresses(name: 'clusterNodes' | 'sentinels', texts: readonly string[]): readonly Address[] {
  if (texts.length === 0) refuse(`${name} of the Redis store must name at least one, host:port each.`);
  return texts.map((text) => {
    const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:/@\s]+)):(\d{1,5})$/.exec(text) ?? [];
    const host = bracketed ?? plain;
    if (host === undefined) return refuse(`${name} of the Redis store must be host:port each.`);
    return { host, port: Number(port) };
  });
}

function refuse(message: string): never {
  throw new AskonceError('invalid_settings', message);
}
