/**
 * What gates and guards have stopped, and what was not served in shadow, since the process started: counted from the
 * cache's events.
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
  shadow(): ShadowCounts;
}

/** Semantic hits that were not served, and the tokens of their answers. */
export interface ShadowCounts {
  readonly hits: number;
  readonly tokens: number;
}

export function semanticCounts(): SemanticCounts {
  const gates = new Map<string, number>(gateNames.map((name) => [name, 0]));
  // A caller's own guards are few.
  const guards = new Map<string, number>(guardNames.map((name) => [name, 0]));
  let shadow = { hits: 0, tokens: 0 };
  const count = (counts: Map<string, number>, name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  const observe = (event: ObservedEvent) => {
    if (event.type === 'semantic-gate') count(gates, event.gate);
    else if (event.type === 'semantic-veto') count(guards, event.guard);
    else if (event.type === 'semantic-shadow')
      shadow = { hits: shadow.hits + 1, tokens: shadow.tokens + event.savedTokens };
  };
  const of = (name: GateName) => gates.get(name) ?? 0;
  return {
    observe: Object.assign(observe, {
      types: new Set(['semantic-gate', 'semantic-veto', 'semantic-shadow'] as const),
    }),
    gates: () => ({
      fresh: of('fresh'),
      acts: of('acts'),
      points: of('points'),
      personal: of('personal'),
    }),
    guards: () => Object.fromEntries(guards),
    shadow: () => shadow,
  };
}
