/**
 * Single-flight: the flights under way in this process, by what they fetch.
 */
import { AskonceError } from '../errors.ts';
import { Flight, type FlightPlan, isSuccess } from './flight.ts';

/** Keeps in sight what lands while somebody looks whether it has landed before. */
export interface Watch {
  /** Flights that have brought an answer since the watch began. */
  readonly landed: readonly Flight[];
  stop(): void;
}

export class Flights {
  readonly #underWay = new Map<string, Flight[]>();
  readonly #watched = new Map<string, Set<Flight[]>>();
  #started = 0;
  #closed = false;

  /** How many are under way. */
  get size(): number {
    let size = 0;
    for (const flights of this.#underWay.values()) size += flights.length;
    return size;
  }

  /** How many have ever been started: the number that the next one gets. */
  get started(): number {
    return this.#started;
  }

  /** The newest flight for `name` that can still be joined from its first byte and that `suits`. */
  joinable(name: string, suits: (flight: Flight) => boolean): Flight | undefined {
    return this.#underWay.get(name)?.findLast((flight) => flight.joinable && suits(flight));
  }

  /**
   * Starts a flight; it can be joined under `name` until it lands.
   * @throws AskonceError `closed` once all were cancelled.
   */
  start(name: string, plan: FlightPlan): Flight {
    if (this.#closed) throw new AskonceError('closed', 'the cache has been closed');
    const flight = new Flight(plan, this.#started++);
    const others = this.#underWay.get(name);
    if (others === undefined) this.#underWay.set(name, [flight]);
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
   * Watches `name` during a lookup that takes its time. A flight may land meanwhile: too late for the lookup to
   * find what it brought, too early for it to be found under way.
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

  /** Resolves when no flight is under way. */
  async settle(): Promise<void> {
    while (this.size > 0)
      await Promise.allSettled([...this.#underWay.values()].flat().map(({ landing }) => landing));
  }

  /** Ends all flights at once, and starts none any more. */
  cancelAll(reason: Error): void {
    this.#closed = true;
    for (const flights of this.#underWay.values()) for (const flight of flights) flight.cancel(reason);
  }

  #forget(name: string, flight: Flight): void {
    const left = this.#underWay.get(name)?.filter((other) => other !== flight) ?? [];
    if (left.length === 0) this.#underWay.delete(name);
    else this.#underWay.set(name, left);
  }
}
