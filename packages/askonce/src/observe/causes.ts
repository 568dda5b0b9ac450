/**
 * The causes and reasons that events name: closed sets.
 */

/** Why a provider was called. */
export type CallCause =
  /** For the requests that wait. */
  | 'leader'
  /** To refresh a stale entry. */
  | 'refresh'
  /** For a request that a semantic hit would have answered, so that the two answers can be judged. */
  | 'audit'
  /** For a request that bypassed the cache. */
  | 'bypass'
  /** To store an answer before a caller asks for it. */
  | 'warm';

/** What answered a missed request. */
export type AnsweredBy =
  /** A call of its own. */
  | 'call'
  /** Another request's flight, in this process or elsewhere. */
  | 'flight'
  /** A stale entry, or the caller's own answer, because the provider failed. */
  | 'fallback'
  /** Nothing: the provider failed, `only-if-cached` forbade to call it, or the caller left before the answer began. */
  | 'none';

/** Why entries are gone. `maintained`: they were not worth their space (see `maintenance/`). */
export type RemovalCause = 'evicted' | 'expired' | 'invalidated' | 'maintained' | 'replaced' | 'unreadable';

/** What a store was asked for when it failed. */
export type StoreOperation =
  | 'get'
  | 'set'
  | 'delete'
  | 'marks'
  | 'log'
  | 'lease'
  | 'follow'
  | 'notices'
  | 'tags';

/** Why no entry could be served. */
export type MissReason =
  | 'absent'
  | 'expired'
  | 'stale'
  /** The entry used more output tokens than the request allows. */
  | 'ceiling'
  /** The entry cannot be converted to the form that is wanted. */
  | 'form'
  /** The provider has not accepted the credential recently. */
  | 'credential'
  /** The request's own directives rule the entry out. */
  | 'request'
  /** The same caller repeats the same request at once (`repeatMs`). */
  | 'repeat'
  | 'invalidated'
  /** The entry lacks tags of the request and cannot be given them: there are too many, or its store has no tags. */
  | 'tags'
  /** A semantic hit is asked of the provider all the same, so that the two answers can be judged. */
  | 'audit'
  /** The reports of other processes have not been read for a second: no semantic hit is served until they are. */
  | 'feed-behind'
  /** A semantic hit is not served, since the tier or the caller is in shadow (`semanticMode`, `semanticRollout`). */
  | 'shadow'
  /** The caller left while the lookup was under way. */
  | 'abandoned'
  | 'store-trouble';

/** Why a request bypassed the cache. */
export type BypassReason =
  | 'disabled'
  | 'sensitive'
  | 'no-store'
  | 'stateful'
  | 'side-effects'
  | 'unrepresentable'
  | 'no-user'
  | 'encoded-body';
