/**
 * Tags that a follower brings and the generation lacks: they must take back what it is served, and so belong to the
 * answer from then on.
 */
import { lifetime } from '../entry/freshness.ts';
import type { Flight } from '../flight/flight.ts';
import type { Identity } from '../identity/identify.ts';
import { maxOwnTags } from '../identity/tags.ts';
import type { Awaitable } from '../store/contract.ts';
import type { Ask, House } from './ask.ts';
import { added, freeTags } from './cover-tags.ts';
import type { Generation } from './generation.ts';

/** Tags that one entry may have. */
const mostTags = 64;

const none: ReadonlyMap<string, string> = new Map();

/** Tags of the request that the flight's answer lacks, with their digests. */
export function missingTags(
  { digestTag }: House,
  { request }: Ask,
  { plan }: Flight,
): ReadonlyMap<string, string> {
  const tags = freeTags(request.context);
  if (tags.length === 0) return none;
  const known = new Set(plan.answer().tagDigests);
  return new Map(
    tags.map((tag) => [tag, digestTag(tag)] as const).filter(([, digest]) => !known.has(digest)),
  );
}

/** Adds them. False where they can't take back any more what the flight brings: then it is not to be followed. */
export function bringTags(house: House, ask: Ask, flight: Flight): Awaitable<boolean> {
  const missing = missingTags(house, ask, flight);
  if (missing.size === 0) return true;
  if (!flight.plan.addTags(missing)) return false;
  if (flight.plan.asks()) return true;
  // The process that does ask keeps the answer, and knows nothing of who follows here.
  const { gone } = lifetime(house.settings, ask.request.context.category, ask.request.directives);
  return added(house, ask.identity.key, [...missing.values()], house.clock.now() + gone * 1000);
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
