/** Gathers the writes of one turn to the sets of tags: one command for each tag, for any number of entries. */
import type { Clock } from '../../../clock.ts';
import type { TagKind, TagMember, TagSets } from './sets.ts';

interface Gathering {
  readonly members: TagMember[];
  readonly written: PromiseWithResolvers<void>;
}

const kinds = ['own', 'added'] as const;

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
    if (digests.length === 0) return;
    const member = this.#sets.memberOf({ key, expires });
    await Promise.all([...new Set(digests)].map((digest) => this.#addTo(kind, digest, member)));
  }

  /** Sends what was gathered so far: what is sent after it reaches the server after it. */
  send(): void {
    for (const kind of kinds) {
      const gathered = [...this.#gathering[kind]];
      this.#gathering[kind].clear();
      for (const [digest, { members, written }] of gathered)
        this.#sets
          .add(kind, digest, members, this.#clock.now(), this.#timeoutMs)
          .then(written.resolve, written.reject);
    }
  }

  #addTo(kind: TagKind, digest: string, member: TagMember): Promise<void> {
    const gathered = this.#gathering[kind].get(digest) ?? this.#gather(kind, digest);
    gathered.members.push(member);
    return gathered.written.promise;
  }

  #gather(kind: TagKind, digest: string): Gathering {
    const gathering = { members: [], written: Promise.withResolvers<void>() };
    if (this.#gathering.own.size + this.#gathering.added.size === 0) queueMicrotask(() => this.send());
    this.#gathering[kind].set(digest, gathering);
    return gathering;
  }
}
