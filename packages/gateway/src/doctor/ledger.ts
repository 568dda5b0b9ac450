/**
 * Checks the ledger and the prices, and makes and changes nothing of them.
 */
import type { Clock } from 'askonce';
import { pricingOptions } from '../ledger/prices.ts';
import { hasLedger, readLedger } from '../ledger/store.ts';
import type { GatewayConfiguration } from '../settings/read.ts';
import { type Check, messageOf } from './check.ts';

const dayMs = 86_400_000;

/** A file that is wrong would end the start. */
export function priceCheck(configuration: GatewayConfiguration): Check {
  const { pricesFile, flatRateUsd } = configuration.settings;
  const flatRate = `$${flatRateUsd} for an answer without a price`;
  try {
    const { prices = [] } = pricingOptions(configuration);
    const own = pricesFile === undefined ? '' : `${prices.length} of your own in ${pricesFile}; `;
    return { state: 'ok', what: 'prices', message: `${own}${flatRate}` };
  } catch (error) {
    return { state: 'fail', what: 'prices', message: messageOf(error) };
  }
}

export async function ledgerCheck(
  configuration: GatewayConfiguration,
  folder: string,
  clock: Clock,
): Promise<Check> {
  const what = 'ledger';
  const { settings } = configuration;
  if (!settings.ledger) return { state: 'ok', what, message: 'off (ENABLE_LEDGER)' };
  if (!hasLedger({ settings, folder }))
    return { state: 'ok', what, message: `SQLite in ${folder}; the first request makes the file` };
  const began = clock.monotonic();
  try {
    const found = await readLedger({ ...configuration, folder }, async (ledger) => {
      const [from, to] = [clock.now() - dayMs, clock.now() + 1];
      const sums = await ledger.counters({ from, to, where: {}, by: 'protocol', durations: false });
      return `${ledger.name}, ${sums.reduce((sum, { counts }) => sum + counts.requests, 0)} requests`;
    });
    const ms = Math.round(clock.monotonic() - began);
    return { state: 'ok', what, message: `${found} in the last 24 hours, ${ms} ms` };
  } catch (error) {
    const message = messageOf(error);
    // The first gateway makes the tables.
    return { state: /^There is no ledger .* yet\./.test(message) ? 'warn' : 'fail', what, message };
  }
}
