/**
 * Stale-while-revalidate: a stale entry is refreshed after it was served, and no reader waits.
 *
 * A refresh is a flight under the question's own name, so a request that misses meanwhile joins it; but its failures are
 * shared with no request. One process refreshes: it holds a lease of its own for as long as it tries, in addition to
 * that of each flight.
 */
import { backOff, type Clock, pause } from '../clock.ts';
import type { Distributed } from '../distributed/share.ts';
import { type Ask, flightName, isAccepted, onAbort, report } from '../engine/ask.ts';
import type { Engine } from '../engine/engine.ts';
import type { Hit } from '../engine/outcome.ts';
import type { StoreOutcome } from '../engine/store-answer.ts';
import { StoreBudget } from '../engine/store-budget.ts';
import { type EntryMeta, isSuccess } from '../entry/entry.ts';
import { AskonceError } from '../errors.ts';
import type { Provider, ProviderAnswer } from '../flight/provider.ts';
import type { Lead } from '../generate/lead.ts';
import type { NegativeCache } from '../negative/negative.ts';
import { refreshQueue } from './queue.ts';

/** Milliseconds before the second attempt, and the most before a later one. */
const minPauseMs = 500;
const maxPauseMs = 10_000;

export interface RefreshOptions {
  readonly engine: Engine;
  readonly lead: Lead;
  readonly distributed: Distributed;
  readonly negative: NegativeCache;
}

export interface Refreshing {
  /** Starts a refresh of a stale entry, unless one is in progress; the reader does not wait for it. */
  start(ask: Ask, hit: Hit): void;
  /** Lets no attempt follow; resolves when those in progress have ended. */
  close(): Promise<void>;
}

/** Why an attempt failed. */
interface Failure {
  /** An error code, or a reason of the write gate. */
  readonly reason: string;
  /** Whether another attempt would fail in the same way. */
  readonly isFinal: boolean;
  /** Whether it is this reader's own, so that another reader's refresh might succeed. */
  readonly isOwn: boolean;
}

export function refreshing({ engine, lead, distributed, negative }: RefreshOptions): Refreshing {
  const { settings, clock, flags, flights } = engine;
  const queue = refreshQueue(clock);

  /** Resolves with the milliseconds for which the question is then to be left alone. Never rejects. */
  async function refresh(ask: Ask, stale: EntryMeta): Promise<number> {
    const claim = distributed.refreshClaim(ask);
    try {
      const taken = await claim?.take();
      if (taken?.kind === 'granted') claim?.hold(taken, 'acquired');
      // Another process refreshes it, or has just done so.
      const isRefreshed = claim !== undefined && (await distributed.lookAgain(ask, stale)) !== undefined;
      if (isRefreshed || taken?.kind === 'contended') {
        report(engine, ask, { type: 'refresh', outcome: 'skipped' });
        return 0;
      }
      report(engine, ask, { type: 'refresh', outcome: 'started' });
      const failure = await attempts(ask, stale);
      const outcome = failure === undefined ? 'succeeded' : 'failed';
      report(engine, ask, { type: 'refresh', outcome, reason: failure?.reason });
      return failure === undefined || failure.isOwn ? 0 : settings.refreshTimeoutMs;
    } catch {
      // The cache was closed meanwhile: nothing may be started any more.
      report(engine, ask, { type: 'refresh', outcome: 'failed', reason: 'closed' });
      return 0;
    } finally {
      await claim?.release();
    }
  }

  /** Why the last attempt failed; undefined if one succeeded. */
  async function attempts(ask: Ask, stale: EntryMeta): Promise<Failure | undefined> {
    let failure: Failure | undefined;
    for (let attempt = 0; attempt < settings.refreshAttempts; attempt++) {
      if (attempt > 0) await pause(clock, backOff(attempt - 1, minPauseMs, maxPauseMs), queue.signal);
      queue.signal.throwIfAborted();
      // The provider may have refused the credential meanwhile, here or elsewhere.
      if (!(await isAccepted(engine, ask.identity, ask.request.upstream)))
        return { reason: 'credential', isFinal: true, isOwn: true };
      failure = await attemptOnce(ask, stale);
      if (failure === undefined || failure.isFinal) return failure;
    }
    return failure;
  }

  async function attemptOnce(ask: Ask, stale: EntryMeta): Promise<Failure | undefined> {
    let storing: Promise<StoreOutcome> | undefined;
    const flight = lead(ask, flightName(ask.identity), {
      replacing: stale,
      onStoring(outcome) {
        storing = outcome;
      },
    });
    // Requests that join it may leave: it goes on.
    const leave = flight.join();
    try {
      const { head, stored } = await flight.landing;
      const outcome = await storing;
      if (stored || outcome?.stored) return undefined;
      const reason = outcome?.stored === false ? outcome.reason : 'unreadable';
      if (isSuccess(head)) return { reason, isFinal: true, isOwn: false };
      const isOwn = head.status === 401 || head.status === 403;
      return { reason: 'status', isFinal: !isTransient(head.status), isOwn };
    } catch (error) {
      const code = AskonceError.isInstance(error) ? error.code : 'internal';
      return { reason: code, isFinal: code === 'closed' || code === 'shutting_down', isOwn: false };
    } finally {
      leave();
    }
  }

  return {
    start(ask, { entry, recording }) {
      const { key, protocol } = ask.identity;
      if (protocol.answers === undefined && !flags.isOn('staleWhileRevalidate', key)) return;
      const name = flightName(ask.identity);
      const isInProgress = flights.joinable(name, () => true) !== undefined;
      const mayAsk = !isInProgress && !negative.isHeldBack(ask);
      // No caller waits for a refresh, so its call has no caller and shares its failures with no request.
      const asRefresh = (): Ask => ({
        ...ask,
        caller: {},
        landed: [],
        firstLook: undefined,
        budget: new StoreBudget(clock, settings.storeBudgetMs),
        cause: 'refresh',
        stored: recording,
        failsFor: `${ask.failsFor}~${ask.requestId}`,
        provider: withTimeouts(ask.refreshProvider, clock, settings.refreshTimeoutMs),
      });
      const starts = mayAsk && queue.start(name, () => refresh(asRefresh(), entry.meta));
      if (!starts) report(engine, ask, { type: 'refresh', outcome: 'skipped' });
    },
    close: () => queue.close(),
  };
}

function isTransient(status: number): boolean {
  return status < 400 || status > 499 || status === 408 || status === 425 || status === 429;
}

/** The provider, given so long to the first byte and from byte to byte. */
function withTimeouts(provider: Provider, clock: Clock, timeoutMs: number): Provider {
  return async (request, signal, stored) => {
    const started = clock.monotonic();
    const abort = new AbortController();
    const stopListening = onAbort(signal, () => abort.abort(signal.reason));
    const inTime = <T>(pending: Promise<T>, leftMs = timeoutMs): Promise<T> =>
      new Promise((resolve, reject) => {
        const cancel = clock.schedule(() => {
          const late = new AskonceError(
            'provider_timeout',
            `The provider sent nothing for ${timeoutMs} ms; raise \`refreshTimeoutMs\` if it needs longer.`,
          );
          abort.abort(late);
          reject(late);
        }, leftMs);
        pending.then(resolve, reject).finally(cancel);
      });

    async function* body(pieces: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
      try {
        let next = await inTime(pieces.next(), started + timeoutMs - clock.monotonic());
        while (!next.done) {
          yield next.value;
          next = await inTime(pieces.next());
        }
      } finally {
        stopListening();
        pieces.return?.()?.catch(() => {});
      }
    }

    try {
      const answer: ProviderAnswer = await inTime(provider(request, abort.signal, stored));
      return { ...answer, body: body(answer.body[Symbol.asyncIterator]()) };
    } catch (error) {
      stopListening();
      throw error;
    }
  };
}
