/** Writes to the sets of tags: what is written in one go is one command a tag, however many entries it is of. */
import type { Clock } from '../../clock.ts';
import type { Tagged, TagKind, TagSets } from './tag-sets.ts';

interface Gathering {
  readonly own: Map<string, Tagged[]>;
  readonly added: Map<string, Tagged[]>;
  readonly written: Promise<void>;
}

export class IndexWrites {
  readonly #sets: TagSets;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  #gathering: Gathering | undefined;

  constructor(sets: TagSets, clock: Clock, timeoutMs: number) {
    this.#sets = sets;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** Resolves once everybody's searches see it. */
  add(kind: TagKind, key: string, digests: readonly string[], expires: number): Promise<void> {
    if (digests.length === 0) return Promise.resolve();
    this.#gathering ??= this.#gather();
    const gathered = this.#gathering[kind];
    for (const digest of new Set(digests)) {
      const tagged = gathered.get(digest);
      if (tagged === undefined) gathered.set(digest, [{ key, expires }]);
      else tagged.push({ key, expires });
    }
    return this.#gathering.written;
  }

  #gather(): Gathering {
    const own = new Map<string, Tagged[]>();
    const added = new Map<string, Tagged[]>();
    const written = Promise.resolve().then(async () => {
      this.#gathering = undefined;
      const now = this.#clock.now();
      const writing = [
        ...[...own].map(([digest, tagged]) => this.#sets.add('own', digest, tagged, now, this.#timeoutMs)),
        ...[...added].map(([digest, tagged]) =>
          this.#sets.add('added', digest, tagged, now, this.#timeoutMs),
        ),
      ];
      await Promise.all(writing);
    });
    return { own, added, written };
  }
}
