/**
 * A hit whose request brings tags that the entry lacks adds them before it answers, or is a miss: otherwise they could
 * not take back what was served under them.
 *
 * An answer whose generation began before one of the request's own tags was taken back is no answer to that request,
 * whoever had it made.
 */
import type { CallerContext } from '../identity/request.ts';
import { tag } from '../identity/tags.ts';
import type { MissReason } from '../observe/events.ts';
import type { Awaitable } from '../store/contract.ts';
import { andThen } from '../store/within.ts';
import type { Ask, House } from './ask.ts';
import { answerOfEntry, type Hit, type LookedUp } from './lookup.ts';
import { storeCall, trouble } from './store-call.ts';

/** Tags that one process adds to one entry at most; beyond them the entry gives way to one that has the request's. */
const maxAdded = 128;

/** Why a hit may not be served to a request with tags that it lacks. */
type Uncovered = Extract<MissReason, 'taken-back' | 'tags' | 'store-trouble'>;

/** Undefined where every tag of the request can take the entry back from now on, else why not. Never rejects. */
export function coverTags(
  house: House,
  { request: { context } }: Ask,
  hit: Hit,
): Awaitable<Uncovered | undefined> {
  if (!bringsTags(context)) return undefined;
  const { key, meta } = hit.entry;
  const missing = freeTags(context).filter((one) => !meta.tags.includes(one));
  if (missing.length === 0) return undefined;

  const { log, covered, store } = house;
  const digests = missing.map(house.digestTag);
  const answer = answerOfEntry(hit.entry);
  const fault = (): Uncovered | undefined => {
    const standing = log.standing({ ...answer, tagDigests: [...answer.tagDigests, ...digests] });
    if (standing === 'stands') return undefined;
    return standing === 'taken-back' ? 'taken-back' : 'store-trouble';
  };
  const known = covered.of(key, meta.recordingId);
  const adding = digests.filter((digest) => !known.has(digest));
  const first = fault();
  if (first !== undefined || adding.length === 0) return first;
  if (store.tags === undefined || known.size + adding.length > maxAdded) return 'tags';
  return andThen(added(house, key, adding, meta.expires), (isAdded) => {
    if (!isAdded) return 'store-trouble';
    covered.add(key, meta.recordingId, adding);
    return fault();
  });
}

/** The same for the parts of one request: a hit whose tags can't be added is a miss. */
export function coverAll(
  house: House,
  ask: Ask,
  looked: readonly LookedUp[],
): Awaitable<readonly LookedUp[]> {
  if (!bringsTags(ask.request.context)) return looked;
  return Promise.all(
    looked.map(async (one): Promise<LookedUp> => {
      const reason = one.kind === 'miss' ? undefined : await coverTags(house, ask, one);
      return reason === undefined ? one : { kind: 'miss', reason, landed: [] };
    }),
  );
}

/** Adds tags to what is kept under a key. False where they would not take it back. Never rejects. */
export function added(
  house: House,
  key: string,
  digests: readonly string[],
  expires: number,
): Awaitable<boolean> {
  const { tags } = house.store;
  if (tags === undefined) return false;
  const adding = storeCall(house, 'tags', () => tags.add(key, digests, expires));
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
  const told = [
    ['category', category],
    ['character', character],
    ['locale', locale],
  ] as const;
  const own = tags.filter((one) => !/^(?:user|session)=/.test(one));
  return [...told.flatMap(([name, value]) => (value === undefined ? [] : [tag(name, value)])), ...own];
}

const none: readonly string[] = [];
