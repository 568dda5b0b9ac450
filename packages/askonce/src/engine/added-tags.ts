/**
 * Tags that a request has and an answer lacks. An invalidation by such a tag must also remove what the request was
 * served under it: so a hit or a join adds the tag before it answers, or is a miss.
 *
 * An answer whose generation began before one of the request's own tags was invalidated must not be served to that
 * request, whichever request it was generated for.
 */

import type { Awaitable } from '../clock.ts';
import { andThen } from '../clock.ts';
import { lifetime } from '../entry/freshness.ts';
import type { Flight } from '../flight/flight.ts';
import type { CallerContext } from '../identity/request.ts';
import { ownTags, tag } from '../identity/tags.ts';
import { provenanceOf } from '../invalidation/log.ts';
import type { MissReason } from '../observe/causes.ts';
import { recentMap } from '../recent-map.ts';
import type { Ask } from './ask.ts';
import type { Engine } from './engine.ts';
import { type Hit, type LookedUp, missOf } from './outcome.ts';
import type { StoreBudget } from './store-budget.ts';
import { storeCall, trouble } from './store-call.ts';

/** Tags that one process adds to one entry at most; beyond them the entry is replaced by one that has the request's. */
const maxAdded = 128;
/** Entries whose added tags are remembered; the least recently used is forgotten, and its tags are added again. */
const maxRemembered = 20_000;

/** Why a hit may not be served to a request with tags that it lacks. */
type Uncovered = Extract<MissReason, 'invalidated' | 'tags' | 'store-trouble'>;

export interface AddedTags {
  /** Adds the request's tags to a hit. Undefined if each of them can invalidate the entry from now on, else why not. Never rejects. */
  cover(ask: Ask, hit: Hit): Awaitable<Uncovered | undefined>;
  /** The same for the parts of one request: a hit whose tags cannot be added becomes a miss. */
  coverAll(ask: Ask, looked: readonly LookedUp[]): Awaitable<readonly LookedUp[]>;
  /** Tags of the request that a flight's answer lacks, with their digests. */
  missing(ask: Ask, flight: Flight): ReadonlyMap<string, string>;
  /** Adds the request's tags to a flight. False if they can no longer invalidate its answer: then it must not be joined. */
  addToFlight(ask: Ask, flight: Flight): Awaitable<boolean>;
  /** Adds the request's tags, except `known`, to whatever will be stored under its key. False if that failed. */
  addFor(ask: Ask, known: readonly string[]): Awaitable<boolean>;
}

interface Added {
  readonly recordingId: string;
  readonly digests: ReadonlySet<string>;
}

const noDigests: ReadonlySet<string> = new Set();
const noTags: ReadonlyMap<string, string> = new Map();

export function addedTags(engine: Engine): AddedTags {
  const { log, store, digestTag, settings, clock, hooks } = engine;
  /** By key: which tags this process has added to which recording. */
  const remembered = recentMap<Added>(maxRemembered);
  hooks.onRemoved((keys) => {
    for (const key of keys) remembered.delete(key);
  });
  // Not every store reports what a write replaces.
  hooks.onStored(({ key }) => remembered.delete(key));

  function addedTo(key: string, recordingId: string): ReadonlySet<string> {
    const known = remembered.get(key);
    return known?.recordingId === recordingId ? known.digests : noDigests;
  }

  function add(
    key: string,
    digests: readonly string[],
    expires: number,
    budget?: StoreBudget,
  ): Awaitable<boolean> {
    const { tags } = store;
    if (tags === undefined) return false;
    const adding = storeCall(engine, 'tags', () => tags.add(key, digests, expires), budget);
    return andThen(adding, (outcome) => outcome !== trouble);
  }

  function cover({ request: { context }, budget }: Ask, hit: Hit): Awaitable<Uncovered | undefined> {
    if (!hasFreeTags(context)) return undefined;
    const { key, meta } = hit.entry;
    const lacking = freeTags(context).filter((one) => !meta.tags.includes(one));
    if (lacking.length === 0) return undefined;

    const digests = lacking.map(digestTag);
    const answer = provenanceOf(hit.entry);
    const fault = (): Uncovered | undefined => {
      const verdict = log.verdict({ ...answer, tagDigests: [...answer.tagDigests, ...digests] });
      if (verdict === 'valid') return undefined;
      return verdict === 'invalidated' ? 'invalidated' : 'store-trouble';
    };
    const known = addedTo(key, meta.recordingId);
    const adding = digests.filter((digest) => !known.has(digest));
    const first = fault();
    if (first !== undefined || adding.length === 0) return first;
    if (store.tags === undefined || known.size + adding.length > maxAdded) return 'tags';
    return andThen(add(key, adding, meta.expires, budget), (isAdded) => {
      if (!isAdded) return 'store-trouble';
      const digestsNow = new Set([...addedTo(key, meta.recordingId), ...adding]);
      remembered.set(key, { recordingId: meta.recordingId, digests: digestsNow });
      return fault();
    });
  }

  function missing({ request }: Ask, flight: Flight): ReadonlyMap<string, string> {
    const tags = freeTags(request.context);
    if (tags.length === 0) return noTags;
    const known = new Set(flight.answer.tagDigests);
    return new Map(
      tags.map((one) => [one, digestTag(one)] as const).filter(([, digest]) => !known.has(digest)),
    );
  }

  function addFor({ identity, request }: Ask, known: readonly string[]): Awaitable<boolean> {
    const lacking = freeTags(request.context)
      .map(digestTag)
      .filter((digest) => !known.includes(digest));
    if (lacking.length === 0) return true;
    const { expires } = lifetime(settings, request.context.category, request.directives);
    return add(identity.key, lacking, clock.now() + expires * 1000);
  }

  return {
    cover,
    coverAll(ask, looked) {
      if (!hasFreeTags(ask.request.context)) return looked;
      return Promise.all(
        looked.map(async (one): Promise<LookedUp> => {
          const reason = one.kind === 'miss' ? undefined : await cover(ask, one);
          return reason === undefined ? one : missOf(reason);
        }),
      );
    },
    missing,
    addToFlight(ask, flight) {
      const known = flight.answer.tagDigests;
      const lacking = missing(ask, flight);
      if (lacking.size === 0) return true;
      if (!flight.plan.hooks.addTags(lacking)) return false;
      // If another process calls the provider, it stores the answer and does not know of the followers here.
      return flight.calls || addFor(ask, known);
    },
    addFor,
  };
}

/** Whether a request has tags that others with the same key may not have. */
function hasFreeTags({ tags, category, character, locale }: CallerContext): boolean {
  return (
    category !== undefined ||
    (tags !== undefined && tags.length > 0) ||
    character !== undefined ||
    locale !== undefined
  );
}

/**
 * Tags of a request that are no part of its partition, so that others with the same key may not have them. `user` and
 * `session` are not among them: they name the request that led, not those that were served.
 */
function freeTags(context: CallerContext): readonly string[] {
  if (!hasFreeTags(context)) return [];
  const { tags = [], category, character, locale } = context;
  const named = [
    ['category', category],
    ['character', character],
    ['locale', locale],
  ] as const;
  const own = ownTags(tags).filter((one) => !/^(?:user|session)=/.test(one));
  return [...named.flatMap(([name, value]) => (value === undefined ? [] : [tag(name, value)])), ...own];
}
