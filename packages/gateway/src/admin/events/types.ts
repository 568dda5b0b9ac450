/** The types of events that a stream may have: all that the cache reports. None carries text, or a name in clear. */
import type { ObservedEvent } from 'askonce';

export type EventType = ObservedEvent['type'];

const known: Readonly<Record<EventType, true>> = {
  hit: true,
  miss: true,
  answered: true,
  bypass: true,
  negative: true,
  'provider-call': true,
  'provider-answer': true,
  'provider-failure': true,
  joined: true,
  followed: true,
  'cut-off': true,
  stored: true,
  refused: true,
  fallback: true,
  lease: true,
  refresh: true,
  'semantic-gate': true,
  'semantic-veto': true,
  'semantic-verdict': true,
  'semantic-audit': true,
  'semantic-shadow': true,
  invalidated: true,
  removed: true,
  breaker: true,
  'log-lost': true,
  flags: true,
  'store-trouble': true,
  'semantic-label': true,
  'semantic-feedback': true,
  subscribed: true,
  'semantic-call': true,
  'semantic-trouble': true,
  'semantic-reembedding': true,
  maintenance: true,
  'ledger-trouble': true,
};

export const eventTypes: readonly string[] = Object.keys(known);

export function isEventType(name: string): name is EventType {
  return Object.hasOwn(known, name);
}
