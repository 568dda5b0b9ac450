/**
 * One flight's candidacy for the lease on its question: asked for, held while the flight lives, and given back.
 */
import { randomBytes } from 'node:crypto';
import { type Clock, pause, tooSlow, within } from '../clock.ts';
import { type Ask, type Engine, named } from '../engine/ask.ts';
import type { Settings } from '../settings/table.ts';
import type { LeaseGrant, Leases } from '../store/shared.ts';

/** A lease that was granted and is not kept up yet. */
export interface Granted {
  readonly kind: 'granted';
  readonly token: string;
  readonly number: number;
}

export type Taken =
  | Granted
  /** Somebody else has it: the token. */
  | { readonly kind: 'contended'; readonly holder: string }
  /** The store can't say in time. */
  | { readonly kind: 'trouble' };

/** Names this process in tokens where nobody can follow it. */
const anonymous = randomBytes(8).toString('hex');

/**
 * What `look` sees on behalf of who waits for another process. One call to the store that goes wrong is no reason to ask
 * beside a leader that is alive: trouble is believed when there is more once the time of the first call is over.
 */
export async function unlessTwice<Seen extends { readonly kind: string }>(
  { clock, settings }: Engine,
  signal: AbortSignal,
  look: () => Promise<Seen>,
): Promise<Seen> {
  const began = clock.monotonic();
  const seen = await look();
  if (seen.kind !== 'trouble') return seen;
  const leftMs = began + settings.storeBudgetMs - clock.monotonic();
  if (leftMs > 0) await pause(clock, leftMs, signal);
  return await look();
}

export class Candidacy {
  readonly #engine: Engine;
  readonly #ask: Ask;
  readonly #leases: Leases;
  readonly #name: string;
  readonly #onHeld: (granted: Granted) => void;
  #held: HeldLease | undefined;
  #takesLate = false;
  #over = false;

  /** @param onHeld told when the flight has the lease, which may be after it began. */
  constructor(engine: Engine, ask: Ask, leases: Leases, name: string, onHeld: (granted: Granted) => void) {
    this.#engine = engine;
    this.#ask = ask;
    this.#leases = leases;
    this.#name = name;
    this.#onHeld = onHeld;
  }

  /** Asks for it, for no longer than a store may take. What is granted must be held or let go. Never rejects. */
  async take(): Promise<Taken> {
    const { settings, clock, store } = this.#engine;
    const { leaseMs, progressMs, storeBudgetMs } = settings;
    const token = `${store.shared?.following?.inbox ?? anonymous}/${randomBytes(8).toString('hex')}`;
    let granted: Granted | undefined;
    let late = false;
    const asked = async (): Promise<LeaseGrant> => {
      const terms = { leaseMs, deadAfterMs: progressMs };
      const grant = await this.#leases.take(this.#ask.identity.key, this.#name, token, terms);
      if (grant.held) granted = { kind: 'granted', token, number: grant.number };
      if (late && granted !== undefined) this.#late(granted);
      return grant;
    };
    try {
      const grant = await within(clock, storeBudgetMs, asked());
      if (grant !== tooSlow)
        return granted ?? { kind: 'contended', holder: grant.held ? token : grant.holder };
      this.#tell(new Error(`took more than ${storeBudgetMs} ms`));
      late = true;
      if (granted !== undefined) this.#late(granted);
    } catch (error) {
      this.#tell(error);
    }
    return { kind: 'trouble' };
  }

  /** Keeps it up from now on. */
  hold(granted: Granted): void {
    if (this.#over || this.#held !== undefined) {
      this.letGo(granted);
      return;
    }
    const { settings, clock, observe } = this.#engine;
    this.#held = heldLease({
      ...this.#lease(granted),
      settings,
      clock,
      onLost: () => observe({ ...named(this.#ask), type: 'lease', outcome: 'lost' }),
      onTrouble: (error) => this.#tell(error),
    });
    this.#onHeld(granted);
  }

  /** The flight goes on without it; should it be granted late, it is held all the same. */
  doWithout(): void {
    this.#takesLate = true;
  }

  /** Gives back what was granted and is not held. */
  letGo({ token }: Pick<Granted, 'token'>): void {
    const { leases, key, name } = this.#lease({ token });
    const release = async () => await leases.release(key, name, token);
    release().catch((error) => this.#tell(error));
  }

  /** Whatever is granted from now on is given back. */
  close(): void {
    this.#over = true;
  }

  /** Gives back what is held. Never rejects. */
  async release(): Promise<void> {
    this.close();
    await this.#held?.release();
  }

  #late(granted: Granted): void {
    if (this.#takesLate) this.hold(granted);
    else this.letGo(granted);
  }

  #lease({ token }: Pick<Granted, 'token'>) {
    return { leases: this.#leases, key: this.#ask.identity.key, name: this.#name, token };
  }

  #tell(error: unknown): void {
    const { store, observe } = this.#engine;
    const message = error instanceof Error ? error.message : 'unknown error';
    observe({ type: 'store-trouble', store: store.name, operation: 'lease', message });
  }
}

/* MERGED lease.ts:
 * A lease that this process holds: renewed by the clock until it is given back or lost.
 */
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
