/**
 * Entries that feedback has blocked as semantic candidates.
 *
 * That an entry is blocked is a tag that is added to it: it lies beside the entry, in every process that shares the
 * store, for as long as the entry lives, and outlives its refresh. In this process it holds at once, tag or not.
 */
import { type Awaitable, backOff, pause, within } from '../clock.ts';
import type { Engine } from '../engine/engine.ts';
import type { Hit } from '../engine/outcome.ts';
import { storeCall, trouble } from '../engine/store-call.ts';
import { AskonceError } from '../errors.ts';
import { observeTrouble } from '../observe/report.ts';
import { recentMap } from '../recent-map.ts';
import type { Feed } from './feed/contract.ts';

/** Entries that this process remembers by itself, at most. */
const mostRemembered = 50_000;
/** No tag of a request has this form: tags are `name=value`. */
const tagOfBlocked = 'askonce:not-a-candidate';
const firstRetryMs = 250;
const lastRetryMs = 10_000;
/** How far back a fail-over may lose a tag, and how many entries blocked in that time are marked again. */
const rememberedMs = 30_000;
const mostMarkedAgain = 1_000;

export interface Blocked {
  readonly size: number;
  /**
   * Whether it is known which entries were blocked before this process began, or while it missed reports: at once, or
   * within the time for stores. Until then none may be served.
   */
  isLoaded(): Awaitable<boolean>;
  isBlocked(hit: Hit): boolean;
  /**
   * Blocks an entry until it expires: here at once, and in other processes within a second after the promise has resolved.
   * Rejects if it is not certain that it is stored and reported.
   */
  block(key: string, expires: number): Promise<void>;
  close(): void;
}

export function blockedEntries(engine: Engine, feed: Pick<Feed, 'announce' | 'on' | 'onGap'>): Blocked {
  const { store, hooks, digestTag, clock, settings } = engine;
  const digest = digestTag(tagOfBlocked);
  const known = recentMap<true>(mostRemembered);
  const lately = recentMap<{ readonly expires: number; readonly at: number }>(mostMarkedAgain);
  const closing = new AbortController();
  const { signal } = closing;
  let isLoaded = false;
  let hasFailed = false;
  let loads = 0;
  let loading = load();

  /** False if that is not certain. A store without tags has nothing to mark. */
  async function mark(key: string, expires: number): Promise<boolean> {
    const { tags } = store;
    if (tags === undefined) return true;
    return (await storeCall(engine, 'tags', () => tags.add(key, [digest], expires))) !== trouble;
  }

  function remember(key: string, expires: number): void {
    known.set(key, true);
    lately.set(key, { expires, at: clock.monotonic() });
  }

  /** Reads the entries that are marked: a store finds them by the tag. Returns those of the last entries that are. */
  async function find(): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    for await (const { keys } of store.tags?.find({ clauses: [[digest]] }) ?? [])
      for (const key of keys) {
        known.set(key, true);
        if (lately.has(key)) found.add(key);
      }
    return found;
  }

  /** Tries until it is done: what is not known to be blocked must not be served. */
  async function load(): Promise<void> {
    isLoaded = false;
    const load = ++loads;
    for (let attempt = 0; load === loads && !signal.aborted; attempt++) {
      try {
        const found = await find();
        if (load !== loads) return;
        isLoaded = true;
        hasFailed = false;
        return await markAgain(found);
      } catch (error) {
        hasFailed = true;
        if (attempt === 0) observeTrouble(engine, 'tags', error);
        await pause(clock, backOff(attempt, firstRetryMs, lastRetryMs), signal).catch(() => {});
      }
    }
  }

  /** A fail-over may have lost the marks of the last entries with what this process had read of the feed. */
  async function markAgain(found: ReadonlySet<string>): Promise<void> {
    const since = clock.monotonic() - rememberedMs;
    for (const [key, { expires, at }] of lately.entries())
      if (at >= since && expires > clock.now() && !found.has(key)) await mark(key, expires);
  }

  // A refreshed entry may live longer than the tag.
  hooks.onStored(({ key, meta }) => {
    if (known.has(key)) void mark(key, meta.expires);
  });

  feed.on('blocked', ({ entries }) => {
    for (const { key, expires } of entries) remember(key, expires);
  });
  feed.onGap(() => {
    loading = load();
  });

  return {
    get size() {
      return known.size;
    },
    // Waiting for what has failed, and is tried again later, is pointless.
    isLoaded: () =>
      isLoaded || (!hasFailed && within(clock, settings.storeBudgetMs, loading).then(() => isLoaded)),
    isBlocked({ entry, added }) {
      if (known.has(entry.key)) return true;
      if (added?.has(digest) !== true) return false;
      known.set(entry.key, true);
      return true;
    },
    async block(key, expires) {
      remember(key, expires);
      // Marked first: a process that misses the report, or starts now, reads the mark.
      const isMarked = await mark(key, expires);
      await feed.announce({ kind: 'blocked', entries: [{ key, expires }] });
      if (!isMarked)
        throw new AskonceError('store_failed', 'The store did not store that an entry is blocked.');
    },
    close: () => closing.abort(),
  };
}
