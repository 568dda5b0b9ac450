/**
 * The question that a method's arguments ask, as JSON.
 */
import { AskonceError } from '../../errors.ts';
import type { CachedOptions } from './options.ts';

interface Input {
  readonly input: unknown;
  readonly text?: string | undefined;
}

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
  if (key !== undefined) return given === undefined ? undefined : { input: plain(given, name) };
  const last = args.findLastIndex((argument) => argument !== undefined);
  const input = args.slice(0, last + 1).map((argument) => plain(argument, name));
  if (typeof text === 'number') return { input, text: String(text) };
  if (text === undefined) return { input };
  const [first, ...others] = input;
  if (typeof first !== 'object' || first === null) return { input };
  // No property of an object begins with a space by chance.
  return { input: others.length === 0 ? first : { ...first, ' others': others }, text };
}

/** As deep as a request may be. */
const deepest = 512;

/**
 * A value as plain JSON: an object of a class (as pipes make them) by its properties, one with `toJSON` as that says. An
 * object whose content is not in its properties would equal every other, and is refused.
 */
function plain(value: unknown, name: string, depth = 0): unknown {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'bigint') return { bigint: String(value) };
  if (typeof value !== 'object' || depth >= deepest) throw unnamed(name);
  if ('toJSON' in value && typeof value.toJSON === 'function') return plain(value.toJSON(), name, depth + 1);
  if (Array.isArray(value)) return value.map((item) => plain(item, name, depth + 1));
  const properties = Object.entries(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = prototype === Object.prototype || prototype === null;
  if ((!isPlain && properties.length === 0) || Symbol.iterator in value || ArrayBuffer.isView(value))
    throw unnamed(name);
  return Object.fromEntries(
    properties
      .filter(([, property]) => typeof property !== 'function')
      .map(([property, inside]) => [property, plain(inside, name, depth + 1)]),
  );
}

function unnamed(name: string): AskonceError {
  return new AskonceError(
    'invalid_request',
    `An argument of the cached method ${name} is not JSON; say what counts: Cached({ key: (…arguments) => … }).`,
  );
}
