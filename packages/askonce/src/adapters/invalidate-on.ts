/**
 * `invalidateOn`: types of domain events that invalidate an answer, as tags of the answer.
 */
import type { Cache } from '../contract.ts';
import { eventTag } from '../invalidation/declared-events.ts';

/**
 * The tags that let events of these types invalidate an answer. `cache.emit` takes the types from now on, at this process.
 * @throws AskonceError `invalid_request` for a type that no event can have.
 */
export function eventTags(
  cache: Pick<Cache, 'declareEvents'>,
  types: readonly string[] | undefined,
): readonly string[] {
  if (types === undefined || types.length === 0) return [];
  cache.declareEvents(types);
  return types.map(eventTag);
}
