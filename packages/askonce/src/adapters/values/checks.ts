/**
 * Checks of what an application says about values: of the options of functions and methods, and of questions.
 *
 * How large a number may be, and what a text but the name may hold, is for the cache to say when it is asked.
 */
import { longestFunctionName } from '../../protocol/function.ts';
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
} from '../../settings/option-checks.ts';
import { checkContext, checkDirectives } from '../control-checks.ts';
import type { ValueOptions, ValueQuestion } from './contract.ts';
import type { AnswersOptions } from './options.ts';

/** Of what separates the answers of one function from those of others. */
export const functionName: Check = (value) =>
  oneText(value) ??
  (value === '' || String(value).length > longestFunctionName
    ? `must be 1 to ${longestFunctionName} characters`
    : undefined);

const ofQuestions = {
  name: functionName,
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
  checkDirectives(directives, `${what}: directives.`);
  if (typeof context === 'object' && context !== null) checkContext(context, `${what}: context.`);
}

/** @throws AskonceError `invalid_settings`, naming the option. */
export function checkAsking(what: string, options: object): void {
  checkEach(`${what}: `, options, ofAsking);
}

/** @throws AskonceError `invalid_settings`, naming the property. */
export function checkQuestion(question: ValueQuestion): void {
  checkEach('question.', question, ofQuestions);
  checkContext(question.context);
  checkDirectives(question.directives);
}

/** Of tags, and of a context: as they are, or as a function of the call. */
export const perCall = { tags: orCallback(texts), context: orCallback(object) } as const;
