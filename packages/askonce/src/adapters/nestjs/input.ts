/**
 * The question that a method's arguments ask, as JSON.
 */
import { AskonceError } from '../../errors.ts';
import { isJsonObject, type JsonObject, type JsonValue, maxJsonDepth } from '../../json.ts';
import { showsAllProperties } from '../values/json-value.ts';
import type { CachedOptions } from './options.ts';

interface Input {
  readonly input: JsonValue;
  readonly text?: string | undefined;
}

/**
 * The property of what stands for a value that JSON has not: `{ "$askonce": ["bigint", "1"] }`. An object that has such a
 * property itself is written as `{ "$askonce": ["object", …] }`, so that no data equals what is no data.
 */
const mark = '$askonce';

/**
 * The input of a call; undefined if its key is a function that returned undefined.
 * @throws AskonceError `invalid_request` for an argument that JSON does not express: a socket, a stream, a map …
 */
export function inputOf(
  name: string,
  args: readonly unknown[],
  { key, text }: CachedOptions,
  given: unknown,
): Input | undefined {
  if (key !== undefined)
    return given === undefined ? undefined : { input: plainJson(given, () => unnamed(name)) };
  const last = args.findLastIndex((argument) => argument !== undefined);
  const input = args.slice(0, last + 1).map((argument) => plainJson(argument, () => unnamed(name)));
  if (typeof text === 'number') return { input, text: String(text) };
  const [first = null, ...others] = input;
  if (text === undefined || !isJsonObject(first) || Object.hasOwn(first, mark)) return { input };
  return { input: others.length === 0 ? first : { ...first, [mark]: ['and', ...others] }, text };
}

/**
 * A value as plain JSON: an object of a class (as pipes make them) by its properties, one with `toJSON` by its class and what
 * that says. An object whose content is not in its properties would equal every other, and is refused.
 */
export function plainJson(value: unknown, refusal: () => AskonceError, depth = 0): JsonValue {
  if (value === undefined) return marked('undefined');
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'bigint') return marked('bigint', String(value));
  if (typeof value !== 'object' || depth >= maxJsonDepth) throw refusal();
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return marked('toJSON', value.constructor?.name ?? '', plainJson(value.toJSON(), refusal, depth + 1));
  if (!showsAllProperties(value)) throw refusal();
  if (Array.isArray(value)) return value.map((item) => plainJson(item, refusal, depth + 1));
  const given = Object.entries(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  // Fastify's queries and parameters inherit from an object of their own, which inherits from nothing, as `Object.prototype` does.
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
  if ((!isPlain && given.length === 0) || Symbol.iterator in value || ArrayBuffer.isView(value))
    throw refusal();
  const properties = Object.fromEntries(
    given
      .filter(([, property]) => property !== undefined)
      .map(([property, inside]) => [property, plainJson(inside, refusal, depth + 1)]),
  );
  return Object.hasOwn(properties, mark) ? marked('object', properties) : properties;
}

function marked(...content: readonly JsonValue[]): JsonObject {
  return { [mark]: content };
}

function unnamed(name: string): AskonceError {
  return new AskonceError(
    'invalid_request',
    `An argument of the cached method ${name} is not JSON; say what counts: Cached({ key: (…arguments) => … }).`,
  );
}
