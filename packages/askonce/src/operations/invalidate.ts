/**
 * Invalidating answers: by selector, by domain event, and all of one user's.
 *
 * First the log: from then on nothing that fits is served. Then the entries that fit are found and deleted, which counts
 * them and makes room, at once or soon.
 */
import { tooSlow, until, within } from '../clock.ts';
import type { Engine } from '../engine/engine.ts';
import { AskonceError } from '../errors.ts';
import { maxContextLength } from '../identity/request.ts';
import { tag } from '../identity/tags.ts';
import type { DeclaredEvents } from '../invalidation/declared-events.ts';
import { filtersOfEvent } from '../invalidation/domain-event.ts';
import { filterOf } from '../invalidation/selector.ts';
import { isErrorName } from '../negative/entry.ts';
import type { CacheEvent } from '../observe/events.ts';
import { observeTrouble } from '../observe/report.ts';
import type { DeletionOptions, EntryFilter, FoundKeys, SearchOptions } from '../store/contract.ts';
import { thoroughLooks } from './thorough-looks.ts';

type Cause = Extract<CacheEvent, { type: 'invalidated' }>['cause'];

/** How long one step of finding or deleting may take: up to 1 000 entries. A store that takes longer hangs. */
const stepMs = 60_000;
/**
 * How long an erasure waits for what other processes are writing: a cache whose store is allowed longer than that does
 * not wait longer for an erasure. What is written later still is never served.
 */
const maxWriteMs = 2_000;

/** From the beginning of an erasure, how long it waits for the ledger, if that has not failed by then. */
const ledgerMs = 3_000;

/** How entries are found and deleted. */
type Removal = SearchOptions & DeletionOptions;

/** What is invalid is never served: deleting it only makes room. */
const makingRoom: Removal = { toMakeRoom: true };
/** What is left of an erased answer is overwritten, and an index may name the answer of another user. */
const erasing: Removal = { checked: true };

/** Of one user's answers. */
export interface Erasure {
  /** The number of answers that an index of users named, and that are gone. */
  readonly byIndex: number;
  /** What `ledger` has resolved with; 0 if it takes longer than some seconds, and without a ledger. */
  readonly ledgerRows: number;
  /**
   * Resolves with the number of the ledger's rows that were about the user, once they are gone. That may take minutes where
   * a database is slow. Rejects with `invalidation_failed` if it is not known that all are gone.
   */
  readonly ledger: Promise<number>;
  /**
   * Resolves with the number of further answers that a look at every entry has found, once they are gone, too. That may
   * take minutes where there are millions. Rejects with `invalidation_failed` if it is not known that all are gone.
   */
  readonly thorough: Promise<number>;
}

/** See `Cache` for what each does. */
export interface Invalidating {
  invalidate(selector: unknown, dryRun: boolean): Promise<number>;
  handleEvent(event: unknown): Promise<number>;
  erase(user: string): Promise<Erasure>;
}

/** What lies outside the store. */
export interface OutsideTheStore {
  /** Erases the rows of a ledger that are about a user, by the keyed digest; resolves with their number. */
  readonly eraseRows?: ((userDigest: string) => Promise<number>) | undefined;
  /** Erases what was derived of entries that are deleted, and what it could not erase before: the vectors of an index. */
  readonly eraseDerived?: ((keys: readonly string[]) => Promise<void>) | undefined;
}

/** @param events the types that `emit` takes besides those of the settings */
export function invalidating(
  engine: Engine,
  events: Pick<DeclaredEvents, 'has'>,
  { eraseRows = async () => 0, eraseDerived = async () => {} }: OutsideTheStore = {},
): Invalidating {
  const { clock, log, store, settings, digestTag, hooks, observe } = engine;
  const looks = thoroughLooks();

  async function remove(filters: readonly EntryFilter[], cause: Cause): Promise<number> {
    const release = log.holdSweeps();
    try {
      return await recordAndDelete(filters, cause);
    } finally {
      release();
    }
  }

  async function recordAndDelete(filters: readonly EntryFilter[], cause: Cause): Promise<number> {
    await record(filters);
    const known = clock.monotonic() + log.spreadMs;
    const how = cause === 'erasure' ? erasing : makingRoom;
    const removed = await certain(async () => {
      let gone = await deleteEach(filters, how);
      if (cause === 'erasure' && log.spreadMs > 0) {
        // A process that did not know of it yet may have stored one more meanwhile, after the search.
        await until(clock, known + Math.min(settings.storeBudgetMs, maxWriteMs));
        gone += await deleteEach(filters, how);
      }
      return gone;
    });
    observe({ type: 'invalidated', removed, cause });
    return removed;
  }

  /** The outcome of a removal, or the error that says what holds if it fails. */
  async function certain(removal: () => Promise<number>): Promise<number> {
    try {
      return await removal();
    } catch (error) {
      throw failed(error, 'the invalidation is recorded and holds, but not all entries could be removed');
    }
  }

  /** Looks at every entry. What an index has named is gone by then, so there is rarely anything left. */
  async function eraseRest(filter: EntryFilter): Promise<number> {
    const removed = await certain(() => deleteAll(filter, { ...erasing, thorough: true }));
    if (removed > 0) observe({ type: 'invalidated', removed, cause: 'erasure' });
    return removed;
  }

  /** Appends to the log. If that fails, no entry in this process's memory is trusted any more. */
  async function record(filters: readonly EntryFilter[]): Promise<void> {
    try {
      await log.append(filters);
    } catch (error) {
      hooks.forget();
      throw error;
    }
  }

  /** What fits several filters is found by the first of them, and counts once. */
  async function deleteEach(filters: readonly EntryFilter[], how: Removal): Promise<number> {
    let removed = 0;
    for (const filter of filters) removed += await deleteAll(filter, how);
    return removed;
  }

  /** Finds the entries that fit and deletes them; how many answers there were. */
  async function deleteAll(filter: EntryFilter, how: Removal): Promise<number> {
    let removed = 0;
    let failure: unknown;
    for await (const batch of find(filter, how)) {
      // Other machines don't know of tags that were added: they learn by its key what fits by such a tag.
      if (batch.added.length > 0) await record([{ clauses: [], keys: batch.added }]);
      removed += await deleteBatch(batch, how);
      // The entries of the batches that follow are deleted all the same.
      if (how.checked)
        await eraseDerived(batch.keys.filter(isAnswer)).catch((error: unknown) => {
          failure ??= error;
        });
    }
    // What an earlier erasure has not reached is waited for, too: its entries are found no more.
    if (how.checked && failure === undefined) await eraseDerived([]);
    if (failure !== undefined) throw failure;
    return removed;
  }

  /** How many answers there were. */
  async function deleteBatch({ keys }: FoundKeys, how: Removal): Promise<number> {
    if (keys.length === 0) return 0;
    const answers = keys.filter(isAnswer);
    const errors = keys.filter((key) => !isAnswer(key));
    const deleting = Promise.all([store.deleteMany(answers, how), store.deleteMany(errors, how)]);
    const outcome = await within(clock, stepMs, deleting);
    if (outcome === tooSlow) throw new Error(`deleting ${keys.length} entries took more than ${stepMs} ms`);
    hooks.removed(answers, 'invalidated');
    return outcome[0];
  }

  /** Finds keys in batches; fails if the store does, or takes too long over one of them. */
  async function* find(filter: EntryFilter, options?: SearchOptions): AsyncGenerator<FoundKeys> {
    if (store.tags === undefined) throw new Error('it has no tags to find entries by');
    const batches = store.tags.find(filter, options)[Symbol.asyncIterator]();
    try {
      while (true) {
        const next = await within(clock, stepMs, batches.next());
        if (next === tooSlow) throw new Error(`finding entries took more than ${stepMs} ms for one batch`);
        if (next.done) return;
        yield next.value;
      }
    } finally {
      // A store that hangs would hang here, too: it is asked to stop, and not waited for.
      batches.return?.().catch(() => {});
    }
  }

  async function count(filter: EntryFilter): Promise<number> {
    let answers = 0;
    try {
      for await (const { keys } of find(filter)) answers += keys.filter(isAnswer).length;
    } catch (error) {
      throw failed(error, 'nothing was invalidated, and the entries could not be counted');
    }
    return answers;
  }

  /** After the entries: what processes have queued for the ledger meanwhile is written by then. */
  async function eraseLedger(digest: string): Promise<number> {
    try {
      return await eraseRows(digest);
    } catch (error) {
      const message = "The user's answers are erased, but not all rows of the ledger; it failed. Try again.";
      throw new AskonceError('invalidation_failed', message, { cause: error });
    }
  }

  function failed(error: unknown, what: string): AskonceError {
    if (AskonceError.isInstance(error) && error.code === 'invalidation_failed') return error;
    observeTrouble(engine, 'delete', error);
    const message = `${what}; the store (${store.name}) failed. Try again.`;
    return new AskonceError('invalidation_failed', message, { cause: error });
  }

  return {
    async invalidate(selector, dryRun) {
      const filter = filterOf(selector, digestTag);
      return dryRun ? count(filter) : remove([filter], 'asked');
    },
    handleEvent: async (event) => remove(filtersOfEvent(event, settings.events, events, digestTag), 'event'),
    async erase(user) {
      if (user === '' || user.length > maxContextLength)
        throw new AskonceError('invalid_request', `user: expected 1 to ${maxContextLength} characters`);
      const due = clock.monotonic() + ledgerMs;
      const digest = digestTag(tag('user', user));
      const filter: EntryFilter = { clauses: [[digest]] };
      const byIndex = await remove([filter], 'erasure');
      const thorough = looks.queue(digest, () => eraseRest(filter));
      // It ends some time after this call, and a caller need not wait for it.
      thorough.catch(() => {});
      const ledger = eraseLedger(digest);
      ledger.catch(() => {});
      const rows = await within(clock, Math.max(0, due - clock.monotonic()), ledger);
      return { byIndex, ledgerRows: rows === tooSlow ? 0 : rows, ledger, thorough };
    },
  };
}

/** Remembered errors are removed with the answers, and are not counted among them. */
function isAnswer(key: string): boolean {
  return !isErrorName(key);
}
