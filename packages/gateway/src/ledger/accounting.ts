/**
 * What a gateway counts: accounts of all that the cache reports, and the ledger that writes them, unless it is turned off.
 */
import type { CacheLedger } from 'askonce';
import {
  type Accounts,
  type LedgerStore,
  loadPricing,
  openAccounts,
  openLedger,
  type PriceSource,
  type Pricing,
  priceSourceOf,
  threadPricing,
} from 'askonce/ledger';
import type { GatewayLog } from '../log/log.ts';
import { pricingOptions } from './prices.ts';
import { type MeasuredLedger, withRememberedSize } from './size.ts';
import { hasLedger, hasTexts, type LedgerPlace, ledgerStore } from './store.ts';

export interface Accounting {
  /** Counts from the start of the process, whether there is a ledger or not. */
  readonly accounts: Accounts;
  /** Undefined if it is turned off. */
  readonly ledger: MeasuredLedger | undefined;
  /** For `createCache`, which closes it. */
  readonly cacheLedger: CacheLedger;
  readonly prices: PriceSource;
  /** What answers cost. Loaded with the first call. */
  pricing(): Promise<Pricing>;
}

export interface AccountingOptions extends Omit<LedgerPlace, 'onTrouble'> {
  readonly log: Pick<GatewayLog, 'warnSeldom'>;
}

/** Opens no file and no connection: the first flush does. @throws AskonceError `invalid_settings` */
export function openAccounting(options: AccountingOptions): Accounting {
  const { settings, clock, log, thread } = options;
  const pricing = pricingOptions(options);
  const warn = (message: string) => log.warnSeldom(`ledger ${message}`, message, {});
  let loading: Promise<Pricing> | undefined;
  async function load(): Promise<Pricing> {
    return thread === undefined ? await loadPricing(pricing) : threadPricing({ ...pricing, thread, clock });
  }
  function loaded(): Promise<Pricing> {
    loading ??= load();
    return loading;
  }
  const accounts = openAccounts({
    clock,
    pricing: loaded,
    flatRateUsd: settings.flatRateUsd,
    isTaken: settings.ledger,
    keepsText: hasTexts(settings),
    onTrouble: warn,
  });
  const store = ledgerStore({ ...options, onTrouble: warn });
  const prices = priceSourceOf(pricing);
  if (!settings.ledger)
    return {
      ...{ accounts, prices, ledger: undefined, pricing: loaded },
      cacheLedger: accountsAlone(accounts, store, options),
    };
  const ledger = openLedger({
    accounts,
    store,
    clock,
    retention: {
      rowDays: settings.ledgerRowDays,
      counterMonths: settings.ledgerCounterMonths,
      maxBytes: settings.ledgerMaxBytes,
    },
  });
  return {
    ...{ accounts, prices, pricing: loaded },
    ledger: withRememberedSize(ledger, clock),
    cacheLedger: ledger,
  };
}

/** Without a ledger the accounts serve the metrics; an erasure still reaches the ledger that was written before. */
function accountsAlone(accounts: Accounts, store: LedgerStore, place: AccountingOptions): CacheLedger {
  return {
    observe: accounts.observe,
    stored: () => {},
    erase: async (user) => (hasLedger(place) ? await store.erase(user, place.clock.now()) : 0),
    close: () => store.close(),
  };
}
