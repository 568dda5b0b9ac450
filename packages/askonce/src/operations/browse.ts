/**
 * Entries a page at a time, and one by its key: for people who look at what is stored. Nothing here counts as a hit.
 */
import type { Engine } from '../engine/engine.ts';
import { readLogIfDue } from '../engine/log-reading.ts';
import { AskonceError } from '../errors.ts';
import { provenanceOf } from '../invalidation/log.ts';
import { filterOf, type SelectorInput } from '../invalidation/selector.ts';
import { isErrorName } from '../negative/entry.ts';
import { messageOf } from '../observe/report.ts';
import type { Browse, BrowsedEntry, BrowsedPage, LookedAt } from '../store/browse.ts';
import type { WalkedEntry } from '../store/contract.ts';
import { fitOf, keyTest } from '../store/filter.ts';

export interface PageOptions {
  /** Only entries that it means. It sees the tags that entries were stored with. Default: all. */
  readonly selector?: SelectorInput | undefined;
  /** Only entries for which it is true. Default: all. */
  readonly wants?: ((entry: BrowsedEntry) => boolean) | undefined;
  /** Most entries of the page, from 1 to 1 000. Default: 50. */
  readonly limit?: number | undefined;
  /** Where the page begins: the `next` of another one. Default: the first page. */
  readonly from?: string | undefined;
}

/** See `Cache` for what each does. */
export interface BrowseOperations {
  page(options?: PageOptions): Promise<BrowsedPage>;
  look(key: string): Promise<LookedAt | undefined>;
}

/** Whether an entry may still be served, fresh or stale, as far as this process knows now. */
export function isServable(
  { clock, log }: Pick<Engine, 'clock' | 'log'>,
  { key, meta }: WalkedEntry,
): boolean {
  return (
    !isErrorName(key) &&
    meta.expires > clock.now() &&
    log.isCurrent &&
    log.verdict(provenanceOf({ key, meta })) === 'valid'
  );
}

export function browsing(engine: Engine): BrowseOperations {
  const { store, digestTag } = engine;

  /** @throws AskonceError `store_failed` */
  async function asked<T>(call: (browse: Browse) => T | Promise<T>): Promise<T> {
    const { browse } = store;
    if (browse === undefined)
      throw new AskonceError(
        'store_failed',
        `The ${store.name} store has no pages of entries; use one that has.`,
      );
    await readLogIfDue(engine);
    try {
      return await call(browse);
    } catch (cause) {
      throw new AskonceError('store_failed', `The entries could not be read: ${messageOf(cause)}`, { cause });
    }
  }

  return {
    async page({ selector, wants = () => true, limit = 50, from = '' } = {}) {
      const fits = selector === undefined ? () => true : fitting(selector);
      const terms = {
        limit: Math.min(Math.max(1, Math.trunc(limit)), 1_000),
        wants: (entry: BrowsedEntry) => isServable(engine, entry) && fits(entry) && wants(entry),
      };
      const page = await asked((browse) => browse.page(from, terms));
      if (page !== undefined) return page;
      throw new AskonceError(
        'invalid_request',
        'The page begins at a position that the store does not know; begin with the first page.',
      );
    },
    async look(key) {
      const looked = await asked((browse) => browse.look(key));
      return looked !== undefined && isServable(engine, looked.entry) ? looked : undefined;
    },
  };

  /** @throws AskonceError `invalid_selector` */
  function fitting(selector: SelectorInput): (entry: BrowsedEntry) => boolean {
    const filter = filterOf(selector, digestTag);
    const isMeant = keyTest(filter);
    const clauses = filter.clauses.map((clause) => new Set(clause));
    return ({ key, meta }) => isMeant(key) && fitOf(clauses, meta.tagDigests ?? [], []) === 'own';
  }
}
