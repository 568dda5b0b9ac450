/**
 * What `Cached()` is given, and where it is stored until Nest has made the class.
 */
import type {} from 'reflect-metadata';
import { AskonceError } from '../../errors.ts';
import type { CallerContext } from '../../identity/request.ts';
import { noSuchOption } from '../../settings/option-checks.ts';
import { triggerFault } from '../endpoint/triggers.ts';
import type { ValueFacts } from '../values/contract.ts';

/** The arguments of the method; on a route that reads, the framework's request alone. */
type Of<Value> = (...args: never[]) => Value;

export interface CachedOptions {
  /** Seconds for which an answer is fresh. Default: of a route `API_CACHE_TTL`, else the lifetime in the settings. */
  readonly ttl?: number | undefined;
  /** Seconds past freshness for which an answer is served stale and refreshed behind the caller. Default: 0. */
  readonly staleWhileRevalidate?: number | undefined;
  /** Seconds past freshness for which an answer is served if the method fails. Default: of a route 0, else by the settings. */
  readonly staleIfError?: number | undefined;
  /**
   * What answers are recognised by, in place of the query parameters of a route, or of the arguments of another method: a
   * text, or a function that returns any JSON value. Undefined, as a function's result: this call is not cached.
   */
  readonly key?: string | Of<unknown> | undefined;
  /** Tags of the answers, `name=value` each, for `cache.invalidate({ tag: ['name=value'] })`. */
  readonly tags?: readonly string[] | Of<readonly string[]> | undefined;
  /**
   * What invalidates the answers: types of domain events (`prices.changed`), and writes (`POST /cats`, `PUT /cats/:id`, or
   * `POST` for the route's own path). Default: of a route its writes; else nothing.
   */
  readonly invalidateOn?: readonly string[] | undefined;
  /** The user of the answer: answers of two users are never shared. */
  readonly user?: Of<string | undefined | Promise<string | undefined>> | undefined;
  readonly tenant?: Of<string | undefined | Promise<string | undefined>> | undefined;
  /** Name of the cache, if it is not the default one. */
  readonly cache?: string | undefined;

  /** Of a route: whether requests with different credentials share answers. Default: false. */
  readonly sharesCredentials?: boolean | undefined;
  /** Of a route: request headers by whose values answers differ, besides those that they name in `Vary`. */
  readonly vary?: readonly string[] | undefined;
  /** Of a route: query parameters that do not count (`utm_source`, `utm_*`). */
  readonly ignoredParameters?: readonly string[] | undefined;

  /**
   * Of other methods: separates their answers from those of others, and is to be changed when the method's answers change.
   * Default: `Class.method`. Two classes of one name need names of their own.
   */
  readonly name?: string | undefined;
  /**
   * Of other methods: where the question is as text, for the semantic tier: the index of an argument, or the name of a
   * property of the first argument. All other arguments must be equal.
   */
  readonly text?: number | string | undefined;
  /** Of other methods: what else narrows an answer, such as `category`, `language` or `template`. */
  readonly context?: CallerContext | Of<CallerContext> | undefined;
  /** Of other methods: what a value that they have just returned says about itself: tokens used, the model, whether it is complete. */
  readonly facts?: Of<ValueFacts | undefined> | undefined;
  /**
   * Of other methods: whether they return a stream of values, and as what. Default: as the return type says, where Nest's
   * compiler records it (`Observable`), or the method is an async generator; else one value.
   */
  readonly stream?: 'iterable' | 'observable' | undefined;
}

const names: readonly string[] = Object.keys({
  ttl: 1,
  staleWhileRevalidate: 1,
  staleIfError: 1,
  key: 1,
  tags: 1,
  invalidateOn: 1,
  user: 1,
  tenant: 1,
  cache: 1,
  sharesCredentials: 1,
  vary: 1,
  ignoredParameters: 1,
  name: 1,
  text: 1,
  context: 1,
  facts: 1,
  stream: 1,
} satisfies Record<keyof CachedOptions, 1>);

/** @throws AskonceError `invalid_settings` for an option that there is not, and a lifetime that is no number of seconds. */
export function checkOptions(options: CachedOptions): void {
  const { ttl, staleWhileRevalidate, staleIfError, invalidateOn } = options;
  for (const name of Object.keys(options))
    if (!names.includes(name)) throw wrong(name, noSuchOption(name, names));
  for (const [name, seconds] of Object.entries({ ttl, staleWhileRevalidate, staleIfError }))
    if (seconds !== undefined && !(seconds >= 0)) throw wrong(name, 'must be a number of seconds from 0');
  const fault = invalidateOn?.map(triggerFault).find((one) => one !== undefined);
  if (fault !== undefined) throw wrong('invalidateOn', fault);
}

function wrong(name: string, fault: string): AskonceError {
  return new AskonceError('invalid_settings', `Cached: ${name}: ${fault}.`);
}

const optionsKey = Symbol.for('askonce cached');

export function setOptions(
  options: CachedOptions | false,
  target: object,
  method: string | symbol | undefined,
): void {
  if (method === undefined) Reflect.defineMetadata(optionsKey, options, target);
  else Reflect.defineMetadata(optionsKey, options, target, method);
}

/**
 * What the method's own `Cached` says, else its class's; undefined if neither has one. A method that overrides another does
 * not inherit its `Cached`, as it inherits no other decorator of a route.
 */
export function optionsOf(
  controller: { readonly prototype: object },
  method: string | symbol | undefined,
): CachedOptions | false | undefined {
  const own = method === undefined ? undefined : ownOptions(controller.prototype, method);
  return own ?? Reflect.getMetadata(optionsKey, controller);
}

function ownOptions(prototype: object, method: string | symbol): CachedOptions | false | undefined {
  for (let at: object | null = prototype; at !== null; at = Object.getPrototypeOf(at))
    if (Object.hasOwn(at, method)) return Reflect.getOwnMetadata(optionsKey, at, method);
  return undefined;
}
