/**
 * Takes entries that are gone out of the sets that a search came by.
 *
 * Not at once: an entry is indexed before it is written, and who looked between the two would take it out for good.
 * Some seconds later what is not there is gone, unless its expiry in the set has changed meanwhile.
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

/** Longer than any write is under way, in ms. */
const delayMs = 5_000;
/** Members that wait to be looked at again; those beyond it wait for the next search. */
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

  /** A search has come by these members; what it found may be deleted for it. */
  note(digest: string, tagged: readonly Tagged[]): void {
    if (this.#isClosed || this.#count + tagged.length > most) return;
    this.#noted.push({ digest, tagged });
    this.#count += tagged.length;
    this.#cancel ??= this.#options.clock.schedule(() => {
      // Where it fails, the next search finds the same again.
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

/** Which keys a walk has come by, so that each is told once; of very long walks, only the last of them. */
const mostSeen = 500_000;

export class SeenKeys {
  readonly #seen = new Set<string>();

  /** Those of `keys` that have not come before, each once. */
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
