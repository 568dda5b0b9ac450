/**
 * The flights led here that others may ask for: those under way, and for a short while those that have landed.
 */
import { Broadcast, type BroadcastOptions, type Led } from './broadcast.ts';

/** How long a landed flight can still be asked for, how many of them, and how many bytes they may hold together. */
const landedMs = 2000;
const mostLanded = 256;
const mostLandedBytes = 32 * 1024 * 1024;

export class Broadcasts {
  readonly #options: BroadcastOptions | undefined;
  readonly #led = new Map<string, Set<Broadcast>>();
  readonly #landed = new Map<Broadcast, { readonly bytes: number; readonly cancel: () => void }>();
  #landedBytes = 0;
  readonly #farewells = new Set<Promise<void>>();
  readonly #stopListening: () => void;

  /** Without options nobody can follow. */
  constructor(options: BroadcastOptions | undefined) {
    this.#options = options;
    this.#stopListening =
      options?.following.onAsked((key, name) => {
        for (const broadcast of this.#led.get(nameOf({ key, name })) ?? []) broadcast.asked();
      }) ?? (() => {});
  }

  /** From now on others can ask for it. */
  add(led: Led): Broadcast | undefined {
    if (this.#options === undefined) return undefined;
    const broadcast = new Broadcast(led, this.#options);
    const others = this.#led.get(nameOf(led));
    if (others === undefined) this.#led.set(nameOf(led), new Set([broadcast]));
    else others.add(broadcast);
    const { clock } = this.#options;
    const landed = () => {
      const bytes = led.flight.transcript.heldBytes;
      const cancel = clock.schedule(() => this.#forget(broadcast), landedMs);
      this.#landed.set(broadcast, { bytes, cancel });
      this.#landedBytes += bytes;
      this.#makeRoom();
    };
    led.flight.landing.then(landed, landed);
    return broadcast;
  }

  /** Holds up `close` until then. */
  awaits(farewell: Promise<void>): void {
    this.#farewells.add(farewell);
    farewell.finally(() => this.#farewells.delete(farewell)).catch(() => {});
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#farewells);
    this.#stopListening();
    for (const { cancel } of this.#landed.values()) cancel();
    for (const broadcasts of this.#led.values()) for (const broadcast of broadcasts) broadcast.stop();
    this.#landed.clear();
    this.#led.clear();
  }

  #makeRoom(): void {
    for (const broadcast of this.#landed.keys()) {
      if (this.#landed.size <= mostLanded && this.#landedBytes <= mostLandedBytes) return;
      this.#forget(broadcast);
    }
  }

  #forget(broadcast: Broadcast): void {
    const landed = this.#landed.get(broadcast);
    landed?.cancel();
    this.#landedBytes -= landed?.bytes ?? 0;
    this.#landed.delete(broadcast);
    const name = nameOf(broadcast.led);
    const others = this.#led.get(name);
    others?.delete(broadcast);
    if (others?.size === 0) this.#led.delete(name);
  }
}

function nameOf({ key, name }: Pick<Led, 'key' | 'name'>): string {
  return `${key}\n${name}`;
}
