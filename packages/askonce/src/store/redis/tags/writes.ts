/** Gathers the writes of one turn to the sets of tags: one command for each tag, for any number of entries. */
import type { Clock } from '../../../clock.ts';
import type { Tagged, TagKind, TagSets } from './sets.ts';

interface Gathering {
  readonly tagged: Tagged[];
  readonly written: Promise<void>;
}

export class IndexWrites {
  readonly #sets: TagSets;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  /** Members to be written at the end of this turn, by digest. */
  readonly #gathering = { own: new Map<string, Gathering>(), added: new Map<string, Gathering>() };

  constructor(sets: TagSets, clock: Clock, timeoutMs: number) {
    this.#sets = sets;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** Resolves once the searches of every process see the entry. */
  async add(kind: TagKind, key: string, digests: readonly string[], expires: number): Promise<void> {
    await Promise.all([...new Set(digests)].map((digest) => this.#addTo(kind, digest, { key, expires })));
  }

  #addTo(kind: TagKind, digest: string, tagged: Tagged): Promise<void> {
    const gathered = this.#gathering[kind].get(digest) ?? this.#gather(kind, digest);
    gathered.tagged.push(tagged);
    return gathered.written;
  }

  #gather(kind: TagKind, digest: string): Gathering {
    const tagged: Tagged[] = [];
    const written = Promise.resolve().then(() => {
      this.#gathering[kind].delete(digest);
      return this.#sets.add(kind, digest, tagged, this.#clock.now(), this.#timeoutMs);
    });
    const gathering = { tagged, written };
    this.#gathering[kind].set(digest, gathering);
    return gathering;
  }
}
