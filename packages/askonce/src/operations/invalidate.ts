/**
 * Invalidating answers: by selector, by domain event, and all of one user's.
 *
 * First the log: from then on nothing that fits is served. Then the entries that fit are found and deleted, which makes
 * room and counts them.
 */
import { tooSlow, until, within } from '../clock.ts';
import type { Engine } from '../engine/engine.ts';
import { AskonceError } from '../errors.ts';
import { maxContextLength } from '../identity/request.ts';
import { tag } from '../identity/tags.ts';
import { filterOfEvent } from '../invalidation/domain-event.ts';
import { filterOf } from '../invalidation/selector.ts';
import { isErrorName } from '../negative/entry.ts';
import type { CacheEvent } from '../observe/events.ts';
import { observeTrouble } from '../observe/report.ts';
import type { EntryFilter, FoundKeys } from '../store/contract.ts';

type Cause = Extract<CacheEvent, { type: 'invalidated' }>['cause'];

/** How long finding and deleting may take, in all. */
const removalMs = 60_000;
/**
 * How long an erasure waits for what other processes are writing: a cache whose store is allowed longer than that does
 * not wait longer for an erasure. What is written later still is never served.
 */
const maxWriteMs = 2_000;

/** See `Cache` for what each does. */
export interface Invalidating {
  invalidate(selector: unknown, dryRun: boolean): Promise<number>;
  handleEvent(event: unknown): Promise<number>;
  erase(user: string): Promise<number>;
}

export function invalidating(engine: Engine): Invalidating {
  const { clock, log, store, settings, digestTag, hooks, observe } = engine;

  async function remove(filter: EntryFilter, cause: Cause): Promise<number> {
    const release = log.holdSweeps();
    try {
      return await recordAndDelete(filter, cause);
    } finally {
      release();
    }
  }

  async function recordAndDelete(filter: EntryFilter, cause: Cause): Promise<number> {
    await record(filter);
    const known = clock.monotonic() + log.spreadMs;
    let removed = 0;
    try {
      removed += await deleteAll(filter, cause === 'erasure');
      if (cause === 'erasure' && log.spreadMs > 0) {
        // A process that did not know of it yet may have stored one more meanwhile, after the search.
        await until(clock, known + Math.min(settings.storeBudgetMs, maxWriteMs));
        removed += await deleteAll(filter, false);
      }
    } catch (error) {
      throw failed(error, 'the invalidation is recorded and holds, but not all entries could be removed');
    }
    observe({ type: 'invalidated', removed, cause });
    return removed;
  }

  /** Appends to the log. If that fails, no entry in this process's memory is trusted any more. */
  async function record(filter: EntryFilter): Promise<void> {
    try {
      await log.append([filter]);
    } catch (error) {
      store.forget?.();
      throw error;
    }
  }

  /** Finds the entries that fit and deletes them; how many answers there were. */
  async function deleteAll(filter: EntryFilter, thorough: boolean): Promise<number> {
    let removed = 0;
    for await (const batch of find(filter, thorough)) {
      // Other machines don't know of tags that were added: they learn by its key what fits by such a tag.
      if (batch.added.length > 0) await record({ clauses: [], keys: batch.added });
      removed += await deleteBatch(batch);
    }
    return removed;
  }

  /** How many answers there were. */
  async function deleteBatch({ keys }: FoundKeys): Promise<number> {
    const answers = keys.filter(isAnswer);
    const errors = keys.filter((key) => !isAnswer(key));
    const deleting = Promise.all([store.deleteMany(answers), store.deleteMany(errors)]);
    const outcome = await within(clock, removalMs, deleting);
    if (outcome === tooSlow) throw new Error(`deleting entries took more than ${removalMs} ms`);
    hooks.removed(answers, 'invalidated');
    return outcome[0];
  }

  /** Finds keys in batches; fails if the store does, or takes too long. */
  async function* find(filter: EntryFilter, thorough: boolean): AsyncGenerator<FoundKeys> {
    if (store.tags === undefined) throw new Error('it has no tags to find entries by');
    const deadline = clock.monotonic() + removalMs;
    const batches = store.tags.find(filter, { thorough })[Symbol.asyncIterator]();
    try {
      while (true) {
        const next = await within(clock, deadline - clock.monotonic(), batches.next());
        if (next === tooSlow) throw new Error(`finding entries took more than ${removalMs} ms`);
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
      for await (const { keys } of find(filter, false)) answers += keys.filter(isAnswer).length;
    } catch (error) {
      throw failed(error, 'nothing was invalidated, and the entries could not be counted');
    }
    return answers;
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
      return dryRun ? count(filter) : remove(filter, 'asked');
    },
    handleEvent: async (event) => remove(filterOfEvent(event, settings.events, digestTag), 'event'),
    async erase(user) {
      if (user === '' || user.length > maxContextLength)
        throw new AskonceError('invalid_request', `user: expected 1 to ${maxContextLength} characters`);
      return remove({ clauses: [[digestTag(tag('user', user))]] }, 'erasure');
    },
  };
}

/** Remembered errors are removed with the answers, and are not counted among them. */
function isAnswer(key: string): boolean {
  return !isErrorName(key);
}
