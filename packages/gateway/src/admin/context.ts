/**
 * What admin calls work on: the cache, the log, and the health of every part.
 */
import { type Cache, tag, tagDigester } from 'askonce';
import type { GatewayLog } from '../log/log.ts';
import type { KeptStore } from '../stores/stores.ts';
import type { AdminContext } from './call.ts';
import { reportOf } from './health.ts';

export interface AdminContextOptions {
  readonly cache: Cache;
  readonly kept: KeptStore;
  readonly secret: string;
  readonly log: GatewayLog;
}

export function adminContext({ cache, kept, secret, log }: AdminContextOptions): AdminContext {
  const digestTag = tagDigester(secret);
  return {
    cache,
    log,
    digestUser: (user) => digestTag(tag('user', user)),
    async health() {
      const [tiers, { flights, logIsCurrent }] = await Promise.all([kept.health(), cache.statistics()]);
      const { heapUsed, rss } = process.memoryUsage();
      return reportOf({
        ...tiers,
        log: { status: logIsCurrent ? 'ok' : 'degraded', isCurrent: logIsCurrent },
        flights: { status: 'ok', underWay: flights },
        process: { status: 'ok', heapBytes: heapUsed, residentBytes: rss },
      });
    },
  };
}
