/**
 * A generation: what is known of an answer before it exists, and stored with it.
 */
import type { EntryMeta } from '../entry/entry.ts';
import type { Identity } from '../identity/identify.ts';
import { maxOwnTags } from '../identity/request.ts';
import type { LogPosition, Provenance } from '../invalidation/log.ts';
import type { Assessment } from '../protocol/contract.ts';
import type { Engine } from './engine.ts';

/** Tags that one entry may have. */
const maxTags = 64;

export interface Generation {
  /** Wall time in ms: an answer is as old as its first token. */
  began: number;
  /** Position of the invalidation log when the generation began. */
  position: LogPosition;
  /** See `EntryMeta.lease`; known once the right to lead is. */
  lease: number;
  /** Tags of followers that the leader did not have: digests by tag. */
  readonly followersTags: Map<string, string>;
  /** Digests of the tags that the answer has from where it was made, if that is not here. */
  othersDigests: readonly string[];
  /** Whether the entry has been made: tags that come later are not in it. */
  isMade: boolean;
  /** The entry that the answer replaces (a refresh). */
  readonly replaces?: EntryMeta | undefined;
  /** What the answer was found to hold, once it was read to be stored. */
  assessment?: Assessment | undefined;
}

/** A generation that begins now. */
export function beginGeneration(engine: Engine, replaces?: EntryMeta): Generation {
  return { ...beginning(engine), followersTags: new Map(), othersDigests: [], isMade: false, replaces };
}

/** Begins it anew: an answer is as old as the call, which may have waited for its lease. */
export function beginAgain(engine: Engine, generation: Generation): void {
  Object.assign(generation, beginning(engine), { othersDigests: [] });
}

/**
 * The answer is one that was stored, or is generated elsewhere: from now on each that joins is judged by its position in the
 * log and by its tags, rather than by when this flight began to look.
 */
export function adoptAnswer(generation: Generation, { began, log, tagDigests }: Provenance): void {
  // An answer whose log is not known is never valid.
  const position: LogPosition = { number: began, log: log ?? '' };
  Object.assign(generation, { position, othersDigests: tagDigests });
}

function beginning({ clock, log, shared }: Engine): Pick<Generation, 'began' | 'position' | 'lease'> {
  const began = clock.now();
  return { began, position: log.position, lease: shared.leases === undefined ? 0 : Math.floor(began * 1000) };
}

/** A generation's answer, as the invalidation log judges it. */
export function answerOf(identity: Identity, generation: Generation): Provenance {
  return new GeneratedAnswer(identity, generation);
}

// A class, since one is made for every miss: for each object literal with an accessor V8 makes a hidden class that
// outlives it, and all that the accessor refers to, until old garbage is collected.
class GeneratedAnswer implements Provenance {
  readonly key: string;
  readonly began: number;
  readonly log: string;
  readonly #identity: Identity;
  readonly #generation: Generation;

  constructor(identity: Identity, generation: Generation) {
    this.key = identity.key;
    this.began = generation.position.number;
    this.log = generation.position.log;
    this.#identity = identity;
    this.#generation = generation;
  }

  /** Made only once the log asks for them. */
  get tagDigests(): readonly string[] {
    const { followersTags, othersDigests } = this.#generation;
    return withOthers(this.#identity.tagDigests(), [...followersTags.values(), ...othersDigests]);
  }
}

/** The leader's own tags, or digests, followed by those of the followers. */
export function withOthers(own: readonly string[], others: Iterable<string>): readonly string[] {
  const more = [...others];
  return more.length === 0 ? own : [...own, ...more];
}

/** Adds followers' tags to a generation. False if its entry has been made, or has no room for them. */
export function addFollowersTags(
  identity: Identity,
  generation: Generation,
  tags: ReadonlyMap<string, string>,
): boolean {
  const { followersTags, isMade } = generation;
  const followers = followersTags.size + tags.size;
  if (isMade || followers > maxOwnTags || identity.tags().length + followers > maxTags) return false;
  for (const [tag, digest] of tags) followersTags.set(tag, digest);
  return true;
}
