/**
 * One flight's claim to the lease on its question: taken, renewed while the flight lives, and released.
 */
import { type Clock, pause, tooSlow, within } from '../clock.ts';
import { type Ask, report, type TakenLease } from '../engine/ask.ts';
import type { Engine } from '../engine/engine.ts';
import type { RequestEvent } from '../observe/events.ts';
import { observeTrouble } from '../observe/report.ts';
import type { Settings } from '../settings/table.ts';
import type { LeaseToRelease } from '../store/contract.ts';
import type { LeaseGrant, Leases } from '../store/shared.ts';
import { newToken } from './lease-name.ts';

/** A lease that was granted and is not renewed yet. */
export interface Granted {
  readonly kind: 'granted';
  readonly token: string;
  readonly number: number;
}

export type Claimed =
  | Granted
  /** Another flight has it; `holder` is its token. */
  | { readonly kind: 'contended'; readonly holder: string }
  /** The store can't say in time. */
  | { readonly kind: 'trouble' };

export interface LeaseClaim {
  /**
   * Asks for the lease, for at most `budgetMs`: `storeBudgetMs` by default, and not at all if it is 0. A grant must be
   * renewed or released. Never rejects.
   */
  take(budgetMs?: number): Promise<Claimed>;
  /** The same for a lease that was asked for already. Undefined if it was not, since something was there. */
  adopt(taken: TakenLease, budgetMs: number): Promise<Claimed | undefined>;
  /** Renews a granted lease from now on, and reports how it came to be held. */
  hold(granted: Granted, outcome: 'acquired' | 'taken-over'): void;
  /** The flight goes on without the lease; a grant that comes late is renewed all the same. */
  proceedWithout(): void;
  /** Releases a grant that is not renewed. */
  giveBack(granted: Pick<Granted, 'token'>): void;
  /** Releases whatever is granted from now on. */
  close(): void;
  /** The lease that is renewed, for a write that releases it; undefined if there is none. */
  releasable(): LeaseToRelease | undefined;
  /** Releases the lease that is renewed. Never rejects. */
  release(): Promise<void>;
}

type LeaseOutcome = Extract<RequestEvent, { readonly type: 'lease' }>['outcome'];

/** @param onHeld called when the flight has the lease, which may be after it began. */
export function leaseClaim(
  engine: Engine,
  ask: Ask,
  leases: Leases,
  name: string,
  onHeld: (granted: Granted) => void = () => {},
): LeaseClaim {
  const { settings, clock, shared } = engine;
  const { key } = ask.identity;
  let renewal: Renewal | undefined;
  let holdsLate = false;
  let isClosed = false;
  const failed = (error: unknown) => observeTrouble(engine, 'lease', error);

  function grantedLate(granted: Granted): void {
    if (holdsLate) hold(granted, 'acquired');
    else giveBack(granted);
  }

  function hold(granted: Granted, outcome: 'acquired' | 'taken-over'): void {
    if (isClosed || renewal !== undefined) {
      giveBack(granted);
      return;
    }
    // Only here, and its end only where its renewal ends: the leases that a process holds can be counted from events.
    const reportLease = (how: LeaseOutcome) => report(engine, ask, { type: 'lease', outcome: how });
    reportLease(outcome);
    renewal = renewLease({
      leases,
      key,
      name,
      token: granted.token,
      settings,
      clock,
      onOver: reportLease,
      onTrouble: failed,
    });
    onHeld(granted);
  }

  function giveBack({ token }: Pick<Granted, 'token'>): void {
    const release = async () => await leases.release(key, name, token);
    release().catch(failed);
  }

  /** What becomes of a lease that is asked for under `token`, for at most `budgetMs`. Never rejects. */
  async function claimed(
    token: string,
    asking: Promise<LeaseGrant | undefined>,
    budgetMs: number,
  ): Promise<Claimed | undefined> {
    let granted: Granted | undefined;
    let isLate = false;
    const asked = async () => {
      const grant = await asking;
      if (grant?.held) granted = { kind: 'granted', token, number: grant.number };
      if (isLate && granted !== undefined) grantedLate(granted);
      return grant;
    };
    try {
      const grant = await within(clock, budgetMs, asked());
      if (grant !== tooSlow)
        return granted ?? (grant && { kind: 'contended', holder: grant.held ? token : grant.holder });
      failed(new Error(`took more than ${Math.ceil(budgetMs)} ms`));
      isLate = true;
      if (granted !== undefined) grantedLate(granted);
    } catch (error) {
      failed(error);
    }
    return { kind: 'trouble' };
  }

  return {
    async take(budgetMs = settings.storeBudgetMs) {
      const { leaseMs, progressMs } = settings;
      if (budgetMs === 0) return { kind: 'trouble' };
      const token = newToken(shared);
      const taking = async () => await leases.take(key, name, token, { leaseMs, deadAfterMs: progressMs });
      return (await claimed(token, taking(), budgetMs)) ?? { kind: 'trouble' };
    },
    adopt: ({ token, grant }, budgetMs) => claimed(token, grant, budgetMs),
    hold,
    proceedWithout() {
      holdsLate = true;
    },
    giveBack,
    close() {
      isClosed = true;
    },
    releasable: () => renewal?.releasable(name),
    async release() {
      isClosed = true;
      await renewal?.release();
    },
  };
}

/**
 * What `look` sees for a flight that waits for another process. One call to the store that fails is no reason to ask
 * beside a live leader: trouble is believed when there is more of it once the time of the first call is over.
 */
export async function retryOnce<Seen extends { readonly kind: string }>(
  { clock, settings }: Engine,
  signal: AbortSignal,
  look: () => Promise<Seen>,
): Promise<Seen> {
  const began = clock.monotonic();
  const seen = await look();
  if (seen.kind !== 'trouble') return seen;
  const leftMs = began + settings.storeBudgetMs - clock.monotonic();
  if (leftMs > 0) await pause(clock, leftMs, signal, true);
  return await look();
}

export interface RenewalOptions {
  readonly leases: Leases;
  readonly key: string;
  readonly name: string;
  readonly token: string;
  readonly settings: Pick<Settings, 'leaseMs' | 'progressMs'>;
  readonly clock: Clock;
  /** Called once, when it is held no longer: `lost` if it is another flight's by now, or free. */
  readonly onOver: (how: 'released' | 'lost') => void;
  readonly onTrouble: (error: unknown) => void;
}

export interface Renewal {
  /** The lease, if it is still held, for a write that releases it. It is renewed until it has been released. */
  releasable(name: string): LeaseToRelease | undefined;
  /** Gives the lease back, unless it was lost. Never rejects; a second call does nothing. */
  release(): Promise<void>;
}

/** Renews a lease that was just granted, by the clock, until it is released or lost. */
export function renewLease(options: RenewalOptions): Renewal {
  const { leases, key, name, token, settings, clock, onOver, onTrouble } = options;
  // Twice within what others take for silence, and with one renewal to spare within the lease.
  const everyMs = Math.max(1, Math.min(settings.leaseMs / 3, settings.progressMs / 2.5));
  let isOver = false;
  let isEnding = false;
  let hasReported = false;
  let cancel = clock.schedule(renew, everyMs);

  function over(how: 'released' | 'lost'): void {
    isOver = true;
    cancel();
    if (hasReported) return;
    hasReported = true;
    onOver(how);
  }

  function renew(): void {
    cancel = clock.schedule(renew, everyMs);
    // A renewal that hangs must not keep the next from being sent.
    within(clock, everyMs, renewed()).then((isRenewed) => {
      if (isOver) return;
      if (isRenewed === tooSlow) onTrouble(new Error('renewing a lease took too long'));
      // The write that is to release it has done so.
      else if (!isRenewed) over(isEnding ? 'released' : 'lost');
    }, onTrouble);
  }

  async function renewed(): Promise<boolean> {
    return await leases.renew(key, name, token, settings.leaseMs);
  }

  return {
    releasable(leaseName) {
      if (isOver) return undefined;
      isEnding = true;
      const onReleased = () => over('released');
      return { name: leaseName, token, onReleased };
    },
    async release() {
      if (isOver) return;
      // It is renewed no more, and so held no longer, whatever the store says.
      over('released');
      try {
        await leases.release(key, name, token);
      } catch (error) {
        onTrouble(error);
      }
    },
  };
}
