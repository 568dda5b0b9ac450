/**
 * Which tags this process has added to which entries, so that the next hit need not add them again.
 */
import { LRUCache } from 'lru-cache';

/** The least recently asked for is forgotten first, and added again when it comes. */
const remembered = 20_000;

interface Covered {
  readonly recordingId: string;
  readonly digests: ReadonlySet<string>;
}

const none: ReadonlySet<string> = new Set();

export class CoveredTags {
  readonly #covered = new LRUCache<string, Covered>({ max: remembered });

  /** Digests of the tags that were added to this recording of the entry. */
  of(key: string, recordingId: string): ReadonlySet<string> {
    const known = this.#covered.get(key);
    return known?.recordingId === recordingId ? known.digests : none;
  }

  add(key: string, recordingId: string, digests: readonly string[]): void {
    this.#covered.set(key, { recordingId, digests: new Set([...this.of(key, recordingId), ...digests]) });
  }
}
