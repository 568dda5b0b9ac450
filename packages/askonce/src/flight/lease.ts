/**
 * A lease that this process holds: renewed by the clock until it is given back or lost.
 */
import type { Clock } from '../clock.ts';
import type { Settings } from '../settings/table.ts';
import type { Leases } from '../store/contract.ts';
import { tooSlow, within } from '../store/within.ts';

interface HeldLeaseOptions {
  readonly leases: Leases;
  readonly key: string;
  readonly name: string;
  readonly token: string;
  readonly settings: Pick<Settings, 'leaseMs' | 'progressMs'>;
  readonly clock: Clock;
  /** It is somebody else's now, or nobody's. Called once at most. */
  readonly onLost: () => void;
  readonly onTrouble: (error: unknown) => void;
}

export interface HeldLease {
  /** Gives it back, unless it was lost. Never rejects; a second call does nothing. */
  release(): Promise<void>;
}

/** Keeps a lease that was just granted. */
export function heldLease(options: HeldLeaseOptions): HeldLease {
  const { leases, key, name, token, settings, clock, onLost, onTrouble } = options;
  // Twice within what others take for silence, and with one renewal to spare within the lease.
  const everyMs = Math.max(1, Math.min(settings.leaseMs / 3, settings.progressMs / 2.5));
  let over = false;
  let cancel = clock.schedule(renew, everyMs);

  function renew(): void {
    cancel = clock.schedule(renew, everyMs);
    // One that hangs must not keep the next from being sent.
    within(clock, everyMs, renewed()).then((kept) => {
      if (over) return;
      if (kept === tooSlow) onTrouble(new Error('renewing a lease took too long'));
      else if (!kept) {
        over = true;
        cancel();
        onLost();
      }
    }, onTrouble);
  }

  async function renewed(): Promise<boolean> {
    return await leases.renew(key, name, token, settings.leaseMs);
  }

  return {
    async release() {
      if (over) return;
      over = true;
      cancel();
      try {
        await leases.release(key, name, token);
      } catch (error) {
        onTrouble(error);
      }
    },
  };
}
