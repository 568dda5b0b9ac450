/**
 * Reads a gateway by its admin calls: its counters and health each time, the ledger every ten seconds. What cannot be read
 * is left out with its reason; a gateway that does not answer is asked again, later each time it asks for time.
 */
import type { AskonceError, Clock } from 'askonce';
import type { z } from 'zod';
import { statisticsCall, topQueriesCall } from '../admin/ledger/routes.ts';
import { metricsCall } from '../admin/metrics.ts';
import { healthCall } from '../admin/routes.ts';
import type { AdminClient, Attempt } from '../admin-client/client.ts';
import { countersOf } from './counters.ts';
import { type History, openHistory } from './history.ts';

type Answer<Row extends { readonly answer: z.ZodType }> = z.output<Row['answer']>;

type Health = Answer<typeof healthCall>;
type Day = Answer<typeof statisticsCall>['total'];
export type Question = Answer<typeof topQueriesCall>['queries'][number];

/** A part of the readings, or the reason why there is none. */
export type Part<Value> = { readonly value: Value } | { readonly value?: undefined; readonly why: string };

export interface Readings {
  readonly history: History;
  readonly metrics: Part<'read'>;
  readonly health: Part<Health>;
  /** The last 24 hours. */
  readonly day: Part<Day>;
  readonly questions: Part<readonly Question[]>;
  /** What keeps the gateway from answering now, and since when, in ms since the epoch. */
  readonly trouble: { readonly error: AskonceError; readonly since: number } | undefined;
  /** How long the gateway should be left alone, in ms; 0: no longer than usual. */
  readonly waitMs: number;
}

export interface PollOptions {
  readonly client: AdminClient;
  readonly clock: Clock;
}

/** The ledger is read no more often, in ms: its queries cost more than reading counters. */
const ledgerMs = 10_000;
const questionsShown = 100;
const timeoutMs = 5000;
/** After refusals for calling too often, in ms: doubled each time. */
const leastWaitMs = 2000;
const mostWaitMs = 60_000;

const notYet = { why: 'not read yet' } as const;

/** Makes one round of calls, and returns what is known after it. */
export type Poll = (signal: AbortSignal) => Promise<Readings>;

export function openPoll({ client, clock }: PollOptions): Poll {
  const history = openHistory();
  let ledgerReadAt = Number.NEGATIVE_INFINITY;
  let limitedTimes = 0;
  let readings: Readings = {
    history,
    metrics: notYet,
    health: notYet,
    day: notYet,
    questions: notYet,
    trouble: undefined,
    waitMs: 0,
  };

  return async (signal) => {
    const options = { timeoutMs, signal };
    const isLedgerDue = clock.monotonic() - ledgerReadAt >= ledgerMs;
    const health = await client.attempt(healthCall, options);
    const stopped = hindrance(health);
    if (stopped !== undefined) return troubled(stopped);
    const at = clock.monotonic();
    const metrics = await client.attempt(metricsCall, options);
    if (metrics.ok) history.add({ at, counters: countersOf(metrics.answer) });
    let { day, questions } = readings;
    let late = hindrance(metrics);
    if (isLedgerDue && late === undefined) {
      ledgerReadAt = at;
      const ledger = await client.attempt(statisticsCall, { ...options, query: { period: 'hourly' } });
      const top = await client.attempt(topQueriesCall, { ...options, query: { limit: questionsShown } });
      day = partOf(ledger, ({ total }) => total);
      questions = partOf(top, ({ queries }) => queries);
      late = hindrance(ledger) ?? hindrance(top);
    }
    readings = {
      history,
      metrics: partOf(metrics, () => 'read' as const),
      health: partOf(health, (answer) => answer),
      day,
      questions,
      trouble: undefined,
      waitMs: 0,
    };
    if (late !== undefined) return troubled(late);
    limitedTimes = 0;
    return readings;
  };

  function troubled({ error, retryAfterMs }: Failure): Readings {
    const isLimited = error.status === 429;
    limitedTimes = isLimited ? limitedTimes + 1 : 0;
    const doubled = Math.min(mostWaitMs, leastWaitMs * 2 ** Math.min(limitedTimes - 1, 10));
    readings = {
      ...readings,
      trouble: { error, since: readings.trouble?.since ?? clock.now() },
      waitMs: isLimited ? Math.max(retryAfterMs ?? 0, doubled) : 0,
    };
    return readings;
  }
}

type Failure = Extract<Attempt<unknown>, { readonly ok: false }>;

/** What keeps every call from being answered, not this one alone. */
function hindrance(attempt: Attempt<unknown>): Failure | undefined {
  if (attempt.ok) return undefined;
  const { code, status } = attempt.error;
  return code === 'gateway_unreachable' || status === 401 || status === 429 || code === 'shutting_down'
    ? attempt
    : undefined;
}

function partOf<Given, Value>(attempt: Attempt<Given>, value: (answer: Given) => Value): Part<Value> {
  return attempt.ok ? { value: value(attempt.answer) } : { why: attempt.error.message };
}
