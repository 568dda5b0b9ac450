/**
 * The parts of the dashboard of the cache that are about its stores, the semantic tier and the gateway's process.
 */
import type { Row } from './dashboard.ts';
import { graph, metric, own, quantile, rate, rateBy, stacked } from './panel.ts';

const stores: Row = {
  title: 'Stores',
  panels: [
    graph({
      title: 'Entries',
      description: 'By tier. Gateways that share a Redis see the same entries there.',
      unit: 'short',
      queries: [{ expression: `max by (tier) (${own('tier_entries')})`, legend: '{{tier}}' }],
    }),
    graph({
      title: 'Share of the bound',
      description: 'Bytes of a tier, of those that it may take. At 1 it makes room.',
      unit: 'percentunit',
      queries: [
        {
          expression: `max by (tier) (${own('tier_bytes')} / ${own('tier_limit_bytes')})`,
          legend: '{{tier}}',
        },
      ],
    }),
    graph({
      title: 'Lookups that found an entry',
      description: 'By tier; a lower tier is asked only for what the upper one lacks.',
      unit: 'percentunit',
      queries: [
        {
          expression: `${rateBy('tier', 'tier_hits_total')} / (${rateBy('tier', 'tier_hits_total')} + ${rateBy('tier', 'tier_misses_total')})`,
          legend: '{{tier}}',
        },
      ],
    }),
    graph({
      title: 'Times of calls, 99 %',
      description: 'Calls of the tier below memory.',
      unit: 's',
      queries: [
        {
          expression: quantile(0.99, 'store_duration_seconds', 'tier, operation'),
          legend: '{{tier}} {{operation}}',
        },
      ],
    }),
    graph({
      title: 'Calls of stores',
      description: 'Calls of the tier below memory; one may be for several entries.',
      unit: 'ops',
      queries: [
        {
          expression: rateBy('tier, operation', 'store_duration_seconds_count'),
          legend: '{{tier}} {{operation}}',
        },
      ],
    }),
    graph({
      title: 'Trouble',
      description: 'Failures and time-outs that requests went on without, and calls of a tier that failed.',
      unit: 'ops',
      queries: [
        { expression: rateBy('store, operation', 'store_trouble_total'), legend: '{{store}} {{operation}}' },
        { expression: rateBy('tier', 'store_failures_total'), legend: 'failed: {{tier}}' },
      ],
    }),
    graph({
      title: 'Breakers',
      description: '1 while the breaker of a store holds back reads or writes.',
      unit: 'short',
      queries: [
        { expression: `max by (store, side) (${own('breaker_open')})`, legend: '{{store}} {{side}}' },
        { expression: rateBy('store, side', 'breaker_opened_total'), legend: 'opened: {{store}} {{side}}' },
      ],
    }),
    stacked({
      title: 'Entries that are gone, by cause',
      description: 'As far as the gateways know: a Redis does not report what it evicts or expires.',
      unit: 'ops',
      queries: [
        { expression: rateBy('cause', 'removed_entries_total'), legend: '{{cause}}' },
        { expression: rateBy('tier', 'tier_evictions_total'), legend: 'evicted from {{tier}}' },
      ],
    }),
    graph({
      title: 'Size of answers, and compression',
      description: 'Bytes of stored answers, and what encoding leaves of them.',
      unit: 'bytes',
      queries: [
        { expression: quantile(0.5, 'value_size_bytes'), legend: '50 %' },
        { expression: quantile(0.95, 'value_size_bytes'), legend: '95 %' },
        { expression: rateBy('side', 'encoded_bytes_total'), legend: '{{side}} encoding, a second' },
      ],
    }),
  ],
};

const invalidation: Row = {
  title: 'Invalidation and maintenance',
  panels: [
    graph({
      title: 'Invalidations',
      description: 'Invalidations that have completed, by cause.',
      unit: 'ops',
      queries: [{ expression: rateBy('cause', 'invalidations_total'), legend: '{{cause}}' }],
    }),
    graph({
      title: 'Entries that they removed',
      description: 'By the cause of the invalidation.',
      unit: 'ops',
      queries: [{ expression: rateBy('cause', 'invalidated_entries_total'), legend: '{{cause}}' }],
    }),
    graph({
      title: 'Maintenance',
      description: 'Runs by their outcome, and what they removed, within the time shown.',
      unit: 'short',
      queries: [
        {
          expression: `sum by (outcome) (increase(${own('maintenance_runs_total')}[$__range]))`,
          legend: 'runs: {{outcome}}',
        },
        {
          expression: `sum by (kind) (increase(${own('maintenance_removed_total')}[$__range]))`,
          legend: 'removed: {{kind}}',
        },
      ],
    }),
  ],
};

export const storeRows: readonly Row[] = [stores, invalidation];

export const semanticRow: Row = {
  title: 'The semantic tier',
  panels: [
    stacked({
      title: 'Gates and guards',
      description: 'Questions that a gate kept out, and stored questions nearby that a guard vetoed.',
      unit: 'ops',
      queries: [
        { expression: rateBy('gate', 'semantic_gate_total'), legend: 'gate: {{gate}}' },
        { expression: rateBy('guard', 'semantic_veto_total'), legend: 'guard: {{guard}}' },
      ],
    }),
    graph({
      title: 'Verdicts, audits, feedback',
      description: 'What the verifier says, what audits find, and what clients report.',
      unit: 'ops',
      queries: [
        { expression: rateBy('verdict', 'semantic_verdict_total'), legend: 'verifier: {{verdict}}' },
        { expression: rateBy('verdict', 'semantic_label_total'), legend: 'audit: {{verdict}}' },
        { expression: rateBy('verdict', 'semantic_feedback_total'), legend: 'feedback: {{verdict}}' },
        { expression: rate('semantic_audit_total'), legend: 'audits' },
        { expression: rate('semantic_shadow_total'), legend: 'in shadow' },
      ],
    }),
    graph({
      title: 'Trouble and paid calls',
      description: '1 while a part is in trouble, its failures, and calls of services that are paid for.',
      unit: 'short',
      queries: [
        { expression: `max by (part) (${own('semantic_degraded')})`, legend: 'in trouble: {{part}}' },
        { expression: rateBy('part', 'semantic_trouble_total'), legend: 'failures: {{part}}' },
        { expression: rateBy('part', 'semantic_calls_total'), legend: 'calls: {{part}}' },
      ],
    }),
  ],
};

export const gatewayRow: Row = {
  title: 'The gateways',
  panels: [
    stacked({
      title: 'Errors, by whose fault',
      description: 'Requests of clients that ended with an error of the gateway.',
      unit: 'reqps',
      queries: [
        { expression: rateBy('fault', 'replies_total', 'fault!="none"'), legend: '{{fault}}' },
        { expression: rateBy('code', 'error_replies_total'), legend: 'code {{code}}' },
      ],
    }),
    graph({
      title: 'Memory',
      description: 'Resident memory and heap, as shares of their limits.',
      unit: 'percentunit',
      queries: [
        {
          expression: `${metric('process_resident_memory_bytes')} / on (job, instance) ${own('memory_limit_bytes')}`,
          legend: 'resident {{instance}}',
        },
        {
          expression: `${metric('nodejs_heap_size_used_bytes')} / on (job, instance) ${own('heap_limit_bytes')}`,
          legend: 'heap {{instance}}',
        },
      ],
    }),
    graph({
      title: 'Resident memory',
      description: 'In bytes.',
      unit: 'bytes',
      queries: [
        {
          expression: `${metric('process_resident_memory_bytes')} and on (job, instance) ${own('build_info')}`,
          legend: '{{instance}}',
        },
      ],
    }),
    graph({
      title: 'Processor',
      description: 'Seconds of processor time a second: 1 is one core.',
      unit: 'short',
      queries: [
        {
          expression: `rate(${metric('process_cpu_seconds_total')}[$__rate_interval]) and on (job, instance) ${own('build_info')}`,
          legend: '{{instance}}',
        },
      ],
    }),
    graph({
      title: 'Event loop, 99 %',
      description: 'How long the event loop is held. Every request waits meanwhile.',
      unit: 's',
      queries: [
        {
          expression: `${metric('nodejs_eventloop_lag_p99_seconds')} and on (job, instance) ${own('build_info')}`,
          legend: '{{instance}}',
        },
      ],
    }),
    graph({
      title: 'Ledger',
      description: '1 while it can be written, seconds since it was, and rows that were dropped.',
      unit: 'short',
      queries: [
        { expression: `min(${own('ledger_up')})`, legend: 'can be written' },
        {
          expression: `max(time() - ${own('ledger_last_flush_timestamp_seconds')})`,
          legend: 'seconds since it was',
        },
        { expression: rate('ledger_lost_rows_total'), legend: 'dropped rows a second' },
        { expression: rate('ledger_trouble_total'), legend: 'reports of trouble a second' },
      ],
    }),
    graph({
      title: 'Size of the ledger',
      description: 'In bytes.',
      unit: 'bytes',
      queries: [{ expression: `max by (instance) (${own('ledger_bytes')})`, legend: '{{instance}}' }],
    }),
    graph({
      title: 'Feature flags',
      description: 'Share of the questions, or of the callers, for which a flag is on.',
      unit: 'percentunit',
      queries: [{ expression: `min by (flag) (${own('flag_ratio')})`, legend: '{{flag}}' }],
    }),
    graph({
      title: 'The invalidation log',
      description: '1 while a gateway knows of every invalidation, and how often the log was lost.',
      unit: 'short',
      queries: [
        { expression: `min by (instance) (${own('log_current')})`, legend: 'current {{instance}}' },
        { expression: rate('log_lost_total'), legend: 'lost' },
      ],
    }),
  ],
};
