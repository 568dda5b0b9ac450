/**
 * The health of a gateway, component by component: whether it works, how long it took to answer, and what memory it takes.
 * A component that does not answer in time is down; the report never waits for it longer.
 */
import type { Cache, CacheStatistics, Clock } from 'askonce';
import type { Accounting } from '../ledger/accounting.ts';
import { ledgerHealth } from '../ledger/health.ts';
import type { AuditFile } from '../log/audit-file.ts';
import { heapLimit, memoryLimit } from '../metrics/memory.ts';
import type { ProxyContext } from '../proxy/context.ts';
import type { GatewayStore } from '../stores/stores.ts';
import { type ComponentHealth, roundedMs } from '../stores/tier-health.ts';

export interface HealthReport {
  readonly status: 'ok' | 'degraded';
  readonly components: Readonly<Record<string, ComponentHealth>>;
  readonly semantic: CacheStatistics['semantic'];
}

/** What is asked for its health. */
export interface HealthOptions {
  readonly cache: Pick<Cache, 'statistics'>;
  readonly stores: Pick<GatewayStore, 'health'>;
  readonly accounting: Pick<Accounting, 'ledger'>;
  /** Absent where nothing is maintained. */
  readonly maintenance?: (() => Promise<ComponentHealth>) | undefined;
  /** Undefined if no changes are written to a file. */
  readonly auditFile?: Pick<AuditFile, 'health'> | undefined;
  readonly capture: ProxyContext['capture'];
  readonly clock: Clock;
}

/** Calls at the same time share one check, so that many of them ask the stores no more than one does. */
export function healthCheck(options: HealthOptions): () => Promise<HealthReport> {
  let checking: Promise<HealthReport> | undefined;
  return () => {
    checking ??= check(options).finally(() => {
      checking = undefined;
    });
    return checking;
  };
}

async function check({
  cache,
  stores,
  accounting,
  maintenance,
  auditFile,
  capture,
  clock,
}: HealthOptions): Promise<HealthReport> {
  const { ledger } = accounting;
  const [tiers, { flights, logIsCurrent, semantic }, ledgerNow, maintained, ownProcess] = await Promise.all([
    stores.health(),
    cache.statistics(),
    ledger && ledgerHealth(ledger, clock),
    maintenance?.(),
    processHealth(clock),
  ]);
  const components = {
    ...tiers,
    log: { status: logIsCurrent ? ('ok' as const) : ('degraded' as const), isCurrent: logIsCurrent },
    flights: { status: 'ok' as const, underWay: flights },
    ...(ledgerNow !== undefined && { ledger: ledgerNow }),
    ...(maintained !== undefined && { maintenance: maintained }),
    ...(auditFile !== undefined && { audit: { ...auditFile.health } }),
    ...(capture !== undefined && { capture: { status: 'ok' as const, ...capture.figures } }),
    process: ownProcess,
  };
  return reportOf(components, semantic);
}

/** Its latency is one turn of the event loop, for which every request waits. */
async function processHealth(clock: Clock): Promise<ComponentHealth> {
  const began = clock.monotonic();
  await new Promise((resolve) => setImmediate(resolve));
  const latencyMs = roundedMs(clock.monotonic() - began);
  const { heapUsed, rss } = process.memoryUsage();
  return {
    status: 'ok',
    latencyMs,
    heapBytes: heapUsed,
    maxHeapBytes: heapLimit(),
    residentBytes: rss,
    maxResidentBytes: memoryLimit(),
  };
}

/** A component in trouble costs hits, not answers: the gateway is degraded, and no load balancer should remove it. */
function reportOf(
  components: Readonly<Record<string, ComponentHealth>>,
  semantic: CacheStatistics['semantic'],
): HealthReport {
  const isWell =
    semantic.state !== 'degraded' && Object.values(components).every(({ status }) => status === 'ok');
  return { status: isWell ? 'ok' : 'degraded', components, semantic };
}
