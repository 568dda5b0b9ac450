/**
 * Entries that maintenance removes beside entries that it must leave, and stores that a test interrupts in the middle of a run.
 */
import type { Store } from 'askonce';
import type { Entry } from '../../packages/askonce/src/entry/entry.ts';
import { type SampleEntry, sampleEntry } from '../../packages/askonce/src/testing/sample-entry.ts';

export const day = 86_400_000;

export const removals = ['expired', 'low-value', 'low-quality'] as const;

interface Filling {
  readonly keyOf: (name: string) => string;
  /** In ms since the epoch; entries of low value are so 31 days later. */
  readonly now: number;
  /** Of each sort. */
  readonly count: number;
}

/** Entries of low value (`old0`, `old1` …) and entries that fit no kind (`valid0` …) 31 days after `now`. */
export function oldAndValid({ keyOf, now, count }: Filling): readonly Entry[] {
  const entry = (name: string, more: Partial<SampleEntry>) =>
    sampleEntry({ key: keyOf(name), now, lease: 1, expires: now + 400 * day, tagDigests: [tag], ...more });
  return Array.from({ length: count }, (_none, at) => [
    entry(`old${at}`, {}),
    entry(`valid${at}`, { refreshed: now + 31 * day }),
  ]).flat();
}

const tag = 'ab'.repeat(10);

/** Names of the valid entries, sorted. */
export function validNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_none, at) => `valid${at}`).toSorted();
}

export interface Interruption {
  /** The store, whose surveys wait for an act before a page. */
  readonly store: Store;
  /** Runs `act` once, before page `at` of the next survey. */
  next(at: number, act: () => Promise<unknown> | unknown): void;
  /** Pages that the last survey has shown. */
  readonly pages: number;
  /** Entries that are removed by this store since the last act began. */
  readonly removedSince: number;
}

export function interruptible(of: Store): Interruption {
  const { maintenance } = of;
  if (maintenance === undefined) throw new Error('the store cannot be maintained');
  let planned: { readonly at: number; readonly act: () => Promise<unknown> | unknown } | undefined;
  let pages = 0;
  let removedSince = 0;
  return {
    store: {
      ...of,
      maintenance: {
        ...maintenance,
        async *survey(options) {
          pages = 0;
          for await (const page of maintenance.survey(options)) {
            if (planned?.at === pages) {
              const { act } = planned;
              planned = undefined;
              removedSince = 0;
              await act();
            }
            pages += 1;
            yield {
              ...page,
              async remove(entries, terms) {
                const gone = await page.remove(entries, terms);
                removedSince += gone.length;
                return gone;
              },
            };
          }
        },
      },
    },
    next(at, act) {
      planned = { at, act };
    },
    get pages() {
      return pages;
    },
    get removedSince() {
      return removedSince;
    },
  };
}
