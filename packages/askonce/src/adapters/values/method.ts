/**
 * Methods behind the cache, by a decorator of the standard (TC39 decorators, stage 3).
 */
import type { Cache } from '../../contract.ts';
import type { CallerContext } from '../../identity/request.ts';
import { type Check, callback, oneText, orCallback } from '../../settings/option-checks.ts';
import { checkAnswersOptions, functionName, ofAnswers, perCall } from './checks.ts';
import type { ValueQuestion } from './contract.ts';
import { ownCopies } from './json-value.ts';
import { atCall, valuesLater } from './later.ts';
import { defaultName } from './method-names.ts';
import { type AnswersOptions, isStreaming, oneOf, optionFor, questionBy, streamIn } from './options.ts';
import { askValue, askValues } from './values.ts';

export interface CachedMethodOptions<This = unknown, Args extends unknown[] = unknown[], Output = unknown>
  extends AnswersOptions<Output> {
  /**
   * Separates the method's answers from those of others, 1 to 256 characters; change it when the method changes. As a function it may
   * say what of the instance counts. Default: `Class.method`, for one instance of the class (see {@link Cached}).
   */
  readonly name?: string | ((self: This) => string) | undefined;
  /**
   * All that the answer depends on, as a JSON value. Default: the arguments, of which the method then gets copies; a plain object
   * that is the only argument counts as it is.
   */
  readonly key?: ((self: This, ...args: Args) => unknown) | undefined;
  /**
   * The question as text, for the semantic tier: the index of the argument, or the property of the object that is the only
   * argument or that `key` returns. See `ValueQuestion.text`.
   */
  readonly text?: string | number | undefined;
  /** Tags of the answers, `name=value` each. */
  readonly tags?: readonly string[] | ((self: This, ...args: Args) => readonly string[]) | undefined;
  /** The caller's context: what the application knows about the caller and the question. It narrows what is shared. */
  readonly context?: CallerContext | ((self: This, ...args: Args) => CallerContext) | undefined;
}

const ofMethods = {
  ...ofAnswers,
  ...perCall,
  name: orCallback(functionName),
  key: callback,
  text: (value) => (typeof value === 'number' ? undefined : oneText(value)),
} as const satisfies Record<keyof CachedMethodOptions, Check>;

/** The arguments of a method, of which options may read fewer than there are. */
type Begun<Args extends unknown[]> = [...Args, ...unknown[]];

type Method<This, Args extends unknown[], Result> = (this: This, ...args: Args) => Result;

/** Decorates a method that returns a promise, or an async iterable. */
export interface CachedMethodDecorator<This, Args extends unknown[], Output> {
  <Self extends This, Given extends Begun<Args>, Value extends Output>(
    method: Method<Self, Given, AsyncIterable<Value>>,
    context: ClassMethodDecoratorContext<Self>,
  ): Method<Self, Given, AsyncGenerator<Value, undefined, undefined>>;
  <Self extends This, Given extends Begun<Args>, Value extends Output>(
    method: Method<Self, Given, Value | Promise<Value>>,
    context: ClassMethodDecoratorContext<Self>,
  ): Method<Self, Given, Promise<Value>>;
}

/**
 * Puts a method behind a cache: `@Cached(cache, { ttl: 60 })`. Equal arguments call it once; they are JSON values, compared as
 * those of `cachedFunction`. It is for instance and static methods, private ones included, that return a promise, and for async generator
 * methods; TypeScript refuses it for others, since the result comes later. With `stream`, any method that returns an async iterable.
 *
 * The state of an instance does not count. So without `name` and `key` only one instance of a class may use the method with
 * a cache: a call on another one is refused, since it might be answered for the first. Give a `name` if the state makes no
 * difference, or a `name` or `key` with the part of it that does.
 *
 * @param cache the cache, or a function of the instance that returns it
 * @throws AskonceError `invalid_settings` for an option that there is not, or of the wrong type; `invalid_request`, on a
 * call: for arguments that are no JSON, and for an instance that is refused.
 */
export function Cached<This = unknown, Args extends unknown[] = unknown[], Output = unknown>(
  cache: Cache | ((self: This) => Cache),
  options?: CachedMethodOptions<This, Args, Output>,
): CachedMethodDecorator<This, Args, Output>;
export function Cached<This, Output>(
  cache: Cache | ((self: This) => Cache),
  options: CachedMethodOptions<This, unknown[], Output> = {},
): CachedMethodDecorator<This, unknown[], Output> {
  checkAnswersOptions('Cached', options, ofMethods);
  const { key, text, facts } = options;

  function decorate<Self extends This, Given extends unknown[], Value extends Output>(
    method: Method<Self, Given, AsyncIterable<Value>>,
    context: ClassMethodDecoratorContext<Self>,
  ): Method<Self, Given, AsyncGenerator<Value, undefined, undefined>>;
  function decorate<Self extends This, Given extends unknown[], Value extends Output>(
    method: Method<Self, Given, Value | Promise<Value>>,
    context: ClassMethodDecoratorContext<Self>,
  ): Method<Self, Given, Promise<Value>>;
  function decorate<Self extends This, Given extends unknown[], Value extends Output>(
    method: Method<Self, Given, Value | Promise<Value> | AsyncIterable<Value>>,
    context: ClassMethodDecoratorContext<Self>,
  ): Method<Self, Given, unknown> {
    requireStandard(context);
    const unnamed = { name: context.name, method, isKeyed: key !== undefined };
    const nameFor = (self: Self, used: Cache) =>
      options.name === undefined ? defaultName(used, self, unnamed) : optionFor(options.name, self);
    const questionFor = (self: Self, args: Given, used: Cache): ValueQuestion => ({
      ...questionBy(
        options,
        optionFor(options.context, self, ...args),
        optionFor(options.tags, self, ...args),
      ),
      name: nameFor(self, used),
      input: key === undefined ? inputOf(args) : key(self, ...args),
      text: text === undefined ? undefined : String(text),
    });
    const likeMethod = <Fn extends object>(made: Fn): Fn =>
      Object.defineProperties(made, {
        name: { value: method.name, configurable: true },
        length: { value: method.length, configurable: true },
      });
    // With a key, the arguments may be anything: a list that the method fills for its caller, say.
    const argsOf = (given: Given) => (key === undefined ? ownCopies(given) : given);
    if (isStreaming(method, options))
      return likeMethod(function (this: Self, ...given: Given) {
        const args = argsOf(given);
        const asking = atCall(() => {
          const used = optionFor(cache, this);
          return { used, about: questionFor(this, args, used) };
        });
        return valuesLater<Value>(async (signal) => {
          const { used, about } = await asking;
          const work = () => streamIn(method.apply(this, args), about.name);
          return await askValues(used, { ...about, signal }, work, { facts });
        }, undefined);
      });
    return likeMethod(async function (this: Self, ...given: Given) {
      const args = argsOf(given);
      const used = optionFor(cache, this);
      const question = questionFor(this, args, used);
      const reply = await askValue<Value>(
        used,
        question,
        () => oneOf(method.apply(this, args), question.name),
        { facts },
      );
      return reply.value;
    });
  }

  return decorate;
}

/** The arguments without those at the end that are left out, or the one object that they are. */
function inputOf(args: unknown[]): unknown {
  const given = args.slice(0, args.findLastIndex((arg) => arg !== undefined) + 1);
  const [only] = given;
  return given.length === 1 && typeof only === 'object' && only !== null && !Array.isArray(only)
    ? only
    : given;
}

function requireStandard(context: unknown): void {
  const isMethod =
    typeof context === 'object' && context !== null && 'kind' in context && context.kind === 'method';
  if (!isMethod)
    throw new TypeError(
      'Cached decorates methods, as standard decorators do. With experimentalDecorators, use askonce/nestjs or cachedFunction.',
    );
}
