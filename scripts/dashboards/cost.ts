/**
 * The dashboard of tokens and money, in US dollars.
 */
import type { Dashboard } from '@grafana/schema';
import { ownReasons, requestReasons, type SpendingReason } from '../../packages/askonce/src/ledger/counts.ts';
import { dashboard } from './dashboard.ts';
import { bars, graph, number, own, rate, rateBy, stacked, total } from './panel.ts';

/** The ten groups with most of a figure within the time that the dashboard shows. */
function mostOf(group: 'tenant' | 'model', name: string): string {
  return `topk(10, sum by (${group}) (increase(${own(`${group}_${name}`)}[$__range])))`;
}

/** What was spent for some reasons, within the time that the dashboard shows. */
function spentFor(reasons: readonly SpendingReason[]): string {
  return total('spent_cost_total', `reason=~"${reasons.join('|')}"`);
}

const saved = `(${total('saved_cost_total')} + ${total('shared_cost_total')})`;
/** What the same requests would have cost without the cache. */
const without = `(${saved} + ${spentFor(requestReasons)})`;

export const costDashboard = (): Dashboard =>
  dashboard(
    {
      title: 'askonce: cost',
      description: 'What the cache saves and what providers bill, by the price list of the gateway.',
      from: 'now-24h',
    },
    [
      {
        title: 'The time shown',
        panels: [
          number({
            title: 'Saved',
            description: 'What the answers of hits, and those that followers shared, would have cost.',
            unit: 'currencyUSD',
            queries: [{ expression: saved, legend: '' }],
          }),
          number({
            title: 'Spent',
            description: 'What providers billed, for whatever reason.',
            unit: 'currencyUSD',
            queries: [{ expression: total('spent_cost_total'), legend: '' }],
          }),
          number({
            title: 'Net savings',
            description:
              'Saved, less what the cache itself spends: refreshes, streams that all callers left, warming, embedding and verifying.',
            unit: 'currencyUSD',
            queries: [
              {
                expression: `${saved} - ${spentFor(ownReasons)}`,
                legend: '',
              },
            ],
          }),
          number({
            title: 'Share saved',
            description: 'The saved part of what the same requests would have cost without the cache.',
            unit: 'percentunit',
            queries: [{ expression: `${saved} / ${without}`, legend: '' }],
          }),
          number({
            title: 'Estimated share',
            description:
              'The part of saved and spent that is an estimate, because the provider did not say what was used or the price is not known.',
            unit: 'percentunit',
            queries: [
              {
                expression: `(${total('estimated_saved_cost_total')} + ${total('estimated_spent_cost_total')}) / (${saved} + ${total('spent_cost_total')})`,
                legend: '',
              },
            ],
          }),
          number({
            title: 'Prompt cache of providers',
            description: "What the provider's own prompt cache took off the bill.",
            unit: 'currencyUSD',
            queries: [{ expression: total('prompt_cache_saved_cost_total'), legend: '' }],
          }),
        ],
      },
      {
        title: 'Money',
        panels: [
          graph({
            title: 'Saved and spent an hour',
            description: 'What is saved and spent now, for an hour at this rate.',
            unit: 'currencyUSD',
            queries: [
              { expression: `3600 * ${rate('saved_cost_total')}`, legend: 'saved by hits' },
              { expression: `3600 * ${rate('shared_cost_total')}`, legend: 'saved by shared answers' },
              { expression: `3600 * ${rate('spent_cost_total')}`, legend: 'spent' },
            ],
          }),
          stacked({
            title: 'Spent an hour, by reason',
            description: 'What providers bill, by the reason of the call.',
            unit: 'currencyUSD',
            queries: [{ expression: `3600 * ${rateBy('reason', 'spent_cost_total')}`, legend: '{{reason}}' }],
          }),
          bars({
            title: 'Spent, by reason',
            description: 'Within the time shown.',
            unit: 'currencyUSD',
            queries: [
              {
                expression: `sum by (reason) (increase(${own('spent_cost_total')}[$__range]))`,
                legend: '{{reason}}',
              },
            ],
          }),
        ],
      },
      {
        title: 'Tokens',
        panels: [
          graph({
            title: 'Tokens saved',
            description: 'Input and output tokens of answers that no provider was asked for.',
            unit: 'short',
            queries: [
              { expression: rate('saved_tokens_total'), legend: 'hits' },
              { expression: rate('shared_tokens_total'), legend: 'shared answers' },
            ],
          }),
          graph({
            title: 'Tokens billed',
            description: 'Input and output tokens that providers billed.',
            unit: 'short',
            queries: [
              { expression: rate('input_tokens_total'), legend: 'input' },
              { expression: rate('output_tokens_total'), legend: 'output' },
            ],
          }),
          graph({
            title: 'Prompt cache of providers',
            description: 'The parts of the input that providers read from and wrote to their own cache.',
            unit: 'short',
            queries: [
              { expression: rate('cached_input_tokens_total'), legend: 'read' },
              { expression: rate('cache_write_tokens_total'), legend: 'written' },
            ],
          }),
        ],
      },
      {
        title: 'Models, within the time shown',
        panels: [
          bars({
            title: 'Saved, by model',
            description: 'The ten models with most savings.',
            unit: 'currencyUSD',
            queries: [{ expression: mostOf('model', 'saved_cost_total'), legend: '{{model}}' }],
          }),
          bars({
            title: 'Spent, by model',
            description: 'The ten models that cost most.',
            unit: 'currencyUSD',
            queries: [{ expression: mostOf('model', 'spent_cost_total'), legend: '{{model}}' }],
          }),
          bars({
            title: 'Requests, by model',
            description:
              'The ten models that are asked for most. The empty name: requests that were not read.',
            unit: 'short',
            queries: [{ expression: mostOf('model', 'requests_total'), legend: '{{model}}' }],
          }),
        ],
      },
      {
        title: 'Tenants, within the time shown',
        panels: [
          bars({
            title: 'Saved, by tenant',
            description: 'Tenants are keyed digests. The empty name: requests of no tenant.',
            unit: 'currencyUSD',
            queries: [{ expression: mostOf('tenant', 'saved_cost_total'), legend: '{{tenant}}' }],
          }),
          bars({
            title: 'Spent, by tenant',
            description: 'The ten tenants that cost most.',
            unit: 'currencyUSD',
            queries: [{ expression: mostOf('tenant', 'spent_cost_total'), legend: '{{tenant}}' }],
          }),
          bars({
            title: 'Hit rate, by tenant',
            description: 'Hits ÷ (hits + misses) of the ten tenants with most requests.',
            unit: 'percentunit',
            queries: [
              {
                expression: `sum by (tenant) (increase(${own('tenant_hits_total')}[$__range])) / (sum by (tenant) (increase(${own('tenant_hits_total')}[$__range])) + sum by (tenant) (increase(${own('tenant_misses_total')}[$__range]))) and on (tenant) ${mostOf('tenant', 'requests_total')}`,
                legend: '{{tenant}}',
              },
            ],
          }),
        ],
      },
    ],
  );
