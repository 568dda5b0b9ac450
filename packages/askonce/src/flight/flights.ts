/**
 * Single-flight: the flights under way in this process, by what they fetch.
 */
import { Flight, type FlightPlan } from './flight.ts';

export class Flights {
  readonly #underWay = new Map<string, Flight[]>();

  /** How many are under way. */
  get size(): number {
    let size = 0;
    for (const flights of this.#underWay.values()) size += flights.length;
    return size;
  }

  /** The newest flight for `name` that can still be joined from its first byte and that `suits`. */
  joinable(name: string, suits: (flight: Flight) => boolean): Flight | undefined {
    return this.#underWay
      .get(name)
      ?.findLast((flight) => !flight.landed && !flight.transcript.overflowed && suits(flight));
  }

  /** Starts a flight; it can be joined under `name` until it lands. */
  start(name: string, plan: FlightPlan): Flight {
    const flight = new Flight(plan);
    const others = this.#underWay.get(name);
    if (others === undefined) this.#underWay.set(name, [flight]);
    else others.push(flight);
    const forget = () => this.#forget(name, flight);
    flight.landing.then(forget, forget);
    return flight;
  }

  /** Resolves when all flights that are under way now have landed, or failed. */
  async settle(): Promise<void> {
    await Promise.allSettled([...this.#underWay.values()].flat().map((flight) => flight.landing));
  }

  /** Ends all flights at once. */
  cancelAll(reason: Error): void {
    for (const flights of this.#underWay.values()) for (const flight of flights) flight.cancel(reason);
  }

  #forget(name: string, flight: Flight): void {
    const left = this.#underWay.get(name)?.filter((other) => other !== flight) ?? [];
    if (left.length === 0) this.#underWay.delete(name);
    else this.#underWay.set(name, left);
  }
}
