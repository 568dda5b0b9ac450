/**
 * Taking answers back: by selector, by domain event, and all of one user's.
 *
 * First the log: from then on nothing that fits is served. Then what fits is found and deleted, which makes room and
 * tells how many there were.
 */

import { tooSlow, within } from '../clock.ts';
import type { Engine } from '../engine/ask.ts';
import { AskonceError } from '../errors.ts';
import { maxContextLength } from '../identity/request.ts';
import { tag } from '../identity/tags.ts';
import { filterOfEvent } from '../invalidation/domain-event.ts';
import { filterOf } from '../invalidation/selector.ts';
import type { ObservedEvent } from '../observe/events.ts';
import type { EntryFilter, FoundKeys } from '../store/contract.ts';

type Cause = Extract<ObservedEvent, { type: 'invalidated' }>['cause'];

/** How long finding and deleting may take, in all. */
const removalMs = 60_000;
/**
 * How long erasing waits for what others are writing: whoever allows a store more than that is not to wait longer for
 * an erasure. What is written later still is served to nobody.
 */
const longestWriteMs = 2_000;

/** See `Cache.invalidate`. */
export async function invalidate(
  engine: Engine,
  selector: unknown,
  { dryRun = false }: { readonly dryRun?: boolean | undefined },
): Promise<number> {
  const filter = filterOf(selector, engine.digestTag);
  return dryRun ? counted(engine, filter) : takeBack(engine, filter, 'asked');
}

/** See `Cache.tell`. */
export async function tellEvent(engine: Engine, event: unknown): Promise<number> {
  return takeBack(engine, filterOfEvent(event, engine.settings.events, engine.digestTag), 'event');
}

/** See `Cache.erase`. */
export async function erase(engine: Engine, user: string): Promise<number> {
  if (user === '' || user.length > maxContextLength)
    throw new AskonceError('invalid_request', `user: expected 1 to ${maxContextLength} characters`);
  return takeBack(engine, { clauses: [[engine.digestTag(tag('user', user))]] }, 'erasure');
}

async function takeBack(engine: Engine, filter: EntryFilter, cause: Cause): Promise<number> {
  const release = engine.log.holdSweeps();
  try {
    return await takenBack(engine, filter, cause);
  } finally {
    release();
  }
}

async function takenBack(engine: Engine, filter: EntryFilter, cause: Cause): Promise<number> {
  const { clock, log } = engine;
  await recorded(engine, filter);
  const heard = clock.monotonic() + log.spreadMs;
  let removed = 0;
  try {
    removed += await removedOf(engine, filter, cause === 'erasure');
    if (cause === 'erasure' && log.spreadMs > 0) {
      // Whoever had not heard of it yet may have kept one more meanwhile, behind the search.
      await passed(engine, heard + Math.min(engine.settings.storeBudgetMs, longestWriteMs));
      removed += await removedOf(engine, filter, false);
    }
  } catch (error) {
    throw failed(engine, error, 'it is recorded and holds, but not all that fits could be found and removed');
  }
  engine.observe({ type: 'invalidated', removed, cause });
  return removed;
}

/** Finds what fits and deletes it; how many answers there were. */
async function removedOf(engine: Engine, filter: EntryFilter, thorough: boolean): Promise<number> {
  let removed = 0;
  for await (const batch of found(engine, filter, thorough)) {
    // Other machines don't know of tags that were added: to them what fits by such a tag is told by its key.
    if (batch.added.length > 0) await recorded(engine, { clauses: [], keys: batch.added });
    removed += await deleted(engine, batch);
  }
  return removed;
}

/** Resolves at a monotonic instant. */
function passed({ clock }: Engine, instant: number): Promise<void> {
  const left = instant - clock.monotonic();
  return new Promise((resolve) => {
    if (left <= 0) resolve();
    else clock.schedule(resolve, left);
  });
}

/** Appends to the log. Where that can't be, nothing that is kept in memory here is believed any more. */
async function recorded({ log, store }: Engine, filter: EntryFilter): Promise<void> {
  try {
    await log.append([filter]);
  } catch (error) {
    store.forget?.();
    throw error;
  }
}

async function counted(engine: Engine, filter: EntryFilter): Promise<number> {
  let count = 0;
  try {
    for await (const { keys } of found(engine, filter, false)) count += keys.filter(isAnswer).length;
  } catch (error) {
    throw failed(engine, error, 'nothing was taken back, and what fits could not be counted');
  }
  return count;
}

/** Finds in batches; fails where the store does, or takes too long. */
async function* found(
  { store, clock }: Engine,
  filter: EntryFilter,
  thorough: boolean,
): AsyncGenerator<FoundKeys> {
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
    // One that hangs hangs here, too: it is told, and not waited for.
    batches.return?.().catch(() => {});
  }
}

/** Errors that are remembered go with the answers, and are not counted among them. */
function isAnswer(key: string): boolean {
  return !key.endsWith(':neg');
}

/** How many answers there were. */
async function deleted({ store, clock }: Engine, { keys }: FoundKeys): Promise<number> {
  const answers = keys.filter(isAnswer);
  const errors = keys.filter((key) => !isAnswer(key));
  const deleting = Promise.all([store.deleteMany(answers), store.deleteMany(errors)]);
  const outcome = await within(clock, removalMs, deleting);
  if (outcome === tooSlow) throw new Error(`deleting entries took more than ${removalMs} ms`);
  return outcome[0];
}

function failed({ store, observe }: Engine, error: unknown, what: string): AskonceError {
  if (AskonceError.isInstance(error) && error.code === 'invalidation_failed') return error;
  const message = error instanceof Error ? error.message : 'unknown error';
  observe({ type: 'store-trouble', store: store.name, operation: 'delete', message });
  return new AskonceError('invalidation_failed', `${what}; the store (${store.name}) failed. Try again.`, {
    cause: error,
  });
}
