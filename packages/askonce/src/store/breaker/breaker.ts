/**
 * A store that is left alone for a while once it has failed several times in a row, so that trouble with it costs
 * nothing: reads and writes of entries apart, and each within a budget of time (see tier-guard.ts on who watches it).
 *
 * Deletions, finding and the invalidation log always go through: what is taken back must be, or it must be known that
 * it is not. Whoever wants to lead or to follow is turned away together with the readers; whoever leads already is not.
 */
import type { Clock } from '../../clock.ts';
import { type Awaitable, isPending, systemClock, TimeLimit, tooSlow } from '../../clock.ts';
import { AskonceError } from '../../errors.ts';
import { notify, ReportedError } from '../../observe/report.ts';
import { type Guard, guardedFollowing, guardedLeases, guardedMarks } from '../around.ts';
import type { Store, TagIndex, WriteResult } from '../contract.ts';
import type { SharedServices } from '../shared.ts';
import { wrapped } from '../wrap.ts';
import type { CircuitState } from './circuit.ts';
import { Circuit } from './circuit.ts';

export interface BreakerOptions {
  /**
   * Failures in a row (rejections, time-outs, writes that failed) after which the store is left alone. All that were
   * under way when one failed are part of that one. Default 5.
   */
  readonly failures?: number | undefined;
  /** Milliseconds after which one call tries whether it is well again. Default 60 000. */
  readonly openMs?: number | undefined;
  /** How long a read or write may take, in ms, before it fails. Default 50. */
  readonly budgetMs?: number | undefined;
  /** Default: the machine's own time. */
  readonly clock?: Clock | undefined;
  /** Told of each change; what it throws is dropped. */
  readonly onChange?: ((change: BreakerChange) => void) | undefined;
}

export interface BreakerChange {
  /** Name of the store. */
  readonly store: string;
  readonly side: BreakerSide;
  readonly state: CircuitState;
}

export type BreakerSide = 'reads' | 'writes';

export interface BreakerStore extends Store {
  /** How it stands with each side: for health. */
  states(): Readonly<Record<BreakerSide, CircuitState>>;
}

const breakerDefaults = { failures: 5, openMs: 60_000, budgetMs: 50 } as const;

export function breaker(store: Store, options: BreakerOptions = {}): BreakerStore {
  const { failures = breakerDefaults.failures, openMs = breakerDefaults.openMs } = options;
  const { budgetMs = breakerDefaults.budgetMs, clock = systemClock, onChange } = options;
  const limit = new TimeLimit(clock, budgetMs);
  const circuit = (side: BreakerSide) =>
    new Circuit({
      clock,
      failures,
      openMs,
      onChange: (state) => onChange && notify(onChange, { store: store.name, side, state }),
    });
  const reads = circuit('reads');
  const writes = circuit('writes');
  const slow = `The ${store.name} store took more than ${budgetMs} ms.`;
  // One for all calls that are turned away: there may be very many of them, and each says the same.
  const leftAlone = new ReportedError(
    `The ${store.name} store has failed ${failures} times in a row and is left alone.`,
  );

  /** Makes the call unless the circuit is open, and tells the circuit how it went. */
  function through<T>(
    side: Circuit,
    call: () => Awaitable<T>,
    isFailure: (answer: T) => boolean = never,
  ): Awaitable<T> {
    const pass = side.enter();
    if (pass === undefined) return Promise.reject(leftAlone);
    const done = (answer: T): T => {
      if (isFailure(answer)) side.failed(pass);
      else side.succeeded(pass);
      return answer;
    };
    const failed = (error: unknown): never => {
      side.failed(pass);
      throw error === tooSlow ? new AskonceError('store_failed', slow) : error;
    };
    let answer: Awaitable<T>;
    try {
      answer = call();
    } catch (error) {
      side.failed(pass);
      return Promise.reject(error);
    }
    return isPending(answer) ? limit.settle(answer, done, failed) : done(answer);
  }

  /**
   * Counts where the call fails, or is not answered within the budget, and nothing else: what is light is soon answered
   * also by a store that is too slow for reads. The answer comes whenever it does: a lease that is granted late must be
   * known. No such call is a trial.
   */
  function beside<T>(call: () => Awaitable<T>): Promise<T> {
    const pass = reads.state === 'closed' ? reads.enter() : undefined;
    if (pass === undefined) return Promise.reject(leftAlone);
    const answer = (async () => await call())();
    const failed = () => reads.failed(pass);
    void limit.settle(answer, () => {}, failed);
    return answer;
  }

  /** A renewal, a release and a publication are never refused: the process already leads. Nor is the removal of a mark. */
  const guard: Guard = (name, call) => {
    switch (name) {
      case 'marks.get':
        return through(reads, call);
      case 'marks.put':
        return through(writes, call);
      case 'leases.take':
      case 'following.ask':
        return beside(call);
      case 'following.follow':
        if (reads.state !== 'closed') throw leftAlone;
        return call();
      default:
        return call();
    }
  };

  const { tags, shared } = store;
  const guarded = wrapped(store, {
    budgetMs,
    get: (key) => through(reads, () => store.get(key)),
    ...(store.getShared && { getShared: (key) => through(reads, () => store.getShared?.(key)) }),
    getMany: (keys) => through(reads, () => store.getMany(keys)),
    set: (entry) => through(writes, () => store.set(entry), hasFailed),
    setMany: (entries) => through(writes, () => store.setMany(entries), haveFailed),
    ...(store.noteHit && {
      noteHit: (key) => {
        if (writes.state === 'closed') store.noteHit?.(key);
      },
    }),
    ...(tags && { tags: guardedTags(tags) }),
    ...(shared && { shared: guardedServices(shared) }),
  });
  return { ...guarded, states: () => ({ reads: reads.state, writes: writes.state }) };

  function guardedTags(tags: TagIndex): TagIndex {
    return {
      add: (key, tagDigests, expires) => through(writes, () => tags.add(key, tagDigests, expires)),
      find: (filter, options) => tags.find(filter, options),
    };
  }

  function guardedServices({ marks, leases, following, ...passedOn }: SharedServices): SharedServices {
    return {
      ...passedOn,
      ...(marks && { marks: guardedMarks(marks, guard) }),
      ...(leases && { leases: guardedLeases(leases, guard) }),
      ...(following && { following: guardedFollowing(following, guard) }),
    };
  }
}

const never = () => false;
const hasFailed = (result: WriteResult) => result === 'failed';
const haveFailed = (results: readonly WriteResult[]) => results.length > 0 && results.every(hasFailed);
