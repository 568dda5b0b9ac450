/**
 * Single-flight (as groupcache's): the flights in progress in this process, by what they fetch.
 */
import { isSuccess } from '../entry/entry.ts';
import { AskonceError } from '../errors.ts';
import { Flight } from './flight.ts';
import type { FlightPlan } from './plan.ts';

/** Collects the flights that land while a request is looked up. */
export interface Watch {
  /** Flights that have answered since the watch began. */
  readonly landed: readonly Flight[];
  stop(): void;
}

export class Flights {
  readonly #inProgress = new Map<string, Flight[]>();
  readonly #watched = new Map<string, Set<Flight[]>>();
  #started = 0;
  #closed = false;

  /** How many are in progress. */
  get size(): number {
    let size = 0;
    for (const flights of this.#inProgress.values()) size += flights.length;
    return size;
  }

  /** How many have ever been started: the number that the next one gets. */
  get started(): number {
    return this.#started;
  }

  /** The newest flight for `name` that can still be joined from its first byte and that `suits`. */
  joinable(name: string, suits: (flight: Flight) => boolean): Flight | undefined {
    return this.#inProgress.get(name)?.findLast((flight) => flight.joinable && suits(flight));
  }

  /** The flights for the entry under `key` that can still be joined from their first byte, the newest first. */
  under(key: string): readonly Flight[] {
    const found: Flight[] = [];
    for (const flights of this.#inProgress.values())
      for (const flight of flights)
        if (flight.joinable && flight.plan.identity.key === key) found.push(flight);
    return found.toSorted((one, other) => other.number - one.number);
  }

  /**
   * Starts a flight; it can be joined under `name` until it lands.
   * @throws AskonceError `closed` once all were cancelled.
   */
  start(name: string, plan: FlightPlan): Flight {
    if (this.#closed) throw new AskonceError('closed', 'The cache has been closed; create another one.');
    const flight = new Flight(plan, this.#started++);
    const others = this.#inProgress.get(name);
    if (others === undefined) this.#inProgress.set(name, [flight]);
    else others.push(flight);
    flight.landing.then(
      ({ head }) => {
        this.#forget(name, flight);
        if (isSuccess(head)) for (const landed of this.#watched.get(name) ?? []) landed.push(flight);
      },
      () => this.#forget(name, flight),
    );
    return flight;
  }

  /**
   * Watches `name` during a lookup that waits for a store. A flight may land meanwhile: too late for the lookup to find
   * what it stored, too early to be found in progress.
   */
  watch(name: string): Watch {
    const landed: Flight[] = [];
    const watching = this.#watched.get(name) ?? new Set();
    this.#watched.set(name, watching.add(landed));
    return {
      landed,
      stop: () => {
        watching.delete(landed);
        if (watching.size === 0 && this.#watched.get(name) === watching) this.#watched.delete(name);
      },
    };
  }

  /** Resolves when no flight is in progress. */
  async settle(): Promise<void> {
    while (this.size > 0)
      await Promise.allSettled([...this.#inProgress.values()].flat().map(({ landing }) => landing));
  }

  /** Ends all flights at once, and starts no more. */
  cancelAll(reason: Error): void {
    this.#closed = true;
    for (const flights of this.#inProgress.values()) for (const flight of flights) flight.cancel(reason);
  }

  /** Empties the list that it removes: a map's old tables keep what they held until the next collection of old garbage. */
  #forget(name: string, flight: Flight): void {
    const flights = this.#inProgress.get(name) ?? [];
    const place = flights.indexOf(flight);
    if (place >= 0) flights.splice(place, 1);
    if (flights.length === 0) this.#inProgress.delete(name);
  }
}
