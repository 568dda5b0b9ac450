/**
 * What gates and guards have stopped since the process started, counted from the cache's events.
 */
import type { ObservedEvent, Observer } from '../observe/events.ts';
import { gateNames, guardNames } from '../settings/semantic-settings.ts';
import type { GateName } from './contract.ts';

export interface SemanticCounts {
  /** Listens to the cache's events, as any observer does. */
  readonly observe: Observer;
  gates(): Readonly<Record<GateName, number>>;
  /** The built-in guards, and those of the caller's own that have stopped anything. */
  guards(): Readonly<Record<string, number>>;
}

export function semanticCounts(): SemanticCounts {
  const gates = new Map<string, number>(gateNames.map((name) => [name, 0]));
  // A caller's own guards are few.
  const guards = new Map<string, number>(guardNames.map((name) => [name, 0]));
  const count = (counts: Map<string, number>, name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  const observe = (event: ObservedEvent) => {
    if (event.type === 'semantic-gate') count(gates, event.gate);
    else if (event.type === 'semantic-veto') count(guards, event.guard);
  };
  const of = (name: GateName) => gates.get(name) ?? 0;
  return {
    observe: Object.assign(observe, { types: new Set(['semantic-gate', 'semantic-veto'] as const) }),
    gates: () => ({
      fresh: of('fresh'),
      acts: of('acts'),
      points: of('points'),
      personal: of('personal'),
    }),
    guards: () => Object.fromEntries(guards),
  };
}
