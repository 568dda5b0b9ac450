/**
 * Checks of what an application says about values: of the options of functions and methods, and of questions.
 *
 * How large a number may be, and what a text may hold, is for the cache to say when it is asked.
 */
import type { CallerContext, Directives } from '../../identity/request.ts';
import {
  boolean,
  type Check,
  type Checks,
  callback,
  checkEach,
  number,
  object,
  oneText,
  orCallback,
  texts,
} from '../option-checks.ts';
import type { ValueOptions, ValueQuestion } from './contract.ts';
import type { AnswersOptions } from './options.ts';

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

const ofQuestions = {
  name: oneText,
  input: () => undefined,
  text: oneText,
  context: object,
  directives: object,
  invalidateOn: texts,
  signal: object,
} as const satisfies Record<keyof ValueQuestion, Check>;

const ofAsking = { facts: callback, fallback: callback } as const satisfies Record<
  keyof ValueOptions<unknown>,
  Check
>;

/** Of the options that functions and methods have in common. */
export const ofAnswers = {
  ttl: number,
  staleAfter: number,
  invalidateOn: texts,
  directives: object,
  facts: callback,
  stream: boolean,
} as const satisfies Record<keyof AnswersOptions<never>, Check>;

/** @throws AskonceError `invalid_settings`, naming the option. */
export function checkAnswersOptions(
  what: string,
  options: Pick<AnswersOptions<never>, 'directives'> & { readonly context?: unknown },
  checks: Checks,
): void {
  checkEach(`${what}: `, options, checks);
  const { directives, context } = options;
  if (directives !== undefined) checkEach(`${what}: directives.`, directives, ofDirectives);
  if (typeof context === 'object' && context !== null) checkEach(`${what}: context.`, context, ofContexts);
}

/** @throws AskonceError `invalid_settings`, naming the option. */
export function checkAsking(what: string, options: object): void {
  checkEach(`${what}: `, options, ofAsking);
}

/** @throws AskonceError `invalid_settings`, naming the property. */
export function checkQuestion(question: ValueQuestion): void {
  checkEach('question.', question, ofQuestions);
  const { context, directives } = question;
  if (context !== undefined) checkEach('context.', context, ofContexts);
  if (directives !== undefined) checkEach('directives.', directives, ofDirectives);
}

/** Of tags, and of a context: as they are, or as a function of the call. */
export const perCall = { tags: orCallback(texts), context: orCallback(object) } as const;
