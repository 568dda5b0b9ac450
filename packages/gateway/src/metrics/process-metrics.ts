/**
 * Metrics of the process, under the names that prom-client gives them: processor time, memory, event loop, garbage
 * collection. They are about the process, so the gateways in one process share them.
 */
import { collectDefaultMetrics, Registry } from 'prom-client';

type Reading = Awaited<ReturnType<Registry['getMetricsAsJSON']>>[number];

export interface ProcessMetric {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  read(): Promise<Reading>;
}

/** Milliseconds between two looks at the event loop: the usual 10 wake up an idle process ten times as often as this. */
const loopPrecisionMs = 100;

/** Figures of the event loop that are a nonsensical number until a delay was measured, and say little then. */
const left = new Set(['nodejs_eventloop_lag_min_seconds', 'nodejs_eventloop_lag_stddev_seconds']);

let found: readonly ProcessMetric[] | undefined;

/** Watches the process from the first call on. */
export function processMetrics(): readonly ProcessMetric[] {
  found ??= watched();
  return found;
}

function watched(): readonly ProcessMetric[] {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: loopPrecisionMs });
  return registry.getMetricsAsArray().flatMap(({ name, help, type }) => {
    const metric = registry.getSingleMetric(name);
    const kind = String(type);
    // Left out: gauges by the name of a counter, against which promtool warns (active handles, requests and resources).
    if (metric === undefined || (kind === 'gauge' && name.endsWith('_total')) || left.has(name)) return [];
    return [{ name, help, type: kind, read: () => metric.get() }];
  });
}
