/**
 * What a provider deletes is invalidated here: a `DELETE` that it has accepted removes the answers that depend on the
 * object.
 */
import type { Cache } from '../../contract.ts';
import { isSuccess } from '../../entry/entry.ts';
import { resourceTag, tag } from '../../identity/tags.ts';

/** Limit on the segments of a path that are taken for ids. */
const maxSegments = 8;
const maxIdLength = 1024;

/**
 * The tags of the answers that a deletion makes useless, by its path (`/v1/responses/ID`, `/v1/containers/ID/files/ID`).
 * Each segment but the first counts as an id: a word that is none matches nothing. A deleted model takes its answers
 * along.
 */
function tagsOf(upstream: string, path: string): readonly string[] {
  const [collection, ...ids] = path
    .replace(/[?#].*$/s, '')
    .replace(/^\/(?:openai\/)?(?:v\d+[a-z0-9]*\/)?/, '')
    .split('/')
    .filter((segment) => segment !== '' && segment.length <= maxIdLength)
    .map(decoded)
    .slice(0, maxSegments);
  return ids.flatMap((id) => [
    resourceTag(upstream, id),
    ...(collection === 'models' ? [tag('model', id)] : []),
  ]);
}

/**
 * Invalidates what depended on an object that the provider has just deleted. Does nothing for another method or another
 * status than 2xx, so that the provider decides who may delete what.
 * @throws AskonceError `invalidation_failed`
 */
export async function invalidateDeleted(
  cache: Pick<Cache, 'invalidate'>,
  call: {
    readonly method: string;
    /** Any URL of the provider. */
    readonly upstream: string;
    /** Path at the provider or at the gateway. */
    readonly path: string;
    readonly status: number;
  },
): Promise<void> {
  if (call.method !== 'DELETE' || !isSuccess(call)) return;
  const tags = tagsOf(call.upstream, call.path);
  if (tags.length > 0) await cache.invalidate({ tags });
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
