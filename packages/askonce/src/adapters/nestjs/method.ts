/**
 * A method whose answers are values: its arguments are the question.
 */
import { isObservable } from 'rxjs';
import type { Cache } from '../../contract.ts';
import { AskonceError } from '../../errors.ts';
import type { CallerContext } from '../../identity/request.ts';
import { atOnce } from '../../settings/option-checks.ts';
import type { ValueOptions, ValueQuestion } from '../values/contract.ts';
import { ownCopies } from '../values/json-value.ts';
import { valuesLater } from '../values/later.ts';
import { askValue, askValues } from '../values/values.ts';
import { inputOf } from './input.ts';
import { hasRivals } from './instances.ts';
import { iterableOf, observableOf } from './observables.ts';
import type { CachedOptions } from './options.ts';
import { handlesReads } from './reflected.ts';
import { answersName, cacheIn, type DecoratedMethod, isSuperseded } from './slot.ts';
import { triggersOf } from './triggers.ts';

/** What is known about a value. */
type About = Pick<ValueOptions<unknown>, 'facts'>;

type Stream = NonNullable<CachedOptions['stream']>;

/**
 * The method that stands for `original`. On an instance that Nest did not make, and where it handles a route that reads, it
 * is `original` itself.
 */
export function cachedMethod(
  decorated: DecoratedMethod,
  original: (...args: unknown[]) => unknown,
  options: CachedOptions,
): (...args: unknown[]) => unknown {
  const { method, prototype, cache: cacheName } = decorated;
  const stream =
    options.stream ?? streamOf(original, Reflect.getMetadata('design:returntype', prototype, method));
  return function cached(this: unknown, ...given: unknown[]): unknown {
    const instance = typeof this === 'object' && this !== null ? this : undefined;
    const cache = instance && cacheIn(instance, cacheName);
    const uncached = () => Reflect.apply(original, this, given);
    if (instance === undefined || cache === undefined || isSuperseded(decorated)) return uncached();
    if (handlesReads(Reflect.get(instance, method))) return uncached();
    const name = answersName(instance, decorated);
    if (hasRivals(cache, name, instance, decorated)) return uncached();
    // With a key, the arguments may be anything: a list that the method fills for its caller, say.
    const args = options.key === undefined ? ownCopies(given) : given;
    const call = () => Reflect.apply(original, this, args);
    const asking = questionOf(name, options, instance, args);
    const about = factsOf(options);
    // A reader of the stream gets the error of a wrong question; one that is never read must not end the process.
    if (stream !== undefined) asking.catch(() => {});
    if (stream === 'observable')
      return observableOf((signal) => valuesFor(cache, asking, call, about, signal));
    if (stream === 'iterable')
      return valuesLater((signal) => valuesFor(cache, asking, call, about, signal), undefined);
    return valueFor(cache, asking, call, about);
  };
}

/** What the method is known to return as a stream. */
function streamOf(original: unknown, returns: unknown): Stream | undefined {
  if (Object.prototype.toString.call(original) === '[object AsyncGeneratorFunction]') return 'iterable';
  return typeof returns === 'function' && returns.name === 'Observable' ? 'observable' : undefined;
}

async function valueFor(
  cache: Cache,
  asking: Promise<ValueQuestion | undefined>,
  call: () => unknown,
  about: About,
): Promise<unknown> {
  const question = await asking;
  if (question === undefined) return await call();
  const work = async () => single(question.name, await call());
  const { value } = await askValue(cache, question, work, about);
  return value;
}

async function valuesFor(
  cache: Cache,
  asking: Promise<ValueQuestion | undefined>,
  call: () => unknown,
  about: About,
  signal: AbortSignal,
): Promise<{ readonly values: AsyncIterator<unknown, unknown> }> {
  const question = await asking;
  const work = async () => iterableOf(await call());
  if (question === undefined) return { values: (await work())[Symbol.asyncIterator]() };
  return await askValues(cache, { ...question, signal }, work, about);
}

/** One value: a stream would be stored as an empty object. */
function single(name: string, value: unknown): unknown {
  const isStream =
    isObservable(value) || (typeof value === 'object' && value !== null && Symbol.asyncIterator in value);
  if (isStream)
    throw new AskonceError(
      'invalid_settings',
      `The cached method ${name} returns a stream; say so: Cached({ stream: 'iterable' }) or 'observable'.`,
    );
  return value;
}

/** The question that a call asks; undefined if it asks none, since its key is undefined. */
async function questionOf(
  name: string,
  options: CachedOptions,
  instance: object,
  args: readonly unknown[],
): Promise<ValueQuestion | undefined> {
  const of = (given: unknown): unknown =>
    typeof given === 'function' ? Reflect.apply(given, instance, [...args]) : given;
  const input = inputOf(name, args, options, of(options.key));
  if (input === undefined) return undefined;
  const { user, tenant, tags } = options;
  const [ofUser, ofTenant, tagged] = await Promise.all([of(user), of(tenant), of(tags)]);
  const context = contextOf(atOnce('context', of(options.context)));
  const { ttl, staleWhileRevalidate = 0, staleIfError } = options;
  const { events, writes } = triggersOf(options.invalidateOn);
  return {
    name,
    ...input,
    context: {
      ...context,
      ...(user && { user: textOf(ofUser) }),
      ...(tenant && { tenant: textOf(ofTenant) }),
      tags: [...(context.tags ?? []), ...(Array.isArray(tagged) ? tagged : []), ...writes],
    },
    directives: {
      ...(ttl !== undefined && {
        staleAfter: ttl,
        ttl: ttl + Math.max(staleWhileRevalidate, staleIfError ?? 0),
      }),
      ...(staleIfError !== undefined && { staleIfError }),
    },
    invalidateOn: events,
  };
}

function contextOf(given: unknown): CallerContext {
  return typeof given === 'object' && given !== null ? given : {};
}

function factsOf({ facts }: CachedOptions): About {
  return facts === undefined ? {} : { facts: (value) => Reflect.apply(facts, undefined, [value]) };
}

function textOf(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : String(value);
}
