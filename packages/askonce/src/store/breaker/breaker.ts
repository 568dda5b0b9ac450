/**
 * A circuit breaker: a store that has failed several times in a row is not called for a while, so that its trouble costs
 * no time. Reads and writes of entries have a circuit each, and every call a time limit.
 *
 * Deletions, finding and the invalidation log always pass: an invalidation must take effect, or fail visibly. While reads
 * are refused, so are requests to lead or to follow a flight; a process that already leads is not refused.
 */
import type { Clock } from '../../clock.ts';
import { type Awaitable, isPending, systemClock, TimeLimit, tooSlow } from '../../clock.ts';
import { notify, ReportedError } from '../../observe/report.ts';
import { type CallWrapper, guardedFollowing, guardedLeases, guardedMarks } from '../around.ts';
import { timedOut, writeLimitMs } from '../calls.ts';
import type { LeasedLook, Store, TagIndex, WriteResult } from '../contract.ts';
import type { SharedServices } from '../shared.ts';
import { wrapped } from '../wrap.ts';
import type { CircuitState } from './circuit.ts';
import { Circuit } from './circuit.ts';

export interface BreakerOptions {
  /**
   * Failures in a row (rejections, time-outs, failed writes) after which the store is not called. Calls in progress when
   * one fails count as part of that failure. Default 5.
   */
  readonly failures?: number | undefined;
  /**
   * Milliseconds after which one call tests whether the store has recovered; at once if the store itself reports that
   * (`Store.onRecovered`). Default 60 000.
   */
  readonly openMs?: number | undefined;
  /** How long a read may take, in ms, before it fails. Default 50. */
  readonly budgetMs?: number | undefined;
  /** How long a write may take, in ms, before it fails: one that is merely slow is no trouble. Default 5 000. */
  readonly writeBudgetMs?: number | undefined;
  /** Default: the system clock. */
  readonly clock?: Clock | undefined;
  /** Called at each change. An error that it throws is dropped. */
  readonly onChange?: ((change: BreakerChange) => void) | undefined;
}

export interface BreakerChange {
  /** Name of the store. */
  readonly store: string;
  readonly side: BreakerSide;
  readonly state: CircuitState;
}

type BreakerSide = 'reads' | 'writes';

export interface BreakerStore extends Store {
  /** The state of each circuit, for health checks. */
  states(): Readonly<Record<BreakerSide, CircuitState>>;
}

const breakerDefaults = { failures: 5, openMs: 60_000, budgetMs: 50, writeBudgetMs: writeLimitMs } as const;

export function breaker(store: Store, options: BreakerOptions = {}): BreakerStore {
  const { failures = breakerDefaults.failures, openMs = breakerDefaults.openMs } = options;
  const { budgetMs = breakerDefaults.budgetMs, clock = systemClock, onChange } = options;
  const { writeBudgetMs = Math.max(budgetMs, breakerDefaults.writeBudgetMs) } = options;
  const limit = new TimeLimit(clock, budgetMs);
  const writeLimit = new TimeLimit(clock, writeBudgetMs);
  const circuit = (side: BreakerSide) =>
    new Circuit({
      clock,
      failures,
      openMs,
      onChange: (state) => onChange && notify(onChange, { store: store.name, side, state }),
    });
  const reads = circuit('reads');
  const writes = circuit('writes');
  store.onRecovered?.(() => {
    reads.recovered();
    writes.recovered();
  });
  // One error for all refused calls: there may be very many, and each says the same.
  const circuitOpen = new ReportedError(
    `The ${store.name} store has failed ${failures} times in a row and is not called for now.`,
  );

  /** Makes the call unless the circuit is open, and reports the outcome to the circuit. */
  function through<T>(
    side: Circuit,
    call: () => Awaitable<T>,
    isFailure: (answer: T) => boolean = never,
    within = limit,
  ): Awaitable<T> {
    const pass = side.enter();
    if (pass === undefined) return Promise.reject(circuitOpen);
    const done = (answer: T): T => {
      if (isFailure(answer)) side.failed(pass);
      else side.succeeded(pass);
      return answer;
    };
    const failed = (error: unknown): never => {
      side.failed(pass);
      throw error === tooSlow ? timedOut(store, within.ms) : error;
    };
    let answer: Awaitable<T>;
    try {
      answer = call();
    } catch (error) {
      side.failed(pass);
      return Promise.reject(error);
    }
    return isPending(answer) ? within.settle(answer, done, failed) : done(answer);
  }

  /**
   * Counts only a failure or a time-out of the call: a store that is too slow for reads may still answer a light call in
   * time, which proves nothing. The answer is returned however late it is, since a lease that is granted late must be
   * known. Such a call is never a trial.
   */
  function untimed<T>(call: () => Awaitable<T>): Promise<T> {
    const pass = reads.state === 'closed' ? reads.enter() : undefined;
    if (pass === undefined) return Promise.reject(circuitOpen);
    const answer = (async () => await call())();
    const failed = () => reads.failed(pass);
    void limit.settle(answer, () => {}, failed);
    return answer;
  }

  /** A renewal, a release and a publication are never refused: the process already leads. Nor is the removal of a mark. */
  const wrap: CallWrapper = (name, call) => {
    switch (name) {
      case 'marks.get':
        return through(reads, call);
      case 'marks.put':
        return through(writes, call);
      case 'leases.take':
      case 'following.ask':
        return untimed(call);
      case 'following.follow':
        if (reads.state !== 'closed') throw circuitOpen;
        return call();
      default:
        return call();
    }
  };

  const { tags, shared } = store;
  const lookAndLease = store.lookAndLease?.bind(store);
  const setAndRelease = store.setAndRelease?.bind(store);
  const guarded = wrapped(store, {
    budgetMs,
    get: (key) => through(reads, () => store.get(key)),
    ...(store.getShared && { getShared: (key) => through(reads, () => store.getShared?.(key)) }),
    getMany: (keys) => through(reads, () => store.getMany(keys)),
    ...(lookAndLease && {
      lookAndLease(key, terms) {
        let looked: LeasedLook | undefined;
        const found = through(reads, () => {
          looked = lookAndLease(key, terms);
          return looked.found;
        });
        return { found, lease: looked?.lease };
      },
    }),
    ...(setAndRelease && {
      setAndRelease: (entry, lease) =>
        through(writes, () => setAndRelease(entry, lease), hasFailed, writeLimit),
    }),
    set: (entry) => through(writes, () => store.set(entry), hasFailed, writeLimit),
    setMany: (entries) => through(writes, () => store.setMany(entries), haveFailed, writeLimit),
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
      ...(marks && { marks: guardedMarks(marks, wrap) }),
      ...(leases && { leases: guardedLeases(leases, wrap) }),
      ...(following && { following: guardedFollowing(following, wrap) }),
    };
  }
}

const never = () => false;
const hasFailed = (result: WriteResult) => result === 'failed';
const haveFailed = (results: readonly WriteResult[]) => results.length > 0 && results.every(hasFailed);
