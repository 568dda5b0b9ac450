/**
 * One flight's candidacy for the lease on its question: asked for, held while the flight lives, and given back.
 */
import { randomBytes } from 'node:crypto';
import { type HeldLease, heldLease } from '../flight/lease.ts';
import { pause } from '../flight/waiting.ts';
import type { LeaseGrant, Leases } from '../store/contract.ts';
import { tooSlow, within } from '../store/within.ts';
import { type Ask, type House, named } from './ask.ts';

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
  { clock, settings }: House,
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
  readonly #house: House;
  readonly #ask: Ask;
  readonly #leases: Leases;
  readonly #name: string;
  readonly #onHeld: (granted: Granted) => void;
  #held: HeldLease | undefined;
  #takesLate = false;
  #over = false;

  /** @param onHeld told when the flight has the lease, which may be after it began. */
  constructor(house: House, ask: Ask, leases: Leases, name: string, onHeld: (granted: Granted) => void) {
    this.#house = house;
    this.#ask = ask;
    this.#leases = leases;
    this.#name = name;
    this.#onHeld = onHeld;
  }

  /** Asks for it, for no longer than a store may take. What is granted must be held or let go. Never rejects. */
  async take(): Promise<Taken> {
    const { settings, clock, store } = this.#house;
    const { leaseMs, progressMs, storeBudgetMs } = settings;
    const token = `${store.following?.inbox ?? anonymous}/${randomBytes(8).toString('hex')}`;
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
    const { settings, clock, observe } = this.#house;
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
    const { store, observe } = this.#house;
    const message = error instanceof Error ? error.message : 'unknown error';
    observe({ type: 'store-trouble', store: store.name, operation: 'lease', message });
  }
}
