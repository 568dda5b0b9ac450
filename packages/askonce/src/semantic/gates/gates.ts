/**
 * The gates on a single question. One that a gate keeps out neither asks the semantic tier nor feeds it: no similarity
 * can see that two equal questions have different answers.
 */
import type { Gate, GateName } from '../contract.ts';
import { acts } from './acts.ts';
import { fresh } from './fresh.ts';
import { personal } from './personal.ts';
import { points } from './points.ts';

/** In the order in which they are asked: the cheapest first. */
const gates: Readonly<Record<GateName, Gate>> = { fresh, personal, acts, points };

/** All gates, in their order. */
export const gateNames: readonly GateName[] = ['fresh', 'personal', 'acts', 'points'];

/** Raised with every change of a list or a rule: labels that were learnt behind other gates do not count. */
const listsVersion = 1;

export interface Gates {
  /** Names the gates that are switched on and the version of their lists. */
  readonly version: string;
  /** The first gate that keeps the question out, or undefined. `language` is a BCP 47 tag in lower case. */
  keptOutBy(question: string, language: string): GateName | undefined;
}

/** The gates of these names; the others are off. */
export function createGates(names: readonly GateName[]): Gates {
  const on = gateNames.filter((name) => names.includes(name));
  return {
    version: `gates-${listsVersion}:${on.join('+')}`,
    keptOutBy: (question, language) => on.find((name) => gates[name](question, language)),
  };
}
