/**
 * The books of a process, in memory. Each event of the cache is priced and entered in five places: the counters of its
 * quarter of an hour and dimensions, the totals since the start, the tags, the questions that are asked, and a row of its
 * own. `take` hands over all but the totals, as the content of one batch for the ledger's store, and begins anew.
 */
import type { Entry } from '../../entry/entry.ts';
import type { ObservedEvent } from '../../observe/events.ts';
import type { CounterChange, LedgerRow, MaintenanceRun, PatternChange, TagChange } from '../contract.ts';
import { addDuration } from '../durations.ts';
import type { Cost, PricedAnswer, Pricing } from '../pricing/contract.ts';
import { type Account, counterTable, type Totals } from './counters.ts';
import { type BookedEvent, dimensionsOf, isClosing, isServed, pricedAnswerOf } from './events.ts';
import type { AccountLimits } from './limits.ts';
import { post } from './postings.ts';
import { questionTable } from './questions.ts';
import { rowTable } from './rows.ts';
import { runOf } from './runs.ts';
import { tagTable } from './tags.ts';

/** What was added up since the last take: the content of a batch. */
export interface Gathered {
  readonly counters: readonly CounterChange[];
  readonly tags: readonly TagChange[];
  readonly patterns: readonly PatternChange[];
  readonly rows: readonly LedgerRow[];
  /** Absent if there were none. */
  readonly runs?: readonly MaintenanceRun[] | undefined;
  /** Rows that found no room. The counters have what they would have shown. */
  readonly lostRows: number;
}

export interface Books {
  /**
   * Enters an event that was observed at a time, in milliseconds since the epoch. Returns the answer whose price must be
   * looked up first, if any: then nothing is entered.
   */
  enter(event: BookedEvent, at: number, pricing: Pricing): PricedAnswer | undefined;
  /** Enters the text of a question. */
  store(entry: Entry, at: number): void;
  /** Enters a run of maintenance. */
  maintained(event: Extract<ObservedEvent, { readonly type: 'maintenance' }>): void;
  take(): Gathered;
  totals(): Totals;
}

/** `flat` prices what the price list fails at. */
export function openBooks(limits: AccountLimits, flat: Pricing, random?: () => number): Books {
  const counters = counterTable(limits);
  const tags = tagTable(limits);
  const questions = questionTable(limits);
  const rows = rowTable(limits, random);
  let runs: MaintenanceRun[] = [];

  return {
    enter(event, at, pricing) {
      if (event.type === 'miss') {
        rows.missed(event.requestId, event.reason);
        return undefined;
      }
      const answer = answerToPrice(event, at);
      if (answer !== undefined && pricing.isKnown?.(answer) === false) return answer;
      const cost = costOf(event, answer, pricing, flat);
      const served = isServed(event);
      const account = counters.accountOf(dimensionsOf(event), at, served);
      post(account.counter.counts, event, cost);
      post(account.totals, event, cost);
      post(account.modelTotals, event, cost);
      countDuration(account, event);
      if (isClosing(event)) tags.add(event, at, account.counter.bucket, cost, served);
      else if (event.type === 'provider-answer' && served) tags.meet(event.tagNames, at);
      if (event.type === 'hit' || event.type === 'stored') questions.add(event, at);
      rows.add(event, at, account.dimensions, cost);
      return undefined;
    },
    store: questions.store,
    maintained(event) {
      runs = [...runs, runOf(event)].slice(-limits.runs);
    },
    take() {
      const ended = runs;
      runs = [];
      const { rows: taken, lost } = rows.take();
      return {
        counters: counters.take(),
        tags: tags.take(),
        patterns: questions.take(),
        rows: taken,
        ...(ended.length > 0 && { runs: ended }),
        lostRows: lost,
      };
    },
    totals: counters.totals,
  };
}

/** More than a call costs: a report beyond it would make the sums of all others inexact. */
const mostUsd = 1_000;

function isPrice(usd: number | undefined): usd is number {
  return usd !== undefined && usd >= 0 && usd <= mostUsd;
}

/** The answer of an event that is priced; none if a part of the semantic tier knows its own price. */
export function answerToPrice(event: BookedEvent, at: number): PricedAnswer | undefined {
  return event.type === 'semantic-call' && isPrice(event.usd) ? undefined : pricedAnswerOf(event, at);
}

function costOf(
  event: BookedEvent,
  answer: PricedAnswer | undefined,
  pricing: Pricing,
  flat: Pricing,
): Cost | undefined {
  if (event.type === 'semantic-call' && isPrice(event.usd))
    return { nano: Math.round(event.usd * 1e9), estimated: false, promptCacheNano: 0 };
  if (answer === undefined) return undefined;
  try {
    return pricing.costOf(answer);
  } catch {
    // A price list that fails at one model must not stop the accounts of all others.
    return flat.costOf(answer);
  }
}

function countDuration({ counter }: Account, event: BookedEvent): void {
  if (event.type === 'hit') addDuration(counter.hitDurations, event.durationMs);
  else if (event.type === 'answered' && event.by !== 'flight')
    addDuration(counter.missDurations, event.durationMs);
}
