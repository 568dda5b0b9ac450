/**
 * Checks of contexts and directives that an application gives as objects: a misspelt part would do nothing, and answers
 * that it was to separate would be shared.
 */
import type { CallerContext, Directives } from '../identity/request.ts';
import { boolean, type Check, checkEach, number, object, oneText, texts } from '../settings/option-checks.ts';

const ofContexts = {
  tenant: oneText,
  user: oneText,
  session: oneText,
  language: oneText,
  template: object,
  indexVersion: oneText,
  character: oneText,
  locale: oneText,
  category: oneText,
  tags: texts,
  sensitive: boolean,
  confidence: number,
} as const satisfies Record<keyof CallerContext, Check>;

const ofDirectives = {
  noStore: boolean,
  noCache: boolean,
  onlyIfCached: boolean,
  maxAge: number,
  maxStale: number,
  minFresh: number,
  staleIfError: number,
  ttl: number,
  staleAfter: number,
  defaults: object,
  eventIds: boolean,
  lastEventId: oneText,
  semantic: object,
  warm: (value) => (value === 'look' || value === 'ask' ? undefined : 'must be look or ask'),
} as const satisfies Record<keyof Directives, Check>;

/**
 * @param at where the context is, to be written before the names of its parts
 * @throws AskonceError `invalid_settings`, naming the part that does not exist, or has the wrong type.
 */
export function checkContext(context: object | undefined, at = 'context.'): void {
  if (context !== undefined) checkEach(at, context, ofContexts);
}

/** As {@link checkContext}. */
export function checkDirectives(directives: object | undefined, at = 'directives.'): void {
  if (directives !== undefined) checkEach(at, directives, ofDirectives);
}
