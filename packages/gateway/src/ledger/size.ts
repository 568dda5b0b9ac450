/**
 * The size of the ledger, remembered for a while: a store counts all its rows for it, and scrapes and health checks come often.
 */
import type { Clock } from 'askonce';
import type { Ledger, LedgerSize } from 'askonce/ledger';

/** How long a size is reported again before the store is asked for it anew, in ms. */
const rememberedMs = 60_000;

/** The ledger, whose store is asked for its size once a minute at most; a failure is not remembered. */
export function withRememberedSize(ledger: Ledger, clock: Clock): Ledger {
  let remembered: { readonly size: LedgerSize; readonly until: number } | undefined;
  let asking: Promise<LedgerSize> | undefined;

  async function ask(): Promise<LedgerSize> {
    try {
      const size = await ledger.size();
      remembered = { size, until: clock.monotonic() + rememberedMs };
      return size;
    } finally {
      asking = undefined;
    }
  }

  return {
    ...ledger,
    get health() {
      return ledger.health;
    },
    async size() {
      if (remembered !== undefined && clock.monotonic() < remembered.until) return remembered.size;
      asking ??= ask();
      return await asking;
    },
  };
}
