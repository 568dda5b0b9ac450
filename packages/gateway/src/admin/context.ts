/**
 * What admin calls work on: the cache, the log, and the health of every component.
 */
import type { Cache, Clock } from 'askonce';
import { tag, tagDigester } from 'askonce/gateway-kit';
import type { Accounting } from '../ledger/accounting.ts';
import type { AuditFile } from '../log/audit-file.ts';
import type { GatewayLog } from '../log/log.ts';
import { maintenanceHealth } from '../maintenance/runs.ts';
import type { MaintenanceSchedule } from '../maintenance/schedule.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { ProxyContext } from '../proxy/context.ts';
import type { GatewayStore } from '../stores/stores.ts';
import type { Warming } from '../warming/warming.ts';
import type { Audit } from './audit.ts';
import type { EventFeed } from './events/feed.ts';
import { type HealthReport, healthCheck } from './health.ts';

export interface AdminContext {
  readonly cache: Cache;
  readonly log: GatewayLog;
  readonly clock: Clock;
  /** Records a change that an admin call makes. Every call that changes something uses it. */
  readonly audit: Audit;
  /** What is counted, and the ledger, which is undefined if it is off. */
  readonly accounting: Pick<Accounting, 'accounts' | 'ledger' | 'prices'>;
  /** Undefined if metrics are turned off. */
  readonly metrics: Pick<Metrics, 'json' | 'performance'> | undefined;
  /** Undefined where nothing runs by the clock. */
  readonly maintenance?: Pick<MaintenanceSchedule, 'nextAt' | 'signal'> | undefined;
  /** What happens, for streams. Absent where nothing reports it. */
  readonly events?: EventFeed | undefined;
  /** Whether the gateway shuts down: then streams end. */
  readonly isEnding?: (() => boolean) | undefined;
  /** How a client's request becomes one to the cache. */
  readonly routing: Pick<ProxyContext, 'directory' | 'trustsHeaders' | 'requestCacheControl'>;
  /** Jobs that warm the cache, loaded with the first of them. */
  warming(): Promise<Warming>;
  /** Digest under the gateway's secret of a tag, by which the audit log names what is not in clear text. */
  digestTag(text: string): string;
  /** The same of a user. */
  digestUser(user: string): string;
  /** Vouches, under the secret, for what a list's cursor says. */
  digestCursor(text: string): string;
  /** The same of a tenant, by which the ledger knows it. */
  digestTenant(tenant: string): string;
  health(): Promise<HealthReport>;
}

export interface AdminContextOptions {
  readonly cache: Cache;
  readonly stores: GatewayStore;
  readonly accounting: Accounting;
  readonly metrics: Metrics | undefined;
  readonly audit: Audit;
  /** Undefined if the audit log has no file. */
  readonly auditFile?: Pick<AuditFile, 'health'> | undefined;
  readonly secret: string;
  readonly events?: EventFeed | undefined;
  readonly proxy: ProxyContext;
  readonly warming: () => Promise<Warming>;
}

export function adminContext({
  cache,
  stores,
  accounting,
  metrics,
  audit,
  auditFile,
  secret,
  events,
  proxy,
  warming,
}: AdminContextOptions): AdminContext {
  const { log, clock, capture } = proxy;
  const digestTag = tagDigester(secret);
  return {
    cache,
    log,
    clock,
    audit,
    accounting,
    metrics,
    maintenance: proxy.maintenance,
    events,
    isEnding: () => proxy.traffic.draining,
    routing: proxy,
    warming,
    digestTag,
    digestUser: (user) => digestTag(tag('user', user)),
    digestCursor: (text) => digestTag(`cursor=${text}`),
    digestTenant: (tenant) => digestTag(tag('tenant', tenant)),
    health: healthCheck({
      ...{ cache, stores, accounting, auditFile, capture, clock },
      maintenance: maintenanceHealth({ cache, ledger: accounting.ledger, clock }),
    }),
  };
}
