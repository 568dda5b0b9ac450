/**
 * Removes members without an entry from the sets that a search has read.
 *
 * Not at once: an entry is indexed before it is written, and a sweep between the two would remove it for good. Some
 * seconds later a missing entry is gone, unless its expiry in the set has changed meanwhile.
 */
import { type Clock, until } from '../../../clock.ts';
import type { EntryLook } from '../entries/look.ts';
import { pages, type Tagged, type TagSets } from './sets.ts';

export interface TagSweepOptions {
  readonly sets: TagSets;
  readonly look: EntryLook;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/** Longer than any write takes, in ms. */
const delayMs = 5_000;
/** Most members that wait to be examined, in some 10 MB. A set with more is walked again once they have been. */
const mostNoted = 40_000;
/** Most sets that wait to be walked again; those beyond them wait for the next search. */
const mostSets = 1_000;

interface Noted {
  readonly digest: string;
  readonly tagged: readonly Tagged[];
}

export class TagSweep {
  readonly #options: TagSweepOptions;
  readonly #mostNoted: number;
  #noted: Noted[] = [];
  #count = 0;
  /** Digests of the sets of which more members were read than could be noted. */
  readonly #large = new Set<string>();
  #cancel: (() => void) | undefined;
  #searches = 0;
  #isClosed = false;

  constructor(options: TagSweepOptions, most = mostNoted) {
    this.#options = options;
    this.#mostNoted = most;
  }

  /** Notes members that a search has read, whose entries may be deleted next. */
  note(digest: string, tagged: readonly Tagged[]): void {
    if (this.#isClosed) return;
    if (this.#count + tagged.length > this.#mostNoted) {
      if (this.#large.size < mostSets) this.#large.add(digest);
      return;
    }
    this.#noted.push({ digest, tagged });
    this.#count += tagged.length;
    this.#schedule();
  }

  /** Until the returned function is called, no sweep begins: it would slow the search down. */
  hold(): () => void {
    this.#searches += 1;
    return () => {
      this.#searches -= 1;
    };
  }

  #schedule(): void {
    this.#cancel ??= this.#options.clock.schedule(() => {
      this.#cancel = undefined;
      if (this.#searches > 0) this.#schedule();
      // If it fails, the next search notes the same members again.
      else this.#sweep().catch(() => {});
    }, delayMs);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
    this.#noted = [];
    this.#large.clear();
  }

  async #sweep(): Promise<void> {
    const noted = this.#noted;
    this.#noted = [];
    this.#count = 0;
    for (const { digest, tagged } of noted) await this.#removeGone(digest, tagged);
    for (const digest of this.#large) {
      this.#large.delete(digest);
      await this.#sweepWhole(digest);
    }
  }

  /** Walks a set, and waits whenever so many of its members have no entry that no more may be noted. */
  async #sweepWhole(digest: string): Promise<void> {
    const { sets, clock, timeoutMs } = this.#options;
    let suspects: Tagged[] = [];
    const removeLater = async () => {
      await until(clock, clock.monotonic() + delayMs);
      await this.#removeGone(digest, suspects);
      suspects = [];
    };
    for await (const tagged of sets.walk('own', digest, timeoutMs)) {
      if (this.#isClosed) return;
      suspects.push(...(await this.#gone(tagged)));
      if (suspects.length >= this.#mostNoted) await removeLater();
    }
    if (suspects.length > 0) await removeLater();
  }

  async #removeGone(digest: string, tagged: readonly Tagged[]): Promise<void> {
    const { sets, timeoutMs } = this.#options;
    for (const page of pages(tagged)) {
      if (this.#isClosed) return;
      await sets.remove(digest, await this.#gone(page), timeoutMs);
    }
  }

  /** Those members that have no entry. */
  async #gone(tagged: readonly Tagged[]): Promise<readonly Tagged[]> {
    const there = new Set(await this.#options.look.existing(tagged.map(({ key }) => key)));
    return tagged.filter(({ key }) => !there.has(key));
  }
}
