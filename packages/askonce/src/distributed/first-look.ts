/**
 * The first look at the store for a request that may lead a flight: it takes the lease on what it does not find, and looks
 * for remembered errors as well, in one round trip.
 *
 * Simultaneous requests of one process share the lease that the first of them asks for, and whichever leads takes it over.
 * Once all of them have ended otherwise, it is released.
 */
import { type Awaitable, andThen } from '../clock.ts';
import type { Ask, FirstLook, TakenLease } from '../engine/ask.ts';
import type { Engine } from '../engine/engine.ts';
import { observeTrouble } from '../observe/report.ts';
import type { Found } from '../store/contract.ts';
import { leaseName, newToken } from './lease-name.ts';

/** A lease that a look has asked for, and no flight has taken over yet. */
interface Asked extends TakenLease {
  readonly name: string;
  /** Requests that may take it over. */
  sharers: number;
}

type Asking = Pick<Ask, 'identity' | 'request'>;

/** What a request looks for besides its entry. */
export interface RememberedErrors {
  /** Names of the remembered errors that would answer the request. */
  namesFor(asking: Asking): readonly string[];
  /** Whether one of them is known already, so that the request leads no flight. */
  isHeldBack(asking: Asking): boolean;
}

/** Makes the first look of each request; undefined if the store has no such look. */
export function firstLooks(
  engine: Engine,
  remembered: RememberedErrors,
): ((asking: Asking) => FirstLook) | undefined {
  const { store, shared, flags, settings } = engine;
  const { leases } = shared;
  const { leaseMs, progressMs: deadAfterMs } = settings;
  const lookAndLease = store.lookAndLease?.bind(store);
  if (lookAndLease === undefined || leases === undefined) return undefined;
  /** By key and name. */
  const unclaimed = new Map<string, Asked>();
  const idOf = (key: string, name: string) => `${key}\n${name}`;

  function mayLead(asking: Asking): boolean {
    const { identity, request } = asking;
    if (request.directives.onlyIfCached || !flags.isOn('stampedeProtection', identity.key)) return false;
    return !remembered.isHeldBack(asking);
  }

  function release(key: string, { name, token, grant }: Asked): void {
    const releasing = grant.then((granted) =>
      granted?.held ? leases?.release(key, name, token) : undefined,
    );
    releasing.catch((error) => observeTrouble(engine, 'lease', error));
  }

  class Look implements FirstLook {
    errors: readonly (Found | undefined)[] | undefined;
    readonly #asking: Asking;
    #lease: Asked | undefined;

    constructor(asking: Asking) {
      this.#asking = asking;
    }

    get(key: string): Awaitable<Found | undefined> {
      if (lookAndLease === undefined) return store.get(key);
      let asked: Pick<Asked, 'name' | 'token'> | undefined;
      const looked = lookAndLease(key, () => {
        const beside = remembered.namesFor(this.#asking);
        asked = this.#wanted(key);
        return { beside, lease: asked && { ...asked, leaseMs, deadAfterMs } };
      });
      if (asked !== undefined)
        this.#asked(key, { ...asked, grant: Promise.resolve(looked.lease), sharers: 1 });
      return andThen(looked.found, ([found, ...errors]) => {
        if (errors.length > 0) this.errors = errors;
        return found;
      });
    }

    take(): TakenLease | undefined {
      const lease = this.#leave();
      if (lease === undefined) return undefined;
      const id = idOf(this.#asking.identity.key, lease.name);
      // Another request has taken it over.
      if (unclaimed.get(id) !== lease) return undefined;
      unclaimed.delete(id);
      return lease;
    }

    end(): void {
      const lease = this.#leave();
      if (lease === undefined || lease.sharers > 0) return;
      const { key } = this.#asking.identity;
      const id = idOf(key, lease.name);
      if (unclaimed.get(id) !== lease) return;
      unclaimed.delete(id);
      release(key, lease);
    }

    /** The lease to ask for; undefined if the request takes none, or another has just asked for it. */
    #wanted(key: string): Pick<Asked, 'name' | 'token'> | undefined {
      if (!mayLead(this.#asking)) return undefined;
      const name = leaseName(this.#asking.identity);
      const shares = unclaimed.get(idOf(key, name));
      if (shares === undefined) return { name, token: newToken(shared) };
      shares.sharers += 1;
      this.#lease = shares;
      return undefined;
    }

    #asked(key: string, lease: Asked): void {
      lease.grant.catch(() => {});
      this.#lease = lease;
      unclaimed.set(idOf(key, lease.name), lease);
    }

    #leave(): Asked | undefined {
      const lease = this.#lease;
      this.#lease = undefined;
      if (lease !== undefined) lease.sharers -= 1;
      return lease;
    }
  }

  return (asking) => new Look(asking);
}
