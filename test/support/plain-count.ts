/**
 * Counts what a cache saved and spent from outside: from what its callers were answered and what its provider billed, without
 * a word of the cache itself. Each answer says by which call of the provider it was made.
 */
import type { BilledCall } from './billing-provider.ts';
import type { Arrival } from './hour-of-traffic.ts';

export interface Answered {
  readonly arrival: Arrival;
  /** The call that made the answer; undefined if the request failed. */
  readonly call: number | undefined;
  /** When the answer had ended. */
  readonly ended: number;
}

const names = [
  'requests',
  'hits',
  'staleHits',
  'shared',
  'misses',
  'negative',
  'bypasses',
  'calls',
  'errors',
  'savedTokens',
  'sharedTokens',
  'inputTokens',
  'outputTokens',
  'savedNano',
  'sharedNano',
  'missNano',
  'bypassNano',
  'refreshNano',
  'estimatedSavedNano',
  'estimatedSpentNano',
] as const;

/** The figures by the names that the ledger gives them. */
export type PlainCount = Record<(typeof names)[number], number>;

function nothing(): PlainCount {
  return {
    requests: 0,
    hits: 0,
    staleHits: 0,
    shared: 0,
    misses: 0,
    negative: 0,
    bypasses: 0,
    calls: 0,
    errors: 0,
    savedTokens: 0,
    sharedTokens: 0,
    inputTokens: 0,
    outputTokens: 0,
    savedNano: 0,
    sharedNano: 0,
    missNano: 0,
    bypassNano: 0,
    refreshNano: 0,
    estimatedSavedNano: 0,
    estimatedSpentNano: 0,
  };
}

/** What is to be counted, when, and for whose request. */
export interface Posting {
  readonly at: number;
  readonly arrival: Arrival;
  /** '' for a request that bypasses the cache, which does not read it, until an answer names the model. */
  readonly model: string;
  readonly counts: Partial<PlainCount>;
}

export function sumOf(postings: readonly Posting[]): PlainCount {
  const sum = nothing();
  for (const { counts } of postings) for (const name of names) sum[name] += counts[name] ?? 0;
  return sum;
}

function modelAsked({ bypasses, model }: Arrival): string {
  return bypasses ? '' : model.name;
}

/** `staleMs`: how long an answer is fresh, counted from its call. */
export function postingsOf(
  answered: readonly Answered[],
  calls: readonly BilledCall[],
  staleMs: number,
): readonly Posting[] {
  /** Calls that were made for the request of a caller; the others are refreshes. */
  const led = new Set<number>();

  function requestCounted({ arrival, call: number, ended }: Answered): Posting {
    const call = number === undefined ? undefined : calls[number];
    const counted = (at: number, counts: Partial<PlainCount>) => ({
      at,
      arrival,
      model: modelAsked(arrival),
      counts: { requests: 1, ...counts },
    });
    if (arrival.bypasses) return counted(ended, { bypasses: 1 });
    if (number === undefined || call === undefined) return counted(ended, { misses: 1 });
    const worth = call.estimated ? { estimatedSavedNano: call.nano } : {};
    const tokens = call.inputTokens + call.outputTokens;
    if (call.ended <= arrival.at) {
      if (call.failed) return counted(arrival.at, { negative: 1 });
      const staleHits = arrival.at - call.began >= staleMs ? 1 : 0;
      return counted(arrival.at, { hits: 1, staleHits, savedTokens: tokens, savedNano: call.nano, ...worth });
    }
    if (call.began === arrival.at && !led.has(number)) {
      led.add(number);
      return counted(ended, { misses: 1 });
    }
    return counted(ended, { shared: 1, sharedTokens: tokens, sharedNano: call.nano, ...worth });
  }

  function callCounted(call: BilledCall, number: number): readonly Posting[] {
    const { arrival, ended, failed, nano, inputTokens, outputTokens, estimated } = call;
    const cause = arrival.bypasses ? 'bypassNano' : led.has(number) ? 'missNano' : 'refreshNano';
    return [
      {
        at: ended,
        arrival,
        model: failed ? modelAsked(arrival) : arrival.model.name,
        counts: {
          calls: 1,
          errors: failed ? 1 : 0,
          inputTokens,
          outputTokens,
          [cause]: nano,
          estimatedSpentNano: estimated ? nano : 0,
        },
      },
    ];
  }

  // The requests first: they say which calls were made for them.
  const requests = answered.map(requestCounted);
  return [...requests, ...calls.flatMap(callCounted)];
}
