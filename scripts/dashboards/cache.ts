/**
 * The dashboard of what the cache does: traffic, times, misses, stores, providers, and the gateway itself.
 */
import type { Dashboard } from '@grafana/schema';
import { gatewayRow, semanticRow, storeRows } from './cache-parts.ts';
import { dashboard, type Row } from './dashboard.ts';
import { graph, number, own, quantile, rate, rateBy, stacked } from './panel.ts';

const looked = rate('requests_total', 'outcome!="bypass"');

const glance: Row = {
  title: 'At a glance',
  panels: [
    number(
      {
        title: 'Hit rate',
        description: 'Hits ÷ (requests − bypasses). The service level is 90 % once the cache is warm.',
        unit: 'percentunit',
        queries: [{ expression: `${rate('requests_total', 'outcome="hit"')} / ${looked}`, legend: '' }],
      },
      0.9,
      'below',
    ),
    number(
      {
        title: 'Availability',
        description:
          'Requests that did not end with an error of the gateway, without those that clients did wrong. The service level is 99.9 %.',
        unit: 'percentunit',
        queries: [
          {
            expression: `1 - sum(increase(${own('replies_total', 'fault="gateway"')}[$__range])) / sum(increase(${own('replies_total', 'fault!="client"')}[$__range]))`,
            legend: '',
          },
        ],
      },
      0.999,
      'below',
    ),
    number(
      {
        title: 'Hits, 95 %',
        description: '95 % of the hits are found within this time. The service level is 10 ms.',
        unit: 's',
        queries: [{ expression: quantile(0.95, 'hit_duration_seconds'), legend: '' }],
      },
      0.01,
    ),
    number({
      title: 'Requests a second',
      description: 'All that have ended.',
      unit: 'reqps',
      queries: [{ expression: rate('requests_total'), legend: '' }],
    }),
    number(
      {
        title: 'Gateways',
        description: 'Gateways that Prometheus reaches.',
        unit: 'short',
        queries: [{ expression: `count(${own('build_info')})`, legend: '' }],
      },
      1,
      'below',
    ),
    number(
      {
        title: 'Log current',
        description: '0 if a gateway does not know of every invalidation: it serves nothing then.',
        unit: 'short',
        queries: [{ expression: `min(${own('log_current')})`, legend: '' }],
      },
      1,
      'below',
    ),
  ],
};

const traffic: Row = {
  title: 'Traffic',
  panels: [
    stacked({
      title: 'Requests by outcome',
      description: 'A shared answer is that of another request which was still in progress.',
      unit: 'reqps',
      queries: [{ expression: rateBy('outcome', 'requests_total'), legend: '{{outcome}}' }],
    }),
    graph({
      title: 'Hit rate by kind',
      description: 'Parts of the requests that may use the cache.',
      unit: 'percentunit',
      queries: [
        { expression: `${rate('requests_total', 'outcome="hit"')} / ${looked}`, legend: 'all' },
        { expression: `${rate('cache_hit_exact_total')} / ${looked}`, legend: 'exact' },
        { expression: `${rate('cache_hit_semantic_total')} / ${looked}`, legend: 'semantic' },
        { expression: `${rate('cache_hit_stale_total')} / ${looked}`, legend: 'stale' },
      ],
    }),
    stacked({
      title: 'Hits by tier',
      description: 'The tier that had the entry.',
      unit: 'reqps',
      queries: [{ expression: rateBy('tier', 'cache_hit_tier_total'), legend: '{{tier}}' }],
    }),
  ],
};

const times: Row = {
  title: 'Times',
  panels: [
    graph({
      title: 'Hits',
      description: 'From the arrival of a request to the end of the lookup.',
      unit: 's',
      queries: quantilesOf('hit_duration_seconds'),
    }),
    graph({
      title: 'Misses',
      description: 'From the arrival of a request until its answer has ended.',
      unit: 's',
      queries: quantilesOf('miss_duration_seconds'),
    }),
    graph({
      title: 'Providers',
      description: 'From the call of a provider until its answer has ended.',
      unit: 's',
      queries: quantilesOf('provider_duration_seconds'),
    }),
  ],
};

const misses: Row = {
  title: 'Why not from the cache',
  panels: [
    stacked({
      title: 'Misses by reason',
      description: 'Lookups that found nothing to serve, those that then followed a flight included.',
      unit: 'reqps',
      queries: [{ expression: rateBy('reason', 'cache_miss_reason_total'), legend: '{{reason}}' }],
    }),
    stacked({
      title: 'Bypasses by reason',
      description: 'Requests that did not use the cache at all.',
      unit: 'reqps',
      queries: [{ expression: rateBy('reason', 'cache_bypass_total'), legend: '{{reason}}' }],
    }),
    stacked({
      title: 'Answers that were not stored, by reason',
      description: 'Rules of the write gate, and what the store refused.',
      unit: 'reqps',
      queries: [{ expression: rateBy('reason', 'refused_total'), legend: '{{reason}}' }],
    }),
  ],
};

const flights: Row = {
  title: 'One call for many',
  panels: [
    graph({
      title: 'Flights and leases',
      description: 'Generations in progress, and rights to lead that are held.',
      unit: 'short',
      queries: [
        { expression: `sum(${own('flights')})`, legend: 'flights' },
        { expression: `sum(${own('locks_in_flight')})`, legend: 'rights to lead' },
      ],
    }),
    graph({
      title: 'Rights to lead, and followers',
      description: 'A right that is lost or taken over costs one more call of the provider.',
      unit: 'ops',
      queries: [
        { expression: rate('lock_acquired_total'), legend: 'acquired' },
        { expression: rate('lock_contended_total'), legend: 'contended' },
        { expression: rate('lock_taken_over_total'), legend: 'taken over' },
        { expression: rate('lock_lost_total'), legend: 'lost' },
        { expression: rateBy('flight', 'followers_total'), legend: 'followers {{flight}}' },
        { expression: rate('cut_off_total'), legend: 'cut off' },
      ],
    }),
    graph({
      title: 'Refreshes',
      description: 'Stale entries that were served, and then asked for anew.',
      unit: 'ops',
      queries: [
        { expression: rate('refresh_started_total'), legend: 'started' },
        { expression: rate('refresh_success_total'), legend: 'succeeded' },
        { expression: rate('refresh_fail_total'), legend: 'failed' },
        { expression: rate('refresh_skipped_locked_total'), legend: 'skipped' },
      ],
    }),
  ],
};

const providers: Row = {
  title: 'Providers',
  panels: [
    stacked({
      title: 'Calls by cause',
      description: 'Why providers are called.',
      unit: 'reqps',
      queries: [{ expression: rateBy('cause', 'provider_calls_total'), legend: '{{cause}}' }],
    }),
    stacked({
      title: 'Answers by status',
      description: 'Classes of status; 429 are among 4xx.',
      unit: 'reqps',
      queries: [
        { expression: rateBy('status', 'provider_answers_total'), legend: '{{status}}' },
        { expression: rate('provider_limited_total'), legend: '429' },
      ],
    }),
    graph({
      title: 'Failures by code, and fallbacks',
      description: 'Calls that got no answer, and requests that got a stale entry or a fallback instead.',
      unit: 'reqps',
      queries: [
        { expression: rateBy('code', 'provider_failures_total'), legend: '{{code}}' },
        { expression: rateBy('by', 'fallback_total'), legend: 'fallback: {{by}}' },
        { expression: rate('answered_total', 'by="none"'), legend: 'no answer' },
      ],
    }),
  ],
};

function quantilesOf(histogram: string) {
  return [0.5, 0.95, 0.99].map((share) => ({
    expression: quantile(share, histogram),
    legend: `${share * 100} %`,
  }));
}

export const cacheDashboard = (): Dashboard =>
  dashboard(
    {
      title: 'askonce: cache',
      description: 'What the cache does, and how its gateways are.',
      from: 'now-6h',
    },
    [glance, traffic, times, misses, flights, providers, ...storeRows, semanticRow, gatewayRow],
  );
