/** Creates the driver's clients, configured so that no command waits for a connection and none is sent twice. */
import { Cluster, type CommonRedisOptions, Redis, type RedisOptions } from 'ioredis';
import type { Access, Place } from '../options.ts';
import type { RedisClient } from './client.ts';

const firstDelayMs = 50;
const longestDelayMs = 2_000;
const slotsRefreshMs = 5_000;

export interface DriverTimes {
  readonly connectTimeoutMs: number;
  /** Time without an answer after which the connection is closed, in ms; never if undefined. */
  readonly silenceMs?: number | undefined;
}

function common({ connectTimeoutMs, silenceMs }: DriverTimes) {
  return {
    ...(silenceMs === undefined ? {} : { socketTimeout: silenceMs }),
    connectTimeout: connectTimeoutMs,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    enableReadyCheck: true,
    retryStrategy: delayBefore,
  } satisfies CommonRedisOptions;
}

export function connect(place: Exclude<Place, { kind: 'client' }>, times: DriverTimes): RedisClient {
  const options = common(times);
  const access = accessOptions(place.access);
  const asked = { ...options, ...access, reconnectOnError: isDemoted };
  if (place.kind === 'server') return readyWithoutInfo(listenedTo(new Redis({ ...asked, ...place.address })));
  if (place.kind === 'cluster') return cluster(place, options);
  const behindSentinels = new Redis({
    ...asked,
    sentinels: place.sentinels.map((address) => ({ ...address })),
    name: place.name,
    sentinelRetryStrategy: delayBefore,
    // The option may end a connecting client for good; Sentinels themselves close the connections of a demoted master.
    failoverDetector: false,
    ...(place.sentinelPassword === undefined ? {} : { sentinelPassword: place.sentinelPassword }),
    ...(access.tls === undefined ? {} : { enableTLSForSentinelMode: true, sentinelTLS: access.tls }),
  });
  return readyWithoutInfo(listenedTo(behindSentinels));
}

/** Another connection to the server of a client, which connects when it is asked to. Its errors are its commands' alone. */
export function another(client: Redis, options: RedisOptions): Redis {
  return listenedTo(
    client.duplicate({
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
      ...options,
    }),
  );
}

/**
 * Keeps errors of a client's connections from ending the process. Node may report two of one TLS connection: the
 * certificate is refused while the connection is being closed, and then the server complains. The driver listens for one.
 */
function listenedTo(client: Redis): Redis {
  return client.on('error', () => {
    const stream: Redis['stream'] | undefined = client.stream;
    if (stream?.listeners('error').includes(ignore) === false) stream.on('error', ignore);
  });
}

function ignore(): void {}

type OnInfo = (error: Error | null, text?: string) => void;

/**
 * Has a server that refuses `INFO`, or gives it no name, count as ready. The driver asks it before it uses a connection;
 * without this it would never use one to such a server, or print a notice of its own with each.
 */
function readyWithoutInfo(client: Redis): Redis {
  const info = async (done: OnInfo): Promise<void> => {
    try {
      done(null, String(await client.call('info')));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (/^(?:NOPERM|ERR unknown command)/.test(error.message)) done(null, '');
      else done(error);
    }
  };
  return Object.defineProperty(client, 'info', { value: info });
}

function cluster(
  { nodes, access }: Extract<Place, { kind: 'cluster' }>,
  options: ReturnType<typeof common>,
): Cluster {
  const { retryStrategy: _whole, enableOfflineQueue: _nodes, ...nodeOptions } = options;
  const { db: _onlyOne, ...credentials } = accessOptions(access);
  const made = new Cluster(
    nodes.map((node) => ({ ...node })),
    {
      // The queue lets a connecting node accept commands; while the Cluster is not ready, `send` sends none.
      enableOfflineQueue: true,
      redisOptions: { ...nodeOptions, ...credentials },
      clusterRetryStrategy: delayBefore,
      slotsRefreshInterval: slotsRefreshMs,
      slotsRefreshTimeout: options.connectTimeout,
      // A command that may have been executed is not sent again.
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
      // Certificates name hosts, not addresses.
      ...(access.tls === undefined ? {} : { dnsLookup: (host, found) => found(null, host) }),
    },
  );
  return made.on('+node', listenedTo);
}

function accessOptions({ db, username, password, tls }: Access) {
  return {
    db,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : { tls }),
  };
}

/** Reconnecting finds the current master. */
function isDemoted(error: Error): boolean {
  return error.message.startsWith('READONLY');
}

/** The pause before an attempt to connect: it doubles up to a limit, and varies, so that clients do not return together. */
function delayBefore(attempt: number): number {
  const delay = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(attempt - 1, 16));
  return Math.ceil(delay * (0.5 + Math.random() / 2));
}
