/**
 * Feedback on semantic hits.
 */
import type { HeaderFields } from '../identity/request.ts';

/** A caller's or an operator's verdict on a semantic hit, or on a pair that was kept apart. */
export interface Feedback {
  /** `Reply.match`, or the `match` of a pair that `semantic()` or `explain` lists. */
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
