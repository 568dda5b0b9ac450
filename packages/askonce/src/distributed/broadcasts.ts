/**
 * The flights led here that other processes may ask for: those in progress, and for a short while those that have landed.
 */
import type { Engine } from '../engine/engine.ts';
import type { Landing } from '../flight/plan.ts';
import { observeTrouble } from '../observe/report.ts';
import { Broadcast, type BroadcastOptions, type Led } from './broadcast.ts';

/** How long a landed flight can still be asked for, how many of them, and how many bytes they may hold together. */
const landedMs = 2000;
const maxLanded = 256;
const maxLandedBytes = 32 * 1024 * 1024;

/** A broadcast whose flight has landed. */
interface Landed {
  readonly broadcast: Broadcast;
  readonly name: string;
  readonly bytes: number;
  /** When it is forgotten, on the monotonic clock. */
  readonly until: number;
}

export interface Broadcasts {
  /** Lets other processes ask for a flight; undefined if they have no way to. */
  add(led: Led): Broadcast | undefined;
  /** Makes `close` wait for `work`. */
  awaits(work: Promise<unknown>): void;
  close(): Promise<void>;
}

export function broadcasts(engine: Engine): Broadcasts {
  const { clock, settings } = engine;
  const { following } = engine.shared;
  const options: BroadcastOptions | undefined = following && {
    following,
    clock,
    interestMs: 3 * settings.progressMs,
    onTrouble: (error) => observeTrouble(engine, 'follow', error),
  };
  const byName = new Map<string, Broadcast[]>();
  /** In the order in which they landed, which is that in which they are forgotten. */
  const landed: Landed[] = [];
  const awaited = new Set<Promise<unknown>>();
  let landedBytes = 0;
  let stopTimer: (() => void) | undefined;
  const stopListening = following?.onAsked((key, name) => {
    for (const broadcast of byName.get(nameOf({ key, name })) ?? []) broadcast.asked();
  });

  function forgetFirst(): void {
    const first = landed.shift();
    if (first === undefined) return;
    landedBytes -= first.bytes;
    // The list is emptied as well: a map holds on to what it was rid of until it is itself collected.
    const others = byName.get(first.name) ?? [];
    const place = others.indexOf(first.broadcast);
    if (place >= 0) others.splice(place, 1);
    if (others.length === 0) byName.delete(first.name);
  }

  function forgetOld(): void {
    stopTimer = undefined;
    const now = clock.monotonic();
    // Timers count whole milliseconds, and fire up to one too early.
    while (landed[0] !== undefined && landed[0].until < now + 1) forgetFirst();
    if (landed[0] !== undefined) stopTimer = clock.schedule(forgetOld, landed[0].until - now);
  }

  function remember(one: Landed): void {
    landed.push(one);
    landedBytes += one.bytes;
    while (landed.length > maxLanded || landedBytes > maxLandedBytes) forgetFirst();
    if (landed.length > 0) stopTimer ??= clock.schedule(forgetOld, landedMs);
  }

  return {
    add(led) {
      if (options === undefined) return undefined;
      const broadcast = new Broadcast(led, options);
      const name = nameOf(led);
      const others = byName.get(name);
      if (others === undefined) byName.set(name, [broadcast]);
      else others.push(broadcast);
      const { flight } = led;
      const onLanded = (landing?: Landing) => {
        const bytes = flight.transcript.heldBytes;
        if (landing !== undefined) broadcast.landed(landing);
        remember({ broadcast, name, bytes, until: clock.monotonic() + landedMs });
      };
      flight.landing.then(onLanded, () => onLanded());
      return broadcast;
    },
    awaits(work) {
      awaited.add(work);
      const over = () => void awaited.delete(work);
      work.then(over, over);
    },
    async close() {
      await Promise.allSettled(awaited);
      stopListening?.();
      stopTimer?.();
      for (const all of byName.values()) for (const broadcast of all) broadcast.stop();
      landed.length = 0;
      byName.clear();
    },
  };
}

function nameOf({ key, name }: Pick<Led, 'key' | 'name'>): string {
  return `${key}\n${name}`;
}
