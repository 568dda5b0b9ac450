/**
 * What the metrics count by themselves, beside the accounts: reasons, tiers, times, trouble. Everything is a plain number.
 */
import { gateNames, guardNames, maintenanceKinds } from 'askonce/gateway-kit';
import {
  histogram,
  hitSeconds,
  missSeconds,
  type PlainHistogram,
  storeSeconds,
  valueBytes,
} from './histogram.ts';
import { type StoreCall, storeCalls } from './minute.ts';
import * as names from './names.ts';
import { type ReplyCounts, replyCounts } from './replies.ts';
import { type PairTally, pairTally, type Tally, tally } from './tally.ts';

export interface Figures {
  readonly hitSeconds: PlainHistogram;
  /** Of requests that no entry and no other request's flight answered, until their answers had ended. */
  readonly missSeconds: PlainHistogram;
  /** Of calls for requests that wait, until the answers had ended. */
  readonly providerSeconds: PlainHistogram;
  /** Bytes of answers that were stored. */
  readonly valueBytes: PlainHistogram;
  /** By tier and call. */
  readonly storeSeconds: ReadonlyMap<string, Readonly<Record<StoreCall, PlainHistogram>>>;
  readonly storeFailures: PairTally;
  readonly hitsByTier: Tally;
  readonly missReasons: Tally;
  readonly bypassReasons: Tally;
  readonly answeredBy: Tally;
  readonly replies: ReplyCounts;
  readonly fallbacks: Tally;
  /** Requests that follow a flight, in this process or in another. */
  readonly followers: Tally;
  readonly cutOff: Tally;
  readonly calls: Tally;
  /** By cause and class of status; by cause and error code. */
  readonly answers: PairTally;
  readonly failures: PairTally;
  /** Answers with the status 429. */
  readonly limited: Tally;
  readonly refusals: Tally;
  readonly leases: Tally;
  readonly refreshes: Tally;
  readonly removed: Tally;
  readonly invalidations: Tally;
  readonly invalidated: Tally;
  /** Bytes of answers that were encoded, before and after. */
  readonly encoding: Tally;
  readonly storeTrouble: PairTally;
  /** By store and side: whether the breaker is open, 1 or 0. */
  readonly breakers: Map<string, Map<string, number>>;
  readonly breakersOpened: PairTally;
  readonly logLost: Tally;
  readonly gates: Tally;
  readonly vetoes: Tally;
  readonly verifierVerdicts: Tally;
  readonly audits: Tally;
  readonly shadowHits: Tally;
  readonly shadowTokens: Tally;
  readonly labels: PairTally;
  readonly feedback: Tally;
  readonly paidCalls: Tally;
  readonly semanticTrouble: Tally;
  readonly ledgerTrouble: Tally;
  readonly maintenanceRuns: Tally;
  /** By kind. */
  readonly maintained: Tally;
  readonly maintenanceBytes: Tally;
  /** When a run last completed, in ms since the epoch. */
  readonly lastMaintenance: { at: number | undefined };
  readonly warmed: Tally;
}

/** Of tallies that have one name. */
export const all = 'all';

export function noFigures(): Figures {
  return {
    hitSeconds: histogram(hitSeconds),
    missSeconds: histogram(missSeconds),
    providerSeconds: histogram(missSeconds),
    valueBytes: histogram(valueBytes),
    storeSeconds: new Map(
      names.tierNames
        .filter((tier) => tier !== 'memory')
        .map((tier) => [
          tier,
          {
            get: histogram(storeSeconds),
            set: histogram(storeSeconds),
            delete: histogram(storeSeconds),
          },
        ]),
    ),
    storeFailures: pairTally(names.tierNames, storeCalls),
    hitsByTier: tally(names.tierNames),
    missReasons: tally(names.missReasons),
    bypassReasons: tally(names.bypassReasons),
    answeredBy: tally(names.answeredBy),
    replies: replyCounts(),
    fallbacks: tally(names.fallbackKinds),
    followers: tally(['here', 'elsewhere']),
    cutOff: tally([all]),
    calls: tally(names.callCauses),
    answers: pairTally(names.endCauses, names.statusClasses, names.statusClasses),
    failures: pairTally(names.endCauses, names.failureCodes, names.providerCodes),
    limited: tally([all]),
    refusals: tally(names.refusalReasons),
    leases: tally(names.leaseOutcomes),
    refreshes: tally(names.refreshOutcomes),
    removed: tally(names.removalCauses),
    invalidations: tally(names.invalidationCauses),
    invalidated: tally(names.invalidationCauses),
    encoding: tally(['before', 'after']),
    storeTrouble: pairTally(names.storeNames, names.storeOperations),
    breakers: new Map(),
    breakersOpened: pairTally(names.storeNames, ['reads', 'writes']),
    logLost: tally([all]),
    gates: tally(gateNames),
    vetoes: tally(guardNames),
    verifierVerdicts: tally(names.verifierVerdicts),
    audits: tally([all]),
    shadowHits: tally([all]),
    shadowTokens: tally([all]),
    labels: pairTally(names.verdicts, names.labelSources, names.labelSources),
    feedback: tally(names.feedbackVerdicts),
    paidCalls: tally(names.paidParts),
    semanticTrouble: tally(names.semanticParts),
    ledgerTrouble: tally([all]),
    maintenanceRuns: tally(names.maintenanceOutcomes),
    maintained: tally(names.removalKinds),
    maintenanceBytes: tally(maintenanceKinds),
    lastMaintenance: { at: undefined },
    warmed: tally(names.warmOutcomes),
  };
}
