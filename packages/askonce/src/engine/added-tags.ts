/**
 * A hit whose request brings tags that the entry lacks adds them before it answers, or is a miss: otherwise they could
 * not take back what was served under them.
 *
 * An answer whose generation began before one of the request's own tags was taken back is no answer to that request,
 * whoever had it made.
 */

import { LRUCache } from 'lru-cache';
import { type Awaitable, andThen } from '../clock.ts';
import { lifetime } from '../entry/freshness.ts';
import type { Flight } from '../flight/flight.ts';
import type { Identity } from '../identity/identify.ts';
import type { CallerContext } from '../identity/request.ts';
import { maxOwnTags, tag } from '../identity/tags.ts';
import type { MissReason } from '../observe/events.ts';
import type { Ask, Engine } from './ask.ts';
import { type Hit, type LookedUp, provenanceOf } from './lookup.ts';
import type { Generation } from './store-answer.ts';
import { storeCall, trouble } from './store-call.ts';

/** Tags that one process adds to one entry at most; beyond them the entry gives way to one that has the request's. */
const maxAdded = 128;

/** Why a hit may not be served to a request with tags that it lacks. */
type Uncovered = Extract<MissReason, 'invalidated' | 'tags' | 'store-trouble'>;

/** Undefined where every tag of the request can take the entry back from now on, else why not. Never rejects. */
export function coverTags(
  engine: Engine,
  { request: { context } }: Ask,
  hit: Hit,
): Awaitable<Uncovered | undefined> {
  if (!bringsTags(context)) return undefined;
  const { key, meta } = hit.entry;
  const missing = freeTags(context).filter((one) => !meta.tags.includes(one));
  if (missing.length === 0) return undefined;

  const { log, covered, store } = engine;
  const digests = missing.map(engine.digestTag);
  const answer = provenanceOf(hit.entry);
  const fault = (): Uncovered | undefined => {
    const verdict = log.verdict({ ...answer, tagDigests: [...answer.tagDigests, ...digests] });
    if (verdict === 'valid') return undefined;
    return verdict === 'invalidated' ? 'invalidated' : 'store-trouble';
  };
  const known = covered.of(key, meta.recordingId);
  const adding = digests.filter((digest) => !known.has(digest));
  const first = fault();
  if (first !== undefined || adding.length === 0) return first;
  if (store.tags === undefined || known.size + adding.length > maxAdded) return 'tags';
  return andThen(added(engine, key, adding, meta.expires), (isAdded) => {
    if (!isAdded) return 'store-trouble';
    covered.add(key, meta.recordingId, adding);
    return fault();
  });
}

/** The same for the parts of one request: a hit whose tags can't be added is a miss. */
export function coverAll(
  engine: Engine,
  ask: Ask,
  looked: readonly LookedUp[],
): Awaitable<readonly LookedUp[]> {
  if (!bringsTags(ask.request.context)) return looked;
  return Promise.all(
    looked.map(async (one): Promise<LookedUp> => {
      const reason = one.kind === 'miss' ? undefined : await coverTags(engine, ask, one);
      return reason === undefined ? one : { kind: 'miss', reason, landed: [] };
    }),
  );
}

/** Adds tags to what is kept under a key. False where they would not take it back. Never rejects. */
export function added(
  engine: Engine,
  key: string,
  digests: readonly string[],
  expires: number,
): Awaitable<boolean> {
  const { tags } = engine.store;
  if (tags === undefined) return false;
  const adding = storeCall(engine, 'tags', () => tags.add(key, digests, expires));
  return andThen(adding, (outcome) => outcome !== trouble);
}

/** Whether a request brings tags that others with the same key may not have. */
function bringsTags({ tags, category, character, locale }: CallerContext): boolean {
  return (
    category !== undefined ||
    (tags !== undefined && tags.length > 0) ||
    character !== undefined ||
    locale !== undefined
  );
}

/**
 * Tags of a request that are no part of its partition, so that others with the same key may not have them. `user` and
 * `session` are not among them: they name who had an answer made, not who heard it.
 */
export function freeTags(context: CallerContext): readonly string[] {
  if (!bringsTags(context)) return none;
  const { tags = none, category, character, locale } = context;
  const given = [
    ['category', category],
    ['character', character],
    ['locale', locale],
  ] as const;
  const own = tags.filter((one) => !/^(?:user|session)=/.test(one));
  return [...given.flatMap(([name, value]) => (value === undefined ? [] : [tag(name, value)])), ...own];
}

const none: readonly string[] = [];

/* MERGED covered-tags.ts:
 * Which tags this process has added to which entries, so that the next hit need not add them again.
 */
/** The least recently asked for is forgotten first, and added again when it comes. */
const remembered = 20_000;

interface Covered {
  readonly recordingId: string;
  readonly digests: ReadonlySet<string>;
}

const noDigests: ReadonlySet<string> = new Set();

export class CoveredTags {
  readonly #covered = new LRUCache<string, Covered>({ max: remembered });

  /** Digests of the tags that were added to this recording of the entry. */
  of(key: string, recordingId: string): ReadonlySet<string> {
    const known = this.#covered.get(key);
    return known?.recordingId === recordingId ? known.digests : noDigests;
  }

  add(key: string, recordingId: string, digests: readonly string[]): void {
    this.#covered.set(key, { recordingId, digests: new Set([...this.of(key, recordingId), ...digests]) });
  }
}

/* MERGED followers-tags.ts:
 * Tags that a follower brings and the generation lacks: they must take back what it is served, and so belong to the
 * answer from then on.
 */
/** Tags that one entry may have. */
const mostTags = 64;

const noTags: ReadonlyMap<string, string> = new Map();

/** Tags of the request that the flight's answer lacks, with their digests. */
export function missingTags(
  { digestTag }: Engine,
  { request }: Ask,
  { plan }: Flight,
): ReadonlyMap<string, string> {
  const tags = freeTags(request.context);
  if (tags.length === 0) return noTags;
  const known = new Set(plan.answer().tagDigests);
  return new Map(
    tags.map((tag) => [tag, digestTag(tag)] as const).filter(([, digest]) => !known.has(digest)),
  );
}

/** Adds them. False where they can't take back any more what the flight brings: then it is not to be followed. */
export function bringTags(engine: Engine, ask: Ask, flight: Flight): Awaitable<boolean> {
  const missing = missingTags(engine, ask, flight);
  if (missing.size === 0) return true;
  if (!flight.plan.addTags(missing)) return false;
  if (flight.plan.asks()) return true;
  // The process that does ask keeps the answer, and knows nothing of who follows here.
  const { gone } = lifetime(engine.settings, ask.request.context.category, ask.request.directives);
  return added(engine, ask.identity.key, [...missing.values()], engine.clock.now() + gone * 1000);
}

/** Takes tags aboard a generation, unless its entry has been made, or has no room for them. */
export function takeAboard(
  identity: Identity,
  generation: Generation,
  tags: ReadonlyMap<string, string>,
): boolean {
  const { followersTags, isMade } = generation;
  const followers = followersTags.size + tags.size;
  if (isMade || followers > maxOwnTags || identity.tags().length + followers > mostTags) return false;
  for (const [tag, digest] of tags) followersTags.set(tag, digest);
  return true;
}
