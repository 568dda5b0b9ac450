/**
 * The tables of a report's two months: a row for each figure.
 */
import type { Figures } from '../contract.ts';
import {
  type Counts,
  hitRateOf,
  netNano,
  ownSpendingNano,
  type SpendingReason,
  spendingReasons,
  spentNano,
  withoutCacheNano,
} from '../counts.ts';
import { quantile } from '../durations.ts';
import { count, milliseconds, money, percent } from './words.ts';

/** Of a month and of the one before. */
export type BothMonths = readonly [Figures, Figures];

type Cell = (figures: Figures) => string;

/** Whether any amount is an estimate, and so sums of all. */
export function hasEstimates({ estimatedSavedNano, estimatedSpentNano }: Readonly<Counts>): boolean {
  return estimatedSavedNano + estimatedSpentNano > 0;
}

const saved = (nano: (counts: Readonly<Counts>) => number): Cell => {
  return ({ counts }) => money(nano(counts), counts.estimatedSavedNano > 0);
};
const spent = (nano: (counts: Readonly<Counts>) => number): Cell => {
  return ({ counts }) => money(nano(counts), counts.estimatedSpentNano > 0);
};
const both = (nano: (counts: Readonly<Counts>) => number): Cell => {
  return ({ counts }) => money(nano(counts), hasEstimates(counts));
};
const spentFor = (reason: SpendingReason): Cell => spent((counts) => counts[spendingReasons[reason]]);
const counted = (name: keyof Counts): Cell => {
  return ({ counts }) => count(counts[name]);
};

const moneyTable: readonly (readonly [string, Cell])[] = [
  ['The same requests without askonce', both(withoutCacheNano)],
  ['**Billed by providers**', spent(spentNano)],
  ['– for answers that were not stored yet', spentFor('miss')],
  ['– for requests that pass by the cache', spentFor('bypass')],
  ['– for refreshing stored answers', spentFor('refresh')],
  ['– for answers whose callers had left', spentFor('abandoned')],
  ['– for checking stored answers (audits)', spentFor('audit')],
  ['– for answers that were stored before anyone asked (warming)', spentFor('warm')],
  ['– for comparing questions (embedding)', spentFor('embedding')],
  ['– for verifying that questions mean the same', spentFor('verifying')],
  ['**Net savings**', both(netNano)],
  ['– saved by stored answers (hits)', saved(({ savedNano }) => savedNano)],
  ['– saved by shared answers (followers)', saved(({ sharedNano }) => sharedNano)],
  [
    '– less what only askonce caused: refreshing, left callers, warming, embedding, verifying',
    spent((counts) => -ownSpendingNano(counts)),
  ],
  ['Estimates among what was saved', ({ counts }) => money(counts.estimatedSavedNano)],
  ['Estimates among what was billed', ({ counts }) => money(counts.estimatedSpentNano)],
  [
    "The provider's own prompt cache took off (not in the savings)",
    ({ counts }) => money(counts.promptCacheNano),
  ],
];

const figureTable: readonly (readonly [string, Cell])[] = [
  ['Requests', counted('requests')],
  ['**Hit rate**', ({ counts }) => percent(hitRateOf(counts))],
  ['Hits: answered by a stored answer', counted('hits')],
  ['– of these to the same question in other words', counted('semanticHits')],
  ['– of these past their freshness', counted('staleHits')],
  ['Followers: shared the answer to another request', counted('shared')],
  ['Misses: answered by the provider', counted('misses')],
  ['– of these by a fallback, because the provider failed', counted('fallbacks')],
  ['Remembered errors of the provider', counted('negative')],
  ['Bypasses: requests that pass by the cache', counted('bypasses')],
  ['Provider calls', counted('calls')],
  ['– of these failed', counted('errors')],
  ['Tokens of stored answers', counted('savedTokens')],
  ['Tokens of shared answers', counted('sharedTokens')],
  ['Tokens billed, input', counted('inputTokens')],
  ["– of these from the provider's own prompt cache", counted('cachedInputTokens')],
  ['Tokens billed, output', counted('outputTokens')],
  ['Half of the hits took at most', ({ hitDurations }) => milliseconds(quantile(hitDurations, 0.5))],
  ['Half of the misses took at most', ({ missDurations }) => milliseconds(quantile(missDurations, 0.5))],
];

export function moneyRows(months: BothMonths): readonly (readonly string[])[] {
  return moneyTable.map(([name, cell]) => [name, ...months.map(cell)]);
}

export function figureRows(months: BothMonths): readonly (readonly string[])[] {
  return figureTable.map(([name, cell]) => [name, ...months.map(cell)]);
}
