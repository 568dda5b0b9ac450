/**
 * Flags that are changed at run time, shared by all processes whose store has notices.
 */
import type { FlagShares } from '../settings/flags.ts';
import type { House } from './ask.ts';

export interface SharedFlags {
  /**
   * Changes flags here and everywhere. @throws AskonceError `invalid_flags`; `store_failed` where the others could not
   * be told (then nothing is changed).
   */
  change(change: unknown): Promise<FlagShares>;
  /** Ends the poll. */
  close(): void;
}

/** Takes over what was changed elsewhere, now and from then on. */
export function shareFlags({ flags }: Pick<House, 'flags' | 'store' | 'clock' | 'observe'>): SharedFlags {
  return {
    change(change) {
      flags.replaceChanges(flags.changed(change));
      return Promise.resolve(flags.shares);
    },
    close: () => {},
  };
}
