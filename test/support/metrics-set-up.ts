/** Metrics over accounts and a cache in memory, without a gateway. */
import { createCache, type ObservedEvent } from '../../packages/askonce/src/index.ts';
import { fakeClock } from '../../packages/askonce/src/testing/index.ts';
import {
  type MetricsOptions,
  openCounting,
  openMetrics,
} from '../../packages/gateway/src/metrics/metrics.ts';
import { accountsAlone } from './accounting.ts';

/** `observe` reports an event as a cache would. */
export function metricsForTest(options: Partial<MetricsOptions> = {}) {
  const clock = fakeClock();
  const counting = openCounting(clock);
  const { accounts } = accountsAlone(clock);
  const cache = createCache({ clock });
  const metrics = openMetrics({
    counting,
    accounts,
    ledger: undefined,
    cache,
    clock,
    hasLeases: false,
    ...options,
  });
  const listeners = [counting.observe, accounts.observe];
  return {
    clock,
    metrics,
    counting,
    accounts,
    flags: cache.flags(),
    observe(event: ObservedEvent) {
      for (const listener of listeners) if (listener.types?.has(event.type) !== false) listener(event);
    },
  };
}

/** The value of a sample, named as in a scrape: `askonce_requests_total{outcome="hit"}`; undefined if there is none. */
export function sampleIn(text: string, name: string): number | undefined {
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1).split(' ')[0]);
}
