/**
 * The shared tier: one Redis for any number of processes, standalone, behind Sentinels, or a Cluster.
 *
 * No state of the server is fatal: while it cannot be used, calls fail at once, and once it is back it is used again.
 */
import type { Entry } from '../../entry/entry.ts';
import { AskonceError } from '../../errors.ts';
import type { Browse } from '../browse.ts';
import type { Found, OnRemoved, Scan, Store, StoreStatistics, TagIndex, WriteResult } from '../contract.ts';
import { Listeners } from '../listeners.ts';
import { maxFeedRows, maxLogRows, type SharedServices } from '../shared.ts';
import { Tally } from '../tally.ts';
import type { Vectors } from '../vectors.ts';
import { redisBrowse } from './entries/browse.ts';
import { entryScripts, RedisEntries, tier } from './entries/entries.ts';
import { heatScripts, redisHeat } from './entries/heat.ts';
import { redisScan } from './entries/scan.ts';
import { followingScripts, redisFollowing } from './following/following.ts';
import { leaseScripts, redisLeases } from './leases.ts';
import { logScripts, redisLog } from './log.ts';
import { maintenanceScripts, redisMaintenance } from './maintenance/maintenance.ts';
import { noticeScripts, redisMarks, redisNotices } from './notices.ts';
import type { RedisStoreOptions } from './options.ts';
import { checkedOptions } from './options.ts';
import { allMastersOf, loadScripts, send } from './server/client.ts';
import { RedisConnection } from './server/connection.ts';
import { checkEvictionPolicy } from './server/eviction-policy.ts';
import { type RedisFigures, redisFigures } from './server/statistics.ts';
import { redisSubscriber } from './server/subscriber.ts';
import { redisError } from './server/trouble.ts';
import { redisTags, tagScripts } from './tags/tags.ts';
import { redisVectors, vectorScripts } from './vectors/vectors.ts';

export { type EvictionPolicy, type RedisStoreOptions, redisStoreDefaults } from './options.ts';

export interface RedisStore extends Store {
  readonly tags: TagIndex;
  readonly scan: Scan;
  readonly browse: Browse;
  readonly vectors: Vectors;
  /** All of them. */
  readonly shared: { readonly [Service in keyof SharedServices]-?: NonNullable<SharedServices[Service]> };
  get(key: string): Promise<Found | undefined>;
  getMany(keys: readonly string[]): Promise<readonly (Found | undefined)[]>;
  set(entry: Entry): Promise<WriteResult>;
  setMany(entries: readonly Entry[]): Promise<readonly WriteResult[]>;
  delete(key: string): Promise<boolean>;
  deleteMany(keys: readonly string[]): Promise<number>;
  /** Reports only entries that could not be read: the server does not report those that it evicts or expires. */
  onRemoved(listener: OnRemoved): () => void;
  /** The driver has connected, or a Cluster has another node. */
  onRecovered(listener: () => void): () => void;
  /** The latency of the slowest master. @throws AskonceError `store_failed` if one does not answer. */
  ping(): Promise<{ readonly latencyMs: number }>;
  statistics(): Promise<StoreStatistics>;
}

const scripts = [
  ...entryScripts,
  ...heatScripts,
  ...maintenanceScripts,
  ...leaseScripts,
  ...logScripts,
  ...followingScripts,
  ...tagScripts,
  ...vectorScripts,
  ...noticeScripts,
];

/**
 * Resolves once it is connected, or once connecting has failed for now, which is reported to `onTrouble`.
 *
 * @throws AskonceError `invalid_settings`
 */
export async function redisStore(options: RedisStoreOptions): Promise<RedisStore> {
  const settings = checkedOptions(options);
  const { clock, timeoutMs } = settings;
  const tally = new Tally(clock);
  const connection = new RedisConnection(settings);
  const { client } = connection;
  const removed = new Listeners<Parameters<OnRemoved>>();
  const recovered = new Listeners();
  const heat = redisHeat({ connection, clock, timeoutMs });
  const onRemoved: OnRemoved = (keys, cause) => removed.call(keys, cause);
  const entries = new RedisEntries(connection, settings, tally, onRemoved, heat.note);
  const subscriber = redisSubscriber({ client, clock });
  const read = (keys: readonly string[]) => entries.peek(keys);
  const scan = redisScan({ ...settings, connection, read, heatOf: heat.of });
  const vectors = redisVectors({ ...settings, connection, tally, read });
  const tags = redisTags({ ...settings, client, scan, removeLostVectors: vectors.removeLost });
  const following = redisFollowing({
    ...settings,
    client,
    subscriber,
    encryption: settings.encoding.keys,
  });
  let closed = false;
  let isChecked = false;
  /** The last figures that the server gave. */
  let figures: RedisFigures = { entries: 0, bytes: 0, evictions: 0 };
  entries.indexBy(tags.index);

  /** Runs at each connection; checks the policy only once. A refusal of either does no harm now. */
  async function welcome(): Promise<void> {
    await loadScripts(client, scripts, timeoutMs);
    if (isChecked) return;
    isChecked = true;
    await checkEvictionPolicy(connection, settings).catch(() => {
      isChecked = false;
    });
  }

  await connection.opened();
  if (connection.isReady) await welcome();
  const isBack = () => recovered.call();
  connection.onReady(() => void welcome().then(isBack, isBack));
  connection.onNewMaster(isBack);

  async function missing(keys: readonly string[]): Promise<readonly (Found | undefined)[]> {
    tally.misses += keys.length;
    return keys.map(() => undefined);
  }

  async function ping(): Promise<{ latencyMs: number }> {
    const began = clock.monotonic();
    const pings = allMastersOf(client).map((node) => send(node, 'ping', [], timeoutMs));
    await Promise.all(pings).catch((error) => {
      const cause = redisError(error);
      throw new AskonceError('store_failed', `The Redis tier does not answer: ${cause.reason}.`, { cause });
    });
    return { latencyMs: clock.monotonic() - began };
  }

  async function statistics(): Promise<StoreStatistics> {
    figures = await redisFigures(connection, settings).catch(() => figures);
    return { name: tier, ...tally.snapshot(), ...figures };
  }

  return {
    name: tier,
    get: (key) => (closed ? missing([key]).then(([found]) => found) : entries.get(key)),
    getMany: (keys) => (closed ? missing(keys) : entries.getMany(keys)),
    set: (entry) => entries.set(entry),
    lookAndLease: (key, terms) =>
      closed ? { found: missing([key]), lease: undefined } : entries.lookAndLease(key, terms()),
    setAndRelease: (entry, lease) => entries.set(entry, lease),
    setMany: (all) => Promise.all(all.map((entry) => entries.set(entry))),
    delete(key) {
      heat.forget([key]);
      return entries.delete(key);
    },
    deleteMany(keys) {
      heat.forget(keys);
      return entries.deleteMany(keys);
    },
    noteHit: (key) => heat.note(key, clock.now()),
    onRemoved: (listener) => removed.add(listener),
    onRecovered: (listener) => recovered.add(listener),
    tags: { add: tags.add, find: tags.find },
    scan,
    browse: redisBrowse({ ...settings, connection, read }),
    maintenance: redisMaintenance({ ...settings, connection, heat, scan, tags: tags.upkeep }),
    vectors: { getMany: vectors.getMany, walk: vectors.walk, put: vectors.put },
    shared: {
      log: redisLog({ ...settings, client, subscriber, name: 'log', mostRows: maxLogRows }),
      feed: redisLog({ ...settings, client, subscriber, name: 'feed', mostRows: maxFeedRows }),
      leases: redisLeases({ client, timeoutMs }),
      following,
      notices: redisNotices(connection, settings),
      marks: redisMarks(connection, settings),
    },
    ping,
    statistics,
    flush: () => entries.flush(),
    async close() {
      await entries.flush();
      await heat.flush();
      closed = true;
      heat.close();
      following.close();
      tags.close();
      subscriber.close();
      connection.close();
    },
  };
}
