/**
 * Removes members without an entry from the sets that a search has read.
 *
 * Not at once: an entry is indexed before it is written, and a sweep between the two would remove it for good. Some
 * seconds later a missing entry is gone, unless its expiry in the set has changed meanwhile.
 */
import type { Clock } from '../../../clock.ts';
import type { EntryLook } from '../entries/look.ts';
import type { Tagged, TagSets } from './sets.ts';

export interface TagSweepOptions {
  readonly sets: TagSets;
  readonly look: EntryLook;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/** Longer than any write takes, in ms. */
const delayMs = 5_000;
/** Most members that wait to be examined; those beyond it wait for the next search. */
const most = 200_000;

interface Noted {
  readonly digest: string;
  readonly tagged: readonly Tagged[];
}

export class TagSweep {
  readonly #options: TagSweepOptions;
  #noted: Noted[] = [];
  #count = 0;
  #cancel: (() => void) | undefined;
  #isClosed = false;

  constructor(options: TagSweepOptions) {
    this.#options = options;
  }

  /** Notes members that a search has read, whose entries may be deleted next. */
  note(digest: string, tagged: readonly Tagged[]): void {
    if (this.#isClosed || this.#count + tagged.length > most) return;
    this.#noted.push({ digest, tagged });
    this.#count += tagged.length;
    this.#cancel ??= this.#options.clock.schedule(() => {
      // If it fails, the next search notes the same members again.
      this.#sweep().catch(() => {});
    }, delayMs);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
    this.#noted = [];
  }

  async #sweep(): Promise<void> {
    const { sets, look, timeoutMs } = this.#options;
    const noted = this.#noted;
    this.#noted = [];
    this.#count = 0;
    this.#cancel = undefined;
    for (const { digest, tagged } of noted) {
      if (this.#isClosed) return;
      const there = new Set(await look.existing(tagged.map(({ key }) => key)));
      const gone = tagged.filter(({ key }) => !there.has(key));
      await sets.remove(digest, gone, timeoutMs);
    }
  }
}

/** Remembers the keys that a walk has met, so that each is reported once; of a very long walk, only the latest. */
const mostSeen = 500_000;

export class SeenKeys {
  readonly #seen = new Set<string>();

  /** Those of `keys` that were not met before, each once. */
  fresh(keys: readonly string[]): readonly string[] {
    return keys.filter((key) => {
      if (this.#seen.has(key)) return false;
      this.#seen.add(key);
      for (const oldest of this.#seen) {
        if (this.#seen.size <= mostSeen) break;
        this.#seen.delete(oldest);
      }
      return true;
    });
  }
}
