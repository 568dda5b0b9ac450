/**
 * Rows: one for each lookup, store and call, as far as there is room.
 */
import type { Usage } from '../../entry/entry.ts';
import type { Dimensions, LedgerRow } from '../contract.ts';
import type { Cost } from '../pricing/contract.ts';
import { noTokens, tokensOf } from '../pricing/tokens.ts';
import { type CountedEvent, sharedUsageOf } from './events.ts';
import type { AccountLimits } from './limits.ts';
import { cleanName } from './names.ts';
import { isDuration, tokensIn } from './postings.ts';
import { sample } from './sample.ts';

/** What a row is made from, if it is kept. */
interface Happening {
  readonly event: CountedEvent;
  readonly at: number;
  readonly dimensions: Dimensions;
  readonly cost: Cost | undefined;
  /** Why the request missed. */
  readonly reason: string;
}

interface TakenRows {
  readonly rows: readonly LedgerRow[];
  /** Rows that found no room. */
  readonly lost: number;
}

export interface Rows {
  add(event: CountedEvent, at: number, dimensions: Dimensions, cost: Cost | undefined): void;
  /** Remembers why a request missed, for the row of its end. */
  missed(requestId: string, reason: string): void;
  /** Hands over the rows since the last take: their weights and the lost ones add up to all. */
  take(): TakenRows;
}

export function rowTable(limits: AccountLimits, random?: () => number): Rows {
  /** Why requests missed that are not answered yet. */
  const reasons = new Map<string, string>();
  let rows: LedgerRow[] = [];
  let lost = 0;
  const sampled = sample<Happening>(
    limits.rowsPerSecond,
    (happening, weight) => {
      if (rows.length < limits.rows) rows.push(rowOf(happening, weight));
      else lost += weight;
    },
    random,
  );

  function missed(requestId: string, reason: string): void {
    if (reasons.size >= limits.openMisses) {
      const [oldest] = reasons.keys();
      if (oldest !== undefined) reasons.delete(oldest);
    }
    reasons.set(requestId, reason);
  }

  function reasonOf(event: CountedEvent): string {
    if (event.type !== 'answered') return '';
    const reason = reasons.get(event.requestId) ?? '';
    reasons.delete(event.requestId);
    return reason;
  }

  return {
    add(event, at, dimensions, cost) {
      sampled.offer({ event, at, dimensions, cost, reason: reasonOf(event) }, at);
    },
    missed,
    take() {
      sampled.settle();
      const taken = { rows, lost };
      rows = [];
      lost = 0;
      return taken;
    },
  };
}

function rowOf({ event, at, dimensions, cost, reason }: Happening, weight: number): LedgerRow {
  const isCall =
    event.type === 'provider-answer' || event.type === 'provider-failure' || event.type === 'semantic-call';
  const tokens = tokensOfRow(event);
  const ofRequest = event.type === 'semantic-call' ? undefined : event;
  const outcome = outcomeOf(event, reason);
  return {
    at,
    requestId: cleanName(ofRequest?.requestId ?? ''),
    ...outcome,
    durationMs: isDuration(outcome.durationMs) ? outcome.durationMs : 0,
    tier: event.type === 'hit' ? event.tier : '',
    dimensions,
    user: ofRequest?.userDigest,
    session: ofRequest?.sessionDigest,
    key: ofRequest?.key && cleanName(ofRequest.key),
    savedTokens: isCall ? 0 : tokensIn(tokens),
    savedNano: isCall ? 0 : (cost?.nano ?? 0),
    inputTokens: isCall ? tokens.input : 0,
    outputTokens: isCall ? tokens.output : 0,
    spentNano: isCall ? (cost?.nano ?? 0) : 0,
    estimated: cost?.estimated === true,
    weight,
  };
}

type RowOutcome = Pick<LedgerRow, 'event' | 'outcome' | 'kind' | 'durationMs'>;

function outcomeOf(event: Happening['event'], reason: string): RowOutcome {
  switch (event.type) {
    case 'hit':
      return { event: 'lookup', outcome: 'hit', kind: event.kind, durationMs: event.durationMs };
    case 'answered': {
      const outcome = event.by === 'flight' ? 'shared' : 'miss';
      return { event: 'lookup', outcome, kind: reason, durationMs: event.durationMs };
    }
    case 'negative':
      return {
        event: 'lookup',
        outcome: 'negative',
        kind: String(event.status),
        durationMs: event.durationMs,
      };
    case 'bypass':
      return { event: 'lookup', outcome: 'bypass', kind: event.reason, durationMs: 0 };
    case 'stored':
      return { event: 'store', outcome: 'stored', kind: '', durationMs: event.storeMs };
    case 'refused':
      return { event: 'store', outcome: 'refused', kind: cleanName(event.reason), durationMs: 0 };
    case 'provider-answer':
      return {
        event: 'call',
        outcome: event.cause,
        kind: String(event.status),
        durationMs: event.durationMs,
      };
    case 'provider-failure':
      return { event: 'call', outcome: event.cause, kind: event.code, durationMs: event.durationMs };
    case 'semantic-call': {
      const outcome = event.part === 'embedder' ? 'embedding' : 'verifying';
      return { event: 'call', outcome, kind: event.part, durationMs: event.durationMs };
    }
  }
}

/** Tokens that were saved, shared or billed. */
function tokensOfRow(event: Happening['event']) {
  const usage = usageOf(event);
  return usage === undefined ? noTokens : tokensOf(usage);
}

function usageOf(event: Happening['event']): Usage | undefined {
  if (event.type === 'answered') return sharedUsageOf(event);
  return event.type === 'hit' || event.type === 'provider-answer' || event.type === 'semantic-call'
    ? event.usage
    : undefined;
}
