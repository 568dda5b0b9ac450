/**
 * Stale-while-revalidate: a stale entry is refreshed behind the reader that it was served to.
 *
 * A refresh is a flight under the question's own name, so whoever misses meanwhile joins it; but its failures are
 * nobody's. One process refreshes: it holds a lease of its own for as long as it tries, beside that of each flight.
 */
import { backOff, type Clock, pause } from '../clock.ts';
import { Candidacy } from '../distributed/claim.ts';
import { leaseName, lookAgain } from '../distributed/share.ts';
import { type Ask, type Engine, flightName, isAccepted, named, onAbort } from '../engine/ask.ts';
import type { Hit } from '../engine/lookup.ts';
import type { Kept } from '../engine/store-answer.ts';
import { AskonceError } from '../errors.ts';
import { isSuccess } from '../flight/flight.ts';
import type { Provider, ProviderAnswer } from '../flight/provider.ts';
import { lead } from '../generate/generate.ts';
import { isHeldBack } from '../negative/negative.ts';

/** Milliseconds before the second attempt, and the most before a later one. */
const leastPauseMs = 500;
const longestPauseMs = 10_000;

/** Starts a refresh, unless one is under way; nothing of it is waited for. */
export function refreshBehind(engine: Engine, ask: Ask, { entry }: Hit): void {
  const { flags, flights, refreshes } = engine;
  if (!flags.isOn('staleWhileRevalidate', ask.identity.key)) return;
  const name = flightName(ask.identity);
  const isUnderWay = flights.joinable(name, () => true) !== undefined;
  const mayAsk = !isUnderWay && !isHeldBack(engine, ask);
  const starts = mayAsk && refreshes.start(name, () => refresh(engine, asRefresh(engine, ask), entry));
  if (!starts) tell(engine, ask, 'skipped');
}

/** The same request, as nobody waits for it. */
function asRefresh({ clock, settings }: Engine, ask: Ask): Ask {
  return {
    ...ask,
    caller: {},
    failsFor: `${ask.failsFor}~${ask.requestId}`,
    provider: timed(ask.provider, clock, settings.refreshTimeoutMs),
  };
}

/** Answers with the milliseconds for which the question is to be left alone then. Never rejects. */
async function refresh(engine: Engine, ask: Ask, stale: Hit['entry']): Promise<number> {
  const { store, settings } = engine;
  const leases = store.shared?.leases;
  const candidacy =
    leases && new Candidacy(engine, ask, leases, `refresh.${leaseName(ask.identity)}`, () => {});
  try {
    const taken = await candidacy?.take();
    if (taken?.kind === 'granted') candidacy?.hold(taken);
    // Another process is at it, or has just been.
    const isRefreshed = leases !== undefined && (await lookAgain(engine, ask, stale.meta)) !== undefined;
    if (isRefreshed || taken?.kind === 'contended') {
      tell(engine, ask, 'skipped');
      return 0;
    }
    tell(engine, ask, 'started');
    const failure = await attempts(engine, ask, stale);
    tell(engine, ask, failure === undefined ? 'succeeded' : 'failed', failure?.reason);
    return failure === undefined || failure.isOwn ? 0 : settings.refreshTimeoutMs;
  } catch {
    // Closed meanwhile: nothing may be started any more.
    tell(engine, ask, 'failed', 'closed');
    return 0;
  } finally {
    await candidacy?.release();
  }
}

/** Why the last of them failed; undefined where one succeeded. */
async function attempts(engine: Engine, ask: Ask, stale: Hit['entry']): Promise<Failure | undefined> {
  const { settings, clock, refreshes } = engine;
  let failure: Failure | undefined;
  for (let attempt = 0; attempt < settings.refreshAttempts; attempt++) {
    if (attempt > 0) await pause(clock, backOff(attempt - 1, leastPauseMs, longestPauseMs), refreshes.signal);
    refreshes.signal.throwIfAborted();
    // The provider may have refused the credential meanwhile, here or elsewhere.
    if (!(await isAccepted(engine, ask.identity, ask.request.upstream)))
      return { reason: 'credential', isFinal: true, isOwn: true };
    failure = await attemptOnce(engine, ask, stale);
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

async function attemptOnce(engine: Engine, ask: Ask, stale: Hit['entry']): Promise<Failure | undefined> {
  let kept: Kept | undefined;
  const flight = lead(engine, ask, flightName(ask.identity), {
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
  engine: Engine,
  ask: Ask,
  outcome: 'started' | 'skipped' | 'succeeded' | 'failed',
  reason?: string,
) {
  engine.observe({ ...named(ask), type: 'refresh', outcome, reason });
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

/* MERGED refreshes.ts:
 * The refreshes under way in this process: one for a question, and a bounded number at a time.
 */
const mostAtOnce = 64;

export class Refreshes {
  readonly #clock: Clock;
  readonly #underWay = new Map<string, Promise<void>>();
  /** Questions whose refresh has failed lately, and until when (monotonic) they are left alone. */
  readonly #resting = new Map<string, number>();
  readonly #closing = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Aborts when no attempt is to follow any more. */
  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  /**
   * Runs `refresh` later, unless the question is being refreshed, or one has failed lately, or too many are under way;
   * says whether it will. `refresh` tells for how many milliseconds the question is to be left alone then; never rejects.
   */
  start(name: string, refresh: () => Promise<number>): boolean {
    if (this.#closing.signal.aborted || this.#underWay.size >= mostAtOnce) return false;
    if (this.#underWay.has(name) || this.#rests(name)) return false;
    const run = async () => {
      // Later: nothing of it is to be done on the way of the reader.
      await Promise.resolve();
      const restMs = await refresh();
      this.#underWay.delete(name);
      if (restMs > 0) this.#rest(name, restMs);
    };
    this.#underWay.set(name, run());
    return true;
  }

  /** Lets no attempt follow; resolves when those under way have ended. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#underWay.values());
  }

  #rests(name: string): boolean {
    const until = this.#resting.get(name);
    if (until === undefined) return false;
    if (until > this.#clock.monotonic()) return true;
    this.#resting.delete(name);
    return false;
  }

  #rest(name: string, restMs: number): void {
    this.#resting.delete(name);
    this.#resting.set(name, this.#clock.monotonic() + restMs);
    if (this.#resting.size <= 16 * mostAtOnce) return;
    const [oldest] = this.#resting.keys();
    if (oldest !== undefined) this.#resting.delete(oldest);
  }
}
