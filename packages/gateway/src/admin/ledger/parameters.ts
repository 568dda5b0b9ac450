/**
 * The parameters that calls of the ledger share, and the ledger itself.
 */
import { AskonceError } from 'askonce';
import { type Dimensions, dimensionNames, type LedgerQueries } from 'askonce/ledger';
import type { AdminContext } from '../context.ts';
import { textUpTo } from '../parameters.ts';

const text = textUpTo(500);

/** Every call that has a range reads these. */
export const rangeParameters = { from: text, to: text, timeZone: text };

/** A filter means requests that have all of what is named. */
export const questionFilters = { language: text, category: text, model: text, tenant: text };
export const filters = { ...questionFilters, template: text, provider: text, protocol: text };

/** Digests as the ledger has them: of a tenant, or of a credential. */
const digest = /^(?:[0-9a-f]{20}|[0-9a-f]{32})$/;

/**
 * The dimensions that the parameters name. A tenant is named by its name, or by its digest as the answers show it; where it
 * may be either, {@link ledgerOf} looks for both.
 */
export function dimensionsNamed(
  query: { readonly [Name in keyof Dimensions]?: string | undefined },
  { digestTenant }: Pick<AdminContext, 'digestTenant'>,
): Partial<Dimensions> {
  return Object.fromEntries(
    dimensionNames.flatMap((name) => {
      const value = query[name];
      if (value === undefined) return [];
      return [[name, storedName(name, value, digestTenant)]];
    }),
  );
}

/** As the ledger has it: languages and categories have no case. */
function storedName(name: keyof Dimensions, value: string, digestTenant: (tenant: string) => string): string {
  if (name === 'language' || name === 'category') return value.toLowerCase();
  return name === 'tenant' && !digest.test(value) ? digestTenant(value) : value;
}

/**
 * The ledger, for queries with {@link dimensionsNamed}.
 * @throws AskonceError `ledger_off` if it is turned off
 */
export function ledgerOf({
  accounting: { ledger },
  digestTenant,
}: Pick<AdminContext, 'accounting' | 'digestTenant'>): LedgerQueries {
  if (ledger === undefined)
    throw new AskonceError(
      'ledger_off',
      'There is no ledger: ENABLE_LEDGER is off. Turn it on, and restart.',
    );
  return {
    name: ledger.name,
    counters: (query) => orByName(query, ledger.counters, digestTenant),
    patterns: (query) => orByName(query, ledger.patterns, digestTenant),
    tags: ledger.tags,
  };
}

/** What is found for a tenant's digest, or else for a tenant whose name looks like one, such as an id in hex. */
async function orByName<Query extends { readonly where: Partial<Pick<Dimensions, 'tenant'>> }, Found>(
  query: Query,
  find: (query: Query) => Promise<readonly Found[]>,
  digestTenant: (tenant: string) => string,
): Promise<readonly Found[]> {
  const found = await find(query);
  const { tenant } = query.where;
  if (found.length > 0 || tenant === undefined || !digest.test(tenant)) return found;
  return find({ ...query, where: { ...query.where, tenant: digestTenant(tenant) } });
}
