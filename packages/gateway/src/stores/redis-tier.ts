/**
 * The tier that gateways share: one Redis, used only once it has been reached and if this gateway has the others' secret.
 */
import { readFileSync } from 'node:fs';
import { breaker, type SettingSource, wrongSetting } from 'askonce/gateway-kit';
import type { RedisStoreOptions } from 'askonce/redis';
import { type OnTrouble, switched, wrapped } from 'askonce/store';
import { addressText } from '../settings/address.ts';
import type { GatewaySettings } from '../settings/table.ts';
import { asItIs, encodingOf, type GatewayStoreOptions, type LowerTier } from './lower-tier.ts';
import { checkSecret, type SecretCheck, type SecretState } from './secret-check.ts';
import type { ComponentHealth } from './tier-health.ts';
import { statisticsInTime, tierHealth } from './tier-health.ts';
import { withheldStore } from './withheld-store.ts';

/** Why Redis is not used; logged once, when it begins. */
const otherSecret =
  "this gateway's ASKONCE_SECRET differs from that of the others that share this Redis: it stores and invalidates nothing until it is started with theirs";
const notReached = 'Redis has not been reached yet';

export async function openRedisTier(
  {
    settings,
    sourceOf,
    secret,
    flags,
    clock,
    log,
    observe,
    isCheck = false,
    timed = asItIs,
  }: GatewayStoreOptions,
  onTrouble: OnTrouble,
): Promise<LowerTier> {
  // Loaded on first use: a gateway without Redis has no need of the driver.
  const { redisStore } = await import('askonce/redis');
  const redis = await redisStore({
    ...encodingOf(settings),
    ...connectionOf(settings, sourceOf('redisTlsCa')),
    prefix: settings.cachePrefix,
    budgetMs: settings.storeBudgetMs,
    blockingConnections: settings.redisPoolSize,
    evictionPolicy: settings.evictionPolicy,
    setEvictionPolicy: settings.setEvictionPolicy,
    clock,
    onTrouble,
  });
  const onState = (state: SecretState): void => {
    if (state === 'refused') log.warn(otherSecret);
    else log.info('answers are shared by Redis');
  };
  const check = await checkSecret({
    secret,
    notices: redis.shared.notices,
    claims: !isCheck,
    clock,
    onState,
    onBack: () => log.info('Redis answers again'),
  });
  // What the breaker holds back is no call of the store.
  const guarded = breaker(timed(redis), {
    failures: settings.breakerFailures,
    openMs: settings.breakerMs,
    budgetMs: settings.storeBudgetMs,
    clock,
    onChange({ store, side, state }) {
      if (state !== 'half-open') observe({ type: 'breaker', store, side, open: state === 'open' });
    },
  });
  const withheld = withheldStore(
    switched(guarded, (key) => flags.isOn('redisCache', key)),
    () => reasonNotToUse(check),
  );
  return {
    store: wrapped(withheld, {
      // A hanging server must not delay statistics for as long as a deletion may take.
      statistics: statisticsInTime(redis, clock),
      async close() {
        check.close();
        await redis.close();
      },
    }),
    async health(): Promise<ComponentHealth> {
      const states = guarded.states();
      const reason = reasonNotToUse(check);
      if (reason !== undefined) return { status: 'down', reason, breaker: states };
      const figures = await tierHealth(redis, clock, () => redis.ping());
      const isClosed = states.reads === 'closed' && states.writes === 'closed';
      const status = isClosed || figures.status === 'down' ? figures.status : 'degraded';
      return { ...figures, status, breaker: states };
    },
  };
}

/** Why Redis must not be used; undefined if it may. */
function reasonNotToUse({ state }: SecretCheck): string | undefined {
  if (state === 'refused') return otherSecret;
  return state === 'waiting' ? notReached : undefined;
}

function connectionOf(settings: GatewaySettings, ofCa: SettingSource): Partial<RedisStoreOptions> {
  const { redisClusterNodes, redisSentinels, redisTls, redisTlsCa } = settings;
  const ca = redisTlsCa === undefined ? undefined : readCertificates(redisTlsCa, ofCa);
  return {
    url: settings.redisUrl,
    clusterNodes: redisClusterNodes.length === 0 ? undefined : redisClusterNodes.map(addressText),
    sentinels: redisSentinels.length === 0 ? undefined : redisSentinels.map(addressText),
    sentinelName: settings.redisSentinelName,
    sentinelPassword: settings.redisSentinelPassword,
    db: settings.redisCacheDb,
    username: settings.redisUsername,
    password: settings.redisPassword,
    tls: ca === undefined ? redisTls : { ca },
  };
}

/** @throws AskonceError `invalid_settings` */
function readCertificates(path: string, source: SettingSource): string {
  try {
    const text = readFileSync(path, 'utf8');
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw wrongSetting(source, reason, { cause });
  }
  throw wrongSetting(source, `${path} holds no certificate; name a file in PEM`);
}
