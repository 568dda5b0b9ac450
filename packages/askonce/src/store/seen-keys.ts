/**
 * The keys that a search has met, so that each is reported once: a million of them in 17 MB, where a set of strings takes
 * ten times as much and holds the event loop whenever it grows.
 *
 * Of each key 64 bits of its SHA-1 are remembered. Two of a million keys agree in them once in 40 million searches; the
 * second then stays unreported, and the invalidation log keeps it from being served.
 */
import { hash } from 'node:crypto';

/** Most keys that are remembered, in 128 MB at most; of a longer search, some of the latest. */
const mostSeen = 4_194_304;
/** Parts grow one by one, so that none takes the event loop for more than a fraction of a millisecond. */
const partCount = 256;
const firstSlots = 16;

export interface SeenKeys {
  /** Those of `keys` that were not met before, each once. */
  fresh(keys: readonly string[]): readonly string[];
}

export function seenKeys(most = mostSeen): SeenKeys {
  const mostInPart = Math.max(1, Math.floor(most / partCount));
  const parts: (Part | undefined)[] = Array.from({ length: partCount });

  function isFresh(key: string): boolean {
    const digest = hash('sha1', key, 'hex');
    const place = word(digest, 16) % partCount;
    const part = parts[place] ?? new Part(mostInPart);
    parts[place] = part;
    return part.add(word(digest, 0), word(digest, 8));
  }

  return { fresh: (keys) => keys.filter(isFresh) };
}

/** 32 bits from a place in a digest. */
function word(digest: string, from: number): number {
  return Number.parseInt(digest.slice(from, from + 8), 16);
}

/** A hash table of pairs of words. The pair of zeros stands for a free slot, and is never remembered. */
class Part {
  readonly #most: number;
  #words = new Uint32Array(2 * firstSlots);
  #size = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** False if the pair is remembered. */
  add(low: number, high: number): boolean {
    const at = this.#find(low, high);
    if (this.#words[at] === low && this.#words[at + 1] === high) return low === 0 && high === 0;
    if (this.#size === this.#most) {
      this.#words.fill(0);
      this.#size = 0;
      return this.add(low, high);
    }
    this.#words[at] = low;
    this.#words[at + 1] = high;
    this.#size += 1;
    if (this.#size * 8 > this.#words.length * 3) this.#grow();
    return true;
  }

  /** Where the pair is, or else the free slot where it belongs. */
  #find(low: number, high: number): number {
    const words = this.#words;
    const mask = words.length / 2 - 1;
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const at = 2 * slot;
      if (words[at] === low && words[at + 1] === high) return at;
      if (words[at] === 0 && words[at + 1] === 0) return at;
    }
  }

  #grow(): void {
    const old = this.#words;
    this.#words = new Uint32Array(2 * old.length);
    for (let from = 0; from < old.length; from += 2) {
      const [low = 0, high = 0] = [old[from], old[from + 1]];
      if (low === 0 && high === 0) continue;
      const at = this.#find(low, high);
      this.#words[at] = low;
      this.#words[at + 1] = high;
    }
  }
}
