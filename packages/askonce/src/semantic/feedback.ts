/**
 * Feedback on semantic hits.
 */
import { type Awaitable, andThen } from '../clock.ts';
import type { Engine } from '../engine/engine.ts';
import { AskonceError } from '../errors.ts';
import type { HeaderFields } from '../identity/request.ts';
import type { Blocked } from './blocked.ts';
import type { Match, PoolName } from './match.ts';
import type { Pool } from './policies/contract.ts';

/** A caller's or an operator's verdict on a semantic hit, or on a pair that was kept apart. */
export interface Feedback {
  /**
   * `Reply.match`, or the `match` of a pair that `semantic()` or `explain` lists, of the last 24 hours: of this process or of
   * any other with the same store, `secret` and `cachePrefix`.
   */
  readonly match: string;
  readonly verdict: 'wrong' | 'right';
  /** Headers of the caller's request: then only the credential that got the hit is heard. Absent: an operator speaks. */
  readonly headers?: HeaderFields | undefined;
}

/** What feedback came to. */
export interface FeedbackResult {
  /** Whether the stored answer is blocked from now on: exact hits are not. */
  readonly blocked: boolean;
}

export interface FeedbackTools {
  readonly engine: Pick<Engine, 'observe' | 'protocols'>;
  readonly find: (match: string) => Match | undefined;
  /** The pool of a hit; undefined if it is none of this process's, as after a change of embedder. Never rejects. */
  readonly poolOf: (name: PoolName) => Awaitable<Pick<Pool, 'distrust'> | undefined>;
  readonly blocked: Pick<Blocked, 'block'>;
  readonly credentialOf: (protocol: string, headers: HeaderFields) => string;
}

const notStored =
  'The stored answer is blocked in this process, but it is not certain that others learn of it; the store is out of reach. Send the feedback again.';

/** Makes the function that takes feedback. */
export function takingFeedback({ engine, find, poolOf, blocked, credentialOf }: FeedbackTools) {
  return async ({ match: id, verdict, headers }: Feedback): Promise<FeedbackResult> => {
    const match = find(id);
    if (match === undefined)
      throw new AskonceError(
        'match_unknown',
        'No such semantic hit is known; send the match of a reply of the last 24 hours.',
      );
    const { servedTo } = match;
    if (headers !== undefined && !isServedTo(servedTo, headers))
      throw new AskonceError(
        'feedback_forbidden',
        'Another credential got this semantic hit; send the feedback with that one, or as an operator.',
      );
    const isWrong = verdict === 'wrong';
    if (isWrong) {
      // A pair that was kept apart was no hit, and says nothing of those that are served.
      const doubted = servedTo === undefined ? undefined : distrust(match, id);
      await blocked.block(match.key, match.expires).catch((cause: unknown) => {
        throw new AskonceError('feedback_failed', notStored, { cause });
      });
      await doubted;
    }
    engine.observe({ type: 'semantic-feedback', verdict, blocked: isWrong });
    return { blocked: isWrong };
  };

  /** By the id of the match, so that feedback given at two gateways counts once. */
  function distrust({ pool, similarity }: Match, id: string): Awaitable<void> {
    return andThen(poolOf(pool), (found) => found?.distrust(similarity, id));
  }

  function isServedTo(servedTo: Match['servedTo'], headers: HeaderFields): boolean {
    // Without the adapter that brings its protocol, a process cannot read the caller's credential.
    if (servedTo === undefined || engine.protocols.get(servedTo.protocol) === undefined) return false;
    return credentialOf(servedTo.protocol, headers) === servedTo.credential;
  }
}
