/** Accounts without a ledger and without a price list, for tests that concern neither. */
import type { Clock } from '../../packages/askonce/src/index.ts';
import { openAccounts, priceSourceOf } from '../../packages/askonce/src/ledger/kit.ts';
import { flatPricing } from '../../packages/askonce/src/ledger/pricing/flat-rate.ts';

export function accountsAlone(clock: Clock) {
  const accounts = openAccounts({ clock, pricing: async () => flatPricing, keepsText: false });
  return { accounts, ledger: undefined, prices: priceSourceOf() };
}
