/**
 * Options that an application writes are checked when they are given: one that is misspelt would do nothing, or open what
 * it was to close.
 */
import { types } from 'node:util';
import { AskonceError } from '../errors.ts';
import { nearest } from './nearest.ts';

/** What is wrong with a value, as the rest of a sentence about it. */
export type Check = (value: unknown) => string | undefined;

/** One for each option that there is. */
export type Checks = Readonly<Record<string, Check>>;

export const boolean: Check = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false');
export const callback: Check = (value) => (typeof value === 'function' ? undefined : 'must be a function');
export const oneText: Check = (value) => (typeof value === 'string' ? undefined : 'must be a text');
export const number: Check = (value) => (typeof value === 'number' ? undefined : 'must be a number');
export const object: Check = (value) => {
  if (types.isPromise(value)) return 'must be an object, not a promise; await it first';
  return isObject(value) ? undefined : 'must be an object';
};
export const texts: Check = (value) =>
  Array.isArray(value) && value.every((one) => typeof one === 'string')
    ? undefined
    : 'must be a list of texts';

/** Whether the value is what `check` wants, or a function that returns it. */
export function orCallback(check: Check): Check {
  return (value) => (typeof value === 'function' ? undefined : check(value));
}

/**
 * An option that is undefined counts as left out.
 * @param at where the options are, to be written before their names
 * @throws AskonceError `invalid_settings`, naming the option.
 */
export function checkEach(at: string, options: object, checks: Checks): void {
  if (!isObject(options))
    throw new AskonceError('invalid_settings', `${at.replace(/\.$/, ': ')}the options must be an object`);
  for (const name of Object.keys(options)) checkOption(at, name, options, checks);
}

function checkOption(at: string, name: string, options: object, checks: Checks): void {
  const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
  if (check === undefined) throw wrongOption(`${at}${name}`, noSuchOption(name, Object.keys(checks)));
  const value: unknown = Reflect.get(options, name);
  const fault = value === undefined ? undefined : check(value);
  if (fault !== undefined) throw wrongOption(`${at}${name}`, fault);
}

/**
 * What an option's function returned. A promise has no properties: what it resolves with would narrow nothing.
 * @throws AskonceError `invalid_settings`, naming the option.
 */
export function atOnce<Option>(name: string, given: Option): Option {
  if (types.isPromise(given)) throw wrongOption(name, 'must be returned at once, not as a promise');
  return given;
}

/** Says that there is no option of that name, and which one may be meant. */
export function noSuchOption(name: string, names: readonly string[]): string {
  const meant = nearest(name, names) ?? names.find((known) => isLonger(name, known) || isLonger(known, name));
  const hint = meant === undefined ? `; there are ${names.join(', ')}` : `; did you mean ${meant}?`;
  return `there is no such option${hint}`;
}

/** Whether one name is another with something behind it: `ttlSeconds`. */
function isLonger(name: string, than: string): boolean {
  return than.length > 2 && name.toLowerCase().startsWith(than.toLowerCase());
}

export function wrongOption(at: string, fault: string): AskonceError {
  return new AskonceError('invalid_settings', `${at}: ${fault}`);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !types.isPromise(value);
}
