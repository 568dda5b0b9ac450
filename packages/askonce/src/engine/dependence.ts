/**
 * What an answer depends on at its provider: the objects that can be deleted there, as tags of the entry, and the instant
 * from which it is of no use any more.
 */
import type { Recording } from '../entry/entry.ts';
import { metaLimits } from '../entry/shape.ts';
import type { CacheRequest } from '../identity/request.ts';
import { resourceTag } from '../identity/tags.ts';
import { isJsonObject } from '../json.ts';
import type { Protocol } from '../protocol/contract.ts';
import { storedAnswerLifetimeMs, usableUntil } from '../protocol/lifespan.ts';
import { objectsInAnswer, objectsInRequest } from '../protocol/provider-objects.ts';
import { answerIn } from './read-by-protocol.ts';

export interface Dependence {
  /** A tag for each object; see {@link resourceTag}. */
  readonly tags: readonly string[];
  /** In milliseconds since the epoch; Infinity if nothing expires. */
  readonly usableUntil: number;
}

const independent: Dependence = { tags: [], usableUntil: Number.POSITIVE_INFINITY };

interface Answer {
  readonly protocol: Protocol;
  readonly request: Pick<CacheRequest, 'body' | 'upstream'>;
  readonly recording: Recording;
  /** When it was generated, in milliseconds since the epoch. */
  readonly began: number;
  /** Number of tags that its entry has already. */
  readonly tags: number;
}

/** Read only when an answer is stored. A function of the caller's own depends on no provider. */
export function dependenceOf({ protocol, request, recording, began, tags }: Answer): Dependence {
  if (!protocol.requiresCredential) return independent;
  const { ids, store } = objectsInRequest(request.body);
  const own = storedId(protocol, recording, store);
  const named = new Set([...(own === undefined ? [] : [own]), ...ids, ...objectsInAnswer(recording)]);
  const room = Math.max(0, metaLimits.tags - tags);
  return {
    tags: [...named].slice(0, room).map((one) => resourceTag(request.upstream, one)),
    usableUntil: Math.min(
      usableUntil(recording, began),
      own !== undefined ? began + storedAnswerLifetimeMs : Number.POSITIVE_INFINITY,
    ),
  };
}

/** The id under which the provider stores the answer. `store`: the request's own word. */
function storedId(protocol: Protocol, recording: Recording, store: boolean | undefined): string | undefined {
  const { storesAnswers } = protocol;
  if (storesAnswers === undefined || (storesAnswers === 'if-asked' ? store !== true : store === false))
    return undefined;
  const answer = answerIn(protocol, recording);
  if (!isJsonObject(answer) || answer['store'] === false) return undefined;
  return typeof answer['id'] === 'string' ? answer['id'] : undefined;
}
