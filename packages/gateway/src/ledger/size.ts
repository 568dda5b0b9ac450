/**
 * The size of the ledger, remembered for a while: a store counts all its rows for it, and scrapes and health checks come often.
 */
import type { Clock } from 'askonce';
import type { Ledger, LedgerSize } from 'askonce/ledger';

/** How long a size is reported again before the store is asked for it anew, in ms. */
const rememberedMs = 60_000;

/** A ledger, and how long its store took to count when it was last asked, in ms; undefined before it was. */
export interface MeasuredLedger extends Ledger {
  readonly latencyMs?: number | undefined;
}

/** The ledger, whose store is asked for its size once a minute at most; a failure is not remembered. */
export function withRememberedSize(ledger: Ledger, clock: Clock): MeasuredLedger {
  let remembered: { readonly size: LedgerSize; readonly until: number } | undefined;
  let asking: Promise<LedgerSize> | undefined;
  let latencyMs: number | undefined;

  async function ask(): Promise<LedgerSize> {
    const began = clock.monotonic();
    try {
      const size = await ledger.size();
      latencyMs = clock.monotonic() - began;
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
    get latencyMs() {
      return latencyMs;
    },
    async size() {
      if (remembered !== undefined && clock.monotonic() < remembered.until) return remembered.size;
      asking ??= ask();
      return await asking;
    },
  };
}
