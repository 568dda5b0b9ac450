/**
 * What JSON says all there is to. Anything else would be taken for something that it is not, and get its answers.
 */

import { maxJsonDepth } from '../../json.ts';

/** Whether JSON says all there is to a value. */
export function isJson(value: unknown, depth = 0): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depth >= maxJsonDepth || !showsAllProperties(value)) return false;
  if (Array.isArray(value)) return value.every((item) => isJson(item, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  return Object.values(value).every((property) => property === undefined || isJson(property, depth + 1));
}

/**
 * A copy of a JSON value; anything else as it is. What answers a question may run after its caller has gone on, and must not see what
 * the caller has changed meanwhile: it would be stored as the answer to the question that was asked.
 */
export function ownCopy<Value>(value: Value): Value;
export function ownCopy(value: unknown): unknown {
  return typeof value === 'object' && isJson(value) ? copyOf(value) : value;
}

/** A list of which each value is a copy of one's own. */
export function ownCopies<Values extends unknown[]>(values: Values): Values;
export function ownCopies(values: unknown[]): unknown[] {
  return values.map((value) => ownCopy(value));
}

function copyOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  // A list of a class of its own has methods that a copy would lack.
  if (Array.isArray(value))
    return Object.getPrototypeOf(value) === Array.prototype ? Array.from(value, copyOf) : value;
  return Object.fromEntries(Object.entries(value).map(([name, property]) => [name, copyOf(property)]));
}

/**
 * Whether JSON sees every property that an object or a list has of its own. It sees none whose name is a symbol (operators of
 * an ORM), none that is not enumerable, none that a list has besides its items, and takes an empty place of a list for null.
 */
export function showsAllProperties(value: object): boolean {
  const names = Object.keys(value);
  if (!Array.isArray(value)) return Reflect.ownKeys(value).length === names.length;
  // Besides its items, a list has its length. Names of items come first, in their order.
  const { length } = value;
  const isDense = names.length === length && (length === 0 || names[length - 1] === String(length - 1));
  return isDense && Reflect.ownKeys(value).length === length + 1;
}
