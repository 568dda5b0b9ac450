/**
 * Entries that feedback has blocked as semantic candidates.
 *
 * That an entry is blocked is a tag that is added to it: it lies beside the entry, in every process that shares the
 * store, for as long as the entry lives, and outlives its refresh. In this process it holds at once, tag or not.
 */
import { type Awaitable, within } from '../clock.ts';
import type { Engine } from '../engine/engine.ts';
import type { Hit } from '../engine/outcome.ts';
import { storeCall, trouble } from '../engine/store-call.ts';
import { observeTrouble } from '../observe/report.ts';
import { recentMap } from '../recent-map.ts';

/** Entries that this process remembers by itself, at most. */
const mostRemembered = 50_000;
/** No tag of a request has this form: tags are `name=value`. */
const tagOfBlocked = 'askonce:not-a-candidate';

export interface Blocked {
  readonly size: number;
  /**
   * Whether it is known which entries were blocked before this process began: at once, or within the time for stores. Until
   * then none may be served.
   */
  isLoaded(): Awaitable<boolean>;
  isBlocked(hit: Hit): boolean;
  /** Blocks an entry until it expires. Resolves with whether that is stored as well. Never rejects. */
  block(key: string, expires: number): Promise<boolean>;
}

export function blockedEntries(engine: Engine): Blocked {
  const { store, hooks, digestTag, clock, settings } = engine;
  const digest = digestTag(tagOfBlocked);
  const known = recentMap<true>(mostRemembered);

  async function mark(key: string, expires: number): Promise<boolean> {
    const { tags } = store;
    if (tags === undefined) return false;
    return (await storeCall(engine, 'tags', () => tags.add(key, [digest], expires))) !== trouble;
  }

  let isLoaded = false;

  /** The entries that were blocked before this process began, or by another one: a durable store finds them by the tag. */
  async function load(): Promise<void> {
    try {
      for await (const { keys } of store.tags?.find({ clauses: [[digest]] }) ?? [])
        for (const key of keys) known.set(key, true);
    } catch (error) {
      observeTrouble(engine, 'tags', error);
    }
    isLoaded = true;
  }
  const loading = load();

  // A refreshed entry may live longer than the tag.
  hooks.onStored(({ key, meta }) => {
    if (known.has(key)) void mark(key, meta.expires);
  });

  return {
    get size() {
      return known.size;
    },
    isLoaded: () => isLoaded || within(clock, settings.storeBudgetMs, loading).then(() => isLoaded),
    isBlocked({ entry, added }) {
      if (known.has(entry.key)) return true;
      if (added?.has(digest) !== true) return false;
      known.set(entry.key, true);
      return true;
    },
    block(key, expires) {
      known.set(key, true);
      return mark(key, expires);
    },
  };
}
