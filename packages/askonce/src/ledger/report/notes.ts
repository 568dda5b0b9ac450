/**
 * What the figures of a report mean, and what they leave out.
 */
import type { SavingsReport } from './report.ts';
import { plain } from './words.ts';

export function explanations({ prices, groups, questions }: SavingsReport): string {
  const { name, version, date, overrides, flatRate } = prices;
  const list = [name, version, date === '' ? '' : `of ${date}`].filter((part) => part !== '').join(' ');
  const own = overrides === undefined ? '' : ` Prices of your own go before it: ${plain(overrides)}.`;
  const hasOther = Object.values(groups).some((all) => all.some(({ name: group }) => group === 'other'));
  const hasTenants = groups.tenant.some(({ name: tenant }) => tenant !== '');
  const lines = [
    '**Hit**: a request that an answer from the store served, so that no provider was called for it. It saves what that answer would have cost at the price of that moment.',
    '**Follower**: a request that came while the same question was being answered, and shared that answer. Its savings are apart from those of hits. So are those of the parts of a batch that needed no call of their own.',
    '**Hit rate**: hits ÷ (requests − bypasses). Bypasses are requests that must not be answered by a stored answer, or may not be stored.',
    '**Net savings**: what hits and followers saved, less the calls that only askonce caused. They are what the same requests would have cost without askonce, less the bill.',
    `**Prices**: the list prices of the moment at which each answer was served or billed. The price list of today is ${plain(list)}.${own}`,
    `**Estimates** (≈): an answer whose provider reports no tokens, or whose model has no price, counts $${flatRate} (the flat rate of today). An answer of which only a similar model or the number of characters is known is an estimate, too.`,
    "**The provider's own prompt cache** makes input cheaper that the provider has seen before. That is on its bill with and without askonce, and no part of the savings.",
    '**Not counted**: discounts of your contracts, taxes and fixed fees; requests that are passed through without being read, and those that never reached askonce; what it costs to run askonce, its store and its database; the time that faster answers save. The bill of the provider is what you pay; this report does not replace it.',
    '**Not complete** where the ledger was turned off, where a process ended without its last second, and where counters were removed because they were too old or too many.',
    ...(groups.model.some(({ name: model }) => model === '')
      ? [
          '**Bypasses are not read**: their number is under the model (none), and what they cost under the model that the answer names.',
        ]
      : []),
    ...(hasTenants
      ? ['**Tenants** are shown by a digest, as in logs and metrics, and so are callers that name none.']
      : []),
    ...(hasOther ? ['**other** stands for all names beyond the bound on names.'] : []),
    ...(questions !== undefined && questions.length > 0
      ? [
          '**Questions** are shown as they were first asked, or by their keys where texts are not stored. They are prompts of your users: pass the report on with care.',
        ]
      : []),
  ];
  return lines.map((line) => `- ${line}`).join('\n');
}
