/**
 * The tier that gateways share: one Redis, used only while it is reached and this gateway's secret is that of the others.
 */
import { readFileSync } from 'node:fs';
import { AskonceError, type ObservedEvent, type OnTrouble } from 'askonce';
import { type RedisStoreOptions, redisStore } from 'askonce/redis';
import type { ComponentHealth } from '../admin/health.ts';
import { written } from '../settings/address.ts';
import type { GatewaySettings } from '../settings/table.ts';
import { encodingOf, type KeptStoreOptions, type LowerTier } from './lower-tier.ts';
import { checkSecret, type SecretCheck, type Standing } from './secret-check.ts';
import { rounded, tierHealth } from './tier-health.ts';
import { withheldStore } from './withheld-store.ts';

const otherSecret =
  "this gateway's ASKONCE_SECRET is not that of the others that share this Redis: it keeps nothing and takes nothing back until it is started with theirs";

export async function openRedisTier(
  { settings, secret, clock, log }: KeptStoreOptions,
  onTrouble: OnTrouble,
): Promise<LowerTier> {
  const redis = await redisStore({
    ...encodingOf(settings),
    ...placeOf(settings),
    prefix: settings.cachePrefix,
    budgetMs: settings.storeBudgetMs,
    blockingConnections: settings.redisPoolSize,
    evictionPolicy: settings.evictionPolicy,
    setEvictionPolicy: settings.setEvictionPolicy,
    clock,
    onTrouble,
  });
  const onStanding = (standing: Standing): void => {
    if (standing === 'refused') log.warn(otherSecret);
    else log.info('answers are shared by Redis');
  };
  const check = await checkSecret({
    secret,
    notices: redis.notices,
    clock,
    onStanding,
    onBack: () => log.info('Redis answers again'),
  });
  const breaker = new BreakerStates();
  const withheld = withheldStore(redis, () => objection(check));
  return {
    store: {
      ...withheld,
      async close() {
        check.close();
        await redis.close();
      },
    },
    observe: (event) => breaker.note(event),
    async health(): Promise<ComponentHealth> {
      const figures = await tierHealth(redis, clock);
      const reason = objection(check) ?? (check.isReachable ? undefined : 'Redis does not answer');
      const told = { ...figures, latencyMs: rounded(check.latencyMs ?? 0), breaker: breaker.states };
      if (reason !== undefined) return { status: 'down', reason, breaker: breaker.states };
      return { ...told, status: breaker.isClosed ? figures.status : 'degraded' };
    },
  };
}

/** What stands against using Redis. */
function objection({ standing }: SecretCheck): string | undefined {
  if (standing === 'refused') return otherSecret;
  return standing === 'waiting' ? 'Redis has not been reached yet' : undefined;
}

function placeOf(settings: GatewaySettings): Partial<RedisStoreOptions> {
  const { redisClusterNodes, redisSentinels, redisTls, redisTlsCa } = settings;
  const ca = redisTlsCa === undefined ? undefined : readCertificates(redisTlsCa);
  return {
    url: settings.redisUrl,
    clusterNodes: redisClusterNodes.length === 0 ? undefined : redisClusterNodes.map(written),
    sentinels: redisSentinels.length === 0 ? undefined : redisSentinels.map(written),
    sentinelName: settings.redisSentinelName,
    sentinelPassword: settings.redisSentinelPassword,
    db: settings.redisCacheDb,
    username: settings.redisUsername,
    password: settings.redisPassword,
    tls: ca === undefined ? redisTls : { ca },
  };
}

/** @throws AskonceError `invalid_settings` */
function readCertificates(path: string): string {
  try {
    const text = readFileSync(path, 'utf8');
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AskonceError('invalid_settings', `redisTlsCa (REDIS_TLS_CA): ${reason}`, { cause });
  }
  throw new AskonceError('invalid_settings', `redisTlsCa (REDIS_TLS_CA): ${path} holds no certificate (PEM)`);
}

/** Whether reads and writes go to Redis, or leave it alone after failures. */
class BreakerStates {
  readonly #open = { reads: false, writes: false };

  note(event: ObservedEvent): void {
    if (event.type === 'breaker') this.#open[event.side] = event.open;
  }

  get isClosed(): boolean {
    return !this.#open.reads && !this.#open.writes;
  }

  get states(): Readonly<Record<'reads' | 'writes', 'open' | 'closed'>> {
    const word = (open: boolean) => (open ? 'open' : 'closed');
    return { reads: word(this.#open.reads), writes: word(this.#open.writes) };
  }
}
