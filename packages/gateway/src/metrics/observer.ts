/**
 * Counts what the cache reports, one event at a time. It runs while the request waits: it makes no label and no object, and
 * adds to numbers. Requests, tokens and money are the accounts' to count, so that all pages show the same.
 */
import type { Clock, ObservedEvent, Observer } from 'askonce';
import { all, type Figures } from './figures.ts';
import type { SpanIds } from './histogram.ts';
import type { LastHour } from './last-hour.ts';
import { statusClass } from './names.ts';

/** The span of a request, if it is traced and recorded. */
export type SpanOf = (requestId: string) => SpanIds | undefined;

/** Types of events that are counted here or by the accounts. */
const counted = [
  'hit',
  'miss',
  'answered',
  'negative',
  'bypass',
  'provider-call',
  'provider-answer',
  'provider-failure',
  'joined',
  'followed',
  'cut-off',
  'stored',
  'refused',
  'fallback',
  'lease',
  'refresh',
  'semantic-gate',
  'semantic-veto',
  'semantic-verdict',
  'semantic-audit',
  'semantic-shadow',
  'invalidated',
  'removed',
  'breaker',
  'log-lost',
  'store-trouble',
  'semantic-label',
  'semantic-feedback',
  'semantic-call',
  'semantic-trouble',
  'ledger-trouble',
  'maintenance',
] as const satisfies readonly ObservedEvent['type'][];

/** Types of events that are not counted, and why. */
export const notCounted: Readonly<Record<Exclude<ObservedEvent['type'], (typeof counted)[number]>, string>> =
  {
    flags: 'a state: a scrape reads the flags themselves',
    subscribed: 'no request: another reading of an answer that a request has counted',
    'semantic-reembedding':
      'a state: it happens once in the life of an embedder, and is in the report of the tier',
  };

/** @param spanOf the span of the request that an event is about, for exemplars */
export function countingObserver(figures: Figures, hour: LastHour, clock: Clock, spanOf?: SpanOf): Observer {
  const observe = (event: ObservedEvent) => {
    switch (event.type) {
      case 'hit':
        figures.hitSeconds.add(
          event.durationMs / 1000,
          event.requestId,
          clock.now(),
          spanOf?.(event.requestId),
        );
        figures.hitsByTier.add(event.tier);
        // The stores below memory time their own lookups.
        return hour.lookup(
          event.keyMs,
          event.textLength,
          event.tier === 'memory' ? event.storeMs : 'in vain',
        );
      case 'miss':
        figures.missReasons.add(event.reason);
        return hour.lookup(
          event.keyMs,
          event.textLength,
          event.reason === 'credential' ? 'not asked' : 'in vain',
        );
      case 'negative':
        return hour.lookup(event.keyMs, event.textLength, 'in vain');
      case 'answered':
        figures.answeredBy.add(event.by);
        if (event.by !== 'flight')
          figures.missSeconds.add(
            event.durationMs / 1000,
            event.requestId,
            clock.now(),
            spanOf?.(event.requestId),
          );
        return;
      case 'bypass':
        return figures.bypassReasons.add(event.reason);
      case 'provider-call':
        hour.called();
        return figures.calls.add(event.cause);
      case 'provider-answer':
        figures.answers.add(event.cause, statusClass(event.status));
        if (event.status === 429) figures.limited.add(all);
        return figures.providerSeconds.add(
          event.durationMs / 1000,
          event.requestId,
          clock.now(),
          spanOf?.(event.requestId),
        );
      case 'provider-failure':
        return figures.failures.add(event.cause, event.code);
      case 'stored':
        figures.valueBytes.add(event.bytes);
        hour.stored(event.bytes, event.storedBytes);
        if (event.storedBytes === undefined) return;
        figures.encoding.add('before', event.bytes);
        return figures.encoding.add('after', event.storedBytes);
      case 'refused':
        hour.refused();
        return figures.refusals.add(event.reason);
      default:
        return observeSeldom(figures, event, clock);
    }
  };

  return Object.assign(observe, { types: new Set(counted) });
}

type SeldomEvent = Exclude<
  ObservedEvent,
  {
    readonly type:
      | 'hit'
      | 'miss'
      | 'negative'
      | 'answered'
      | 'bypass'
      | 'provider-call'
      | 'provider-answer'
      | 'provider-failure'
      | 'stored'
      | 'refused';
  }
>;

/** Events that a request has less than once. */
function observeSeldom(figures: Figures, event: SeldomEvent, clock: Clock) {
  switch (event.type) {
    case 'joined':
      return figures.followers.add('here');
    case 'followed':
      return figures.followers.add('elsewhere');
    case 'cut-off':
      return figures.cutOff.add(all);
    case 'fallback':
      return figures.fallbacks.add(event.by);
    case 'lease':
      return figures.leases.add(event.outcome);
    case 'refresh':
      return figures.refreshes.add(event.outcome);
    case 'invalidated':
      figures.invalidations.add(event.cause);
      return figures.invalidated.add(event.cause, event.removed);
    case 'removed':
      return figures.removed.add(event.cause, event.entries);
    case 'breaker':
      setBreaker(figures, event.store, event.side, event.open);
      return event.open ? figures.breakersOpened.add(event.store, event.side) : undefined;
    case 'log-lost':
      return figures.logLost.add(all);
    case 'store-trouble':
      return figures.storeTrouble.add(event.store, event.operation);
    case 'semantic-gate':
      return figures.gates.add(event.gate);
    case 'semantic-veto':
      return figures.vetoes.add(event.guard);
    case 'semantic-verdict':
      return figures.verifierVerdicts.add(event.verdict);
    case 'semantic-audit':
      return figures.audits.add(all);
    case 'semantic-shadow':
      figures.shadowTokens.add(all, event.savedTokens);
      return figures.shadowHits.add(all);
    case 'semantic-label':
      return figures.labels.add(event.verdict, event.source);
    case 'semantic-feedback':
      return figures.feedback.add(event.verdict);
    case 'semantic-call':
      return figures.paidCalls.add(event.part);
    case 'semantic-trouble':
      return figures.semanticTrouble.add(event.part);
    case 'ledger-trouble':
      return figures.ledgerTrouble.add(all);
    case 'maintenance':
      return observeMaintenance(figures, event, clock);
    case 'flags':
    case 'semantic-reembedding':
    case 'subscribed':
      // See notCounted.
      return;
    default: {
      const unknown: never = event;
      return unknown;
    }
  }
}

function observeMaintenance(
  figures: Figures,
  { outcome, removed, freedBytes }: Extract<ObservedEvent, { readonly type: 'maintenance' }>,
  clock: Clock,
): void {
  figures.maintenanceRuns.add(outcome);
  for (const [kind, count] of Object.entries(removed)) figures.maintained.add(kind, count);
  for (const [kind, bytes] of Object.entries(freedBytes)) figures.maintenanceBytes.add(kind, bytes);
  if (outcome === 'complete') figures.lastMaintenance.at = clock.now();
}

/** Stores with a breaker are few: a gateway has one at most. */
function setBreaker({ breakers }: Figures, store: string, side: string, isOpen: boolean): void {
  const sides = breakers.get(store) ?? new Map<string, number>();
  breakers.set(store, sides);
  sides.set(side, isOpen ? 1 : 0);
}
