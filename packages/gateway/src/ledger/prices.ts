/**
 * The prices that the settings ask for: those of the user's file, and the flat rate.
 */
import { AskonceError } from 'askonce';
import { wrongSetting } from 'askonce/gateway-kit';
import { checkedPrices, type PricingOptions } from 'askonce/ledger';
import type { GatewayConfiguration } from '../settings/read.ts';
import { readYaml } from '../settings/yaml-file.ts';

/** Reads the file now, and loads no price list. @throws AskonceError `invalid_settings` if the file is wrong. */
export function pricingOptions({
  settings: { pricesFile, flatRateUsd },
  sourceOf,
}: Pick<GatewayConfiguration, 'settings' | 'sourceOf'>): PricingOptions {
  if (pricesFile === undefined) return { flatRateUsd };
  try {
    const prices = checkedPrices(readYaml(pricesFile, 'its path') ?? [], pricesFile);
    return { prices, overrides: pricesFile, flatRateUsd };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const isNamed = AskonceError.isInstance(error);
    throw wrongSetting(sourceOf('pricesFile'), isNamed ? reason : `${pricesFile}: ${reason}`, {
      cause: error,
    });
  }
}
