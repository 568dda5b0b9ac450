/**
 * Tokens and money, as the accounts count them. Money is in US dollars.
 */
import { type Counts, dollars, type SpendingReason, spendingReasons, spentNano } from 'askonce/ledger';
import { counter, counterBy, type Family, type View } from '../family.ts';

const reasons = Object.keys(spendingReasons).filter(
  (name): name is SpendingReason => name in spendingReasons,
);

/** What was spent, by reason, in US dollars. */
function spentByReason(counts: Readonly<Counts>): readonly (readonly [SpendingReason, number])[] {
  return reasons.map((reason) => [reason, dollars(counts[spendingReasons[reason]])] as const);
}

function spent(counts: Readonly<Counts>): number {
  return dollars(spentNano(counts));
}

type Figure = (counts: Readonly<Counts>) => number;

const ofAll =
  (figure: Figure) =>
  ({ totals }: View) =>
    figure(totals.counts);

/**
 * A figure for each of the groups that the accounts tell apart, and for `other`. Callers choose the names, so requests without
 * one have the empty label, which is no name.
 */
function byGroup(group: 'tenant' | 'model') {
  return (name: string, help: string, figure: Figure): Family =>
    counterBy(`${group}_${name}`, help, group, ({ totals }) =>
      Array.from(group === 'tenant' ? totals.tenants : totals.models, ([of, counts]) => [of, figure(counts)]),
    );
}

const byTenant = byGroup('tenant');
const byModel = byGroup('model');

export const moneyFamilies: readonly Family[] = [
  counter(
    'saved_tokens',
    'Input and output tokens of the answers of hits.',
    ofAll((counts) => counts.savedTokens),
  ),
  counter(
    'shared_tokens',
    'Input and output tokens of answers that followers shared.',
    ofAll((counts) => counts.sharedTokens),
  ),
  counter(
    'input_tokens',
    'Input tokens that providers billed.',
    ofAll((counts) => counts.inputTokens),
  ),
  counter(
    'output_tokens',
    'Output tokens that providers billed.',
    ofAll((counts) => counts.outputTokens),
  ),
  counter(
    'cached_input_tokens',
    'Billed input tokens that a provider read from its own prompt cache.',
    ofAll((counts) => counts.cachedInputTokens),
  ),
  counter(
    'cache_write_tokens',
    'Billed input tokens that a provider wrote to its own prompt cache.',
    ofAll((counts) => counts.cacheWriteTokens),
  ),
  counter(
    'saved_cost',
    'What the answers of hits would have cost, in US dollars.',
    ofAll((counts) => dollars(counts.savedNano)),
  ),
  counter(
    'shared_cost',
    'What the answers that followers shared would have cost, in US dollars.',
    ofAll((counts) => dollars(counts.sharedNano)),
  ),
  counterBy(
    'spent_cost',
    'What providers billed, in US dollars, by the reason of the call.',
    'reason',
    ({ totals }) => spentByReason(totals.counts),
  ),
  counter(
    'prompt_cache_saved_cost',
    "What the provider's own prompt cache took off the bill, in US dollars.",
    ofAll((counts) => dollars(counts.promptCacheNano)),
  ),
  counter(
    'estimated_saved_cost',
    'The part of the saved and shared cost that is an estimate, in US dollars.',
    ofAll((counts) => dollars(counts.estimatedSavedNano)),
  ),
  counter(
    'estimated_spent_cost',
    'The part of the spent cost that is an estimate, in US dollars.',
    ofAll((counts) => dollars(counts.estimatedSpentNano)),
  ),
  byTenant(
    'requests',
    'Requests that have ended, by tenant; 100 tenants, then other.',
    (counts) => counts.requests,
  ),
  byTenant('hits', 'Hits by tenant.', (counts) => counts.hits),
  byTenant('misses', 'Misses by tenant.', (counts) => counts.misses),
  byTenant('saved_cost', 'What hits saved by tenant, in US dollars.', (counts) => dollars(counts.savedNano)),
  byTenant('spent_cost', 'What providers billed by tenant, in US dollars.', spent),
  byModel(
    'requests',
    'Requests that have ended, by the model that was asked for; 100 models, then other.',
    (counts) => counts.requests,
  ),
  byModel('hits', 'Hits by model.', (counts) => counts.hits),
  byModel('misses', 'Misses by model.', (counts) => counts.misses),
  byModel('saved_cost', 'What hits saved by model, in US dollars.', (counts) => dollars(counts.savedNano)),
  byModel('spent_cost', 'What providers billed by model, in US dollars.', spent),
];
