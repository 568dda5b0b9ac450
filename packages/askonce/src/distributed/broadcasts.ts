/**
 * The flights led here that other processes may ask for: those in progress, and for a short while those that have landed.
 */
import type { Engine } from '../engine/engine.ts';
import { observeTrouble } from '../observe/report.ts';
import { Broadcast, type BroadcastOptions, type Led } from './broadcast.ts';

/** How long a landed flight can still be asked for, how many of them, and how many bytes they may hold together. */
const landedMs = 2000;
const maxLanded = 256;
const maxLandedBytes = 32 * 1024 * 1024;

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
  const byName = new Map<string, Set<Broadcast>>();
  const landed = new Map<Broadcast, { readonly bytes: number; readonly cancel: () => void }>();
  const awaited = new Set<Promise<unknown>>();
  let landedBytes = 0;
  const stopListening = following?.onAsked((key, name) => {
    for (const broadcast of byName.get(nameOf({ key, name })) ?? []) broadcast.asked();
  });

  function forget(broadcast: Broadcast): void {
    const one = landed.get(broadcast);
    one?.cancel();
    landedBytes -= one?.bytes ?? 0;
    landed.delete(broadcast);
    const name = nameOf(broadcast.led);
    const others = byName.get(name);
    others?.delete(broadcast);
    if (others?.size === 0) byName.delete(name);
  }

  function makeRoom(): void {
    for (const broadcast of landed.keys()) {
      if (landed.size <= maxLanded && landedBytes <= maxLandedBytes) return;
      forget(broadcast);
    }
  }

  return {
    add(led) {
      if (options === undefined) return undefined;
      const broadcast = new Broadcast(led, options);
      const others = byName.get(nameOf(led));
      if (others === undefined) byName.set(nameOf(led), new Set([broadcast]));
      else others.add(broadcast);
      const onLanded = () => {
        const bytes = led.flight.transcript.heldBytes;
        landed.set(broadcast, { bytes, cancel: clock.schedule(() => forget(broadcast), landedMs) });
        landedBytes += bytes;
        makeRoom();
      };
      led.flight.landing.then(onLanded, onLanded);
      return broadcast;
    },
    awaits(work) {
      awaited.add(work);
      work.finally(() => awaited.delete(work)).catch(() => {});
    },
    async close() {
      await Promise.allSettled(awaited);
      stopListening?.();
      for (const { cancel } of landed.values()) cancel();
      for (const all of byName.values()) for (const broadcast of all) broadcast.stop();
      landed.clear();
      byName.clear();
    },
  };
}

function nameOf({ key, name }: Pick<Led, 'key' | 'name'>): string {
  return `${key}\n${name}`;
}
