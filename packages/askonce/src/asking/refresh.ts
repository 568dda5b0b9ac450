/**
 * Stale-while-revalidate: a stale entry is refreshed behind the reader that it was served to.
 *
 * A refresh is a flight under the question's own name, so whoever misses meanwhile joins it; but its failures are
 * nobody's. One process refreshes: it holds a lease of its own for as long as it tries, beside that of each flight.
 */

import type { Clock } from '../clock.ts';
import { AskonceError } from '../errors.ts';
import { isSuccess } from '../flight/flight.ts';
import type { Provider, ProviderAnswer } from '../flight/provider.ts';
import { backOff, pause } from '../flight/waiting.ts';
import { type Ask, flightName, type House, isAccepted, named, onAbort } from './ask.ts';
import { Candidacy } from './candidacy.ts';
import { lead } from './generate.ts';
import type { Kept } from './keep.ts';
import type { Hit } from './lookup.ts';
import { isHeldBack } from './negative.ts';
import { leaseName, lookAgain } from './sharing.ts';

/** Milliseconds before the second attempt, and the most before a later one. */
const leastPauseMs = 500;
const longestPauseMs = 10_000;

/** Starts a refresh, unless one is under way; nothing of it is waited for. */
export function refreshBehind(house: House, ask: Ask, { entry }: Hit): void {
  const { flags, flights, refreshes } = house;
  if (!flags.isOn('staleWhileRevalidate', ask.identity.key)) return;
  const name = flightName(ask.identity);
  const isUnderWay = flights.joinable(name, () => true) !== undefined;
  const mayAsk = !isUnderWay && !isHeldBack(house, ask);
  const starts = mayAsk && refreshes.start(name, () => refresh(house, asRefresh(house, ask), entry));
  if (!starts) tell(house, ask, 'skipped');
}

/** The same request, as nobody waits for it. */
function asRefresh({ clock, settings }: House, ask: Ask): Ask {
  return {
    ...ask,
    caller: {},
    failsFor: `${ask.failsFor}~${ask.requestId}`,
    provider: timed(ask.provider, clock, settings.refreshTimeoutMs),
  };
}

/** Answers with the milliseconds for which the question is to be left alone then. Never rejects. */
async function refresh(house: House, ask: Ask, stale: Hit['entry']): Promise<number> {
  const { store, settings } = house;
  const { leases } = store;
  const candidacy =
    leases && new Candidacy(house, ask, leases, `refresh.${leaseName(ask.identity)}`, () => {});
  try {
    const taken = await candidacy?.take();
    if (taken?.kind === 'granted') candidacy?.hold(taken);
    // Another process is at it, or has just been.
    const isRefreshed = leases !== undefined && (await lookAgain(house, ask, stale.meta)) !== undefined;
    if (isRefreshed || taken?.kind === 'contended') {
      tell(house, ask, 'skipped');
      return 0;
    }
    tell(house, ask, 'started');
    const failure = await attempts(house, ask, stale);
    tell(house, ask, failure === undefined ? 'succeeded' : 'failed', failure?.reason);
    return failure === undefined || failure.isOwn ? 0 : settings.refreshTimeoutMs;
  } catch {
    // Closed meanwhile: nothing may be started any more.
    tell(house, ask, 'failed', 'closed');
    return 0;
  } finally {
    await candidacy?.release();
  }
}

/** Why the last of them failed; undefined where one succeeded. */
async function attempts(house: House, ask: Ask, stale: Hit['entry']): Promise<Failure | undefined> {
  const { settings, clock, refreshes } = house;
  let failure: Failure | undefined;
  for (let attempt = 0; attempt < settings.refreshAttempts; attempt++) {
    if (attempt > 0) await pause(clock, backOff(attempt - 1, leastPauseMs, longestPauseMs), refreshes.signal);
    refreshes.signal.throwIfAborted();
    // The provider may have refused the credential meanwhile, here or elsewhere.
    if (!(await isAccepted(house, ask.identity, ask.request.upstream)))
      return { reason: 'credential', isFinal: true, isOwn: true };
    failure = await attemptOnce(house, ask, stale);
    if (failure === undefined || failure.isFinal) return failure;
  }
  return failure;
}

interface Failure {
  /** A code, or a reason of the write gate. */
  readonly reason: string;
  /** Whether another attempt would come to the same. */
  readonly isFinal: boolean;
  /** Whether it is this reader's own, so that another's refresh might succeed. */
  readonly isOwn: boolean;
}

async function attemptOnce(house: House, ask: Ask, stale: Hit['entry']): Promise<Failure | undefined> {
  let kept: Kept | undefined;
  const flight = lead(house, ask, flightName(ask.identity), {
    replacing: stale.meta,
    onKept(what) {
      kept = what;
    },
  });
  // Those who join it may leave: it goes on.
  const leave = flight.board();
  try {
    const { head, stored } = await flight.landing;
    if (stored) return undefined;
    const reason = kept?.stored === false ? kept.reason : 'unreadable';
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

function isTransient(status: number): boolean {
  return status < 400 || status > 499 || status === 408 || status === 425 || status === 429;
}

function tell(
  house: House,
  ask: Ask,
  outcome: 'started' | 'skipped' | 'succeeded' | 'failed',
  reason?: string,
) {
  house.observe({ ...named(ask), type: 'refresh', outcome, reason });
}

/** The provider, given so long to the first byte and from byte to byte. */
function timed(provider: Provider, clock: Clock, timeoutMs: number): Provider {
  return async (request, signal) => {
    const started = clock.monotonic();
    const abort = new AbortController();
    const stopListening = onAbort(signal, () => abort.abort(signal.reason));
    const inTime = <T>(pending: Promise<T>, leftMs = timeoutMs): Promise<T> =>
      new Promise((resolve, reject) => {
        const cancel = clock.schedule(() => {
          const late = new AskonceError(
            'provider_timeout',
            `nothing came for ${timeoutMs} ms (\`refreshTimeoutMs\`)`,
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
      const answer: ProviderAnswer = await inTime(provider(request, abort.signal));
      return { ...answer, body: body(answer.body[Symbol.asyncIterator]()) };
    } catch (error) {
      stopListening();
      throw error;
    }
  };
}
