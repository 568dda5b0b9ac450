/**
 * All metrics of a gateway, in the order in which a scrape shows them.
 */
import type { Family } from '../family.ts';
import { maintenanceFamilies } from './maintenance.ts';
import { moneyFamilies } from './money.ts';
import { requestFamilies } from './requests.ts';
import { semanticFamilies } from './semantic.ts';
import { serviceFamilies } from './service.ts';
import { storeFamilies } from './stores.ts';

export const families: readonly Family[] = [
  ...requestFamilies,
  ...moneyFamilies,
  ...storeFamilies,
  ...maintenanceFamilies,
  ...semanticFamilies,
  ...serviceFamilies,
];
