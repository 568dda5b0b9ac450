/** A lookup with a lease in a stack: the lease is the lower tier's, which processes share. */
import { andThen, isPending } from '../../clock.ts';
import type { Entry } from '../../entry/entry.ts';
import type { Found, LeasedLook, Store } from '../contract.ts';
import type { Fills } from './fills.ts';
import { type LimitedTier, unavailable } from './limited-tier.ts';

export interface StackedLookOptions {
  readonly upper: LimitedTier;
  readonly lower: LimitedTier;
  readonly fills: Fills;
  readonly isHeldAbove: (entry: Entry) => boolean;
  /** A hit above. */
  readonly noted: (key: string, found: Found) => Found;
  /** The error of a lookup that the lower tier failed. */
  readonly troubled: () => Error;
}

/** An entry that is above ends the lookup, with no lease. Undefined if the lower tier has no such lookup. */
export function stackedLook(options: StackedLookOptions): Store['lookAndLease'] {
  const { upper, lower, fills, isHeldAbove, noted, troubled } = options;
  const { lookAndLease } = lower;
  if (lookAndLease === undefined) return undefined;

  return (key, terms): LeasedLook => {
    const entry = upper.get(key);
    // An upper tier that needs time is not waited for: it is no faster than the round trip that follows.
    if (entry !== undefined && entry !== unavailable && !isPending(entry))
      return { found: [noted(key, entry)], lease: undefined };

    const wanted = terms();
    const beside = upper.getMany(wanted.beside);
    const above = beside === unavailable || isPending(beside) ? [] : [undefined, ...beside];
    const keys = [key, ...wanted.beside];
    const begun = fills.begin(keys);
    const looked = lookAndLease(key, () => wanted);
    return {
      lease: looked.lease,
      found: andThen(looked.found, (below) => {
        const fillable = new Set(keys.filter((each) => fills.end(begun, each)));
        if (below === unavailable) return Promise.reject(troubled());
        for (const one of below)
          if (one !== undefined && fillable.has(one.entry.key) && isHeldAbove(one.entry))
            void upper.set(one.entry);
        return keys.map((_key, at) => above[at] ?? below[at]);
      }),
    };
  };
}
