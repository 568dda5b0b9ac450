/**
 * Names the provider behind a model, the account that the model calls it with, and the settings that a model has besides those
 * of its calls: parts of the wall between answers.
 */
import { randomUUID } from 'node:crypto';
import type { JsonObject, JsonValue } from '../../json.ts';
import { upstreamNamed } from '../../protocol/ai-sdk/upstream.ts';

/** What all models of the SDK have. */
interface Named {
  readonly provider: string;
  readonly modelId: string;
}

/** Base URLs that models were asked for. */
const known = new WeakMap<object, string>();

/**
 * The provider's id, and behind it the application's name for the provider, or its base URL: two providers
 * of one id (OpenAI's API at OpenAI, and at a server of one's own) must not share answers.
 */
export function upstreamOf(model: Named, named: string | undefined): string {
  const address = named ?? known.get(model) ?? baseOf(model);
  if (named === undefined) known.set(model, address);
  return upstreamNamed(model.provider, address);
}

/** The names of models' accounts. */
const accounts = new WeakMap<object, string>();

/**
 * Names the account of a model. A model hides its key, so each model object counts as an account of its own; the name is
 * random, and ends with the object or the process.
 */
export function accountBehind(model: object): string {
  const known = accounts.get(model);
  if (known !== undefined) return known;
  const made = randomUUID();
  accounts.set(model, made);
  return made;
}

/**
 * Settings of the model object that reach the provider with every call: those that some providers take when a model is made, and
 * the additions to every body. A model that middleware wraps hides what the middleware adds, so without a name from the
 * application it is a question of its own. Undefined for a model without any.
 */
export function settingsOf(model: Named, named: string | undefined): JsonObject | undefined {
  const settings = plainIn(memberOf(model, 'settings'), 0);
  const extraBody = plainIn(memberOf(memberOf(model, 'config'), 'extraBody'), 0);
  const wrapped = named === undefined && isWrapped(model) ? accountBehind(model) : undefined;
  const all = Object.entries({ settings, extraBody, wrapped }).filter(([, value]) => value !== undefined);
  return all.length === 0 ? undefined : Object.fromEntries(all);
}

/** Middleware makes a model a plain object of functions; models of providers are instances of classes. */
function isWrapped(model: object): boolean {
  return Object.getPrototypeOf(model) === Object.prototype;
}

/** As deep as settings are read. */
const maxDepth = 8;

/** The JSON in a setting; undefined for what is none, such as functions and clients, and for an object without any. */
function plainIn(value: unknown, depth: number): JsonValue | undefined {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value !== 'object' || value === null || depth >= maxDepth) return undefined;
  if (Array.isArray(value)) return value.map((item: unknown) => plainIn(item, depth + 1) ?? null);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return undefined;
  const properties = Object.entries(value).flatMap(([name, property]): [string, JsonValue][] => {
    const written = plainIn(property, depth + 1);
    return written === undefined ? [] : [[name, written]];
  });
  return properties.length === 0 ? undefined : Object.fromEntries(properties);
}

/**
 * The base URL as the SDK's providers have it in their settings: a text, or a function of the path. '' for a model that
 * does not show it, such as one that another middleware wraps.
 */
function baseOf(model: Named): string {
  const config = memberOf(model, 'config');
  for (const name of ['baseURL', 'baseUrl', 'url']) {
    const base = addressOf(memberOf(config, name), model.modelId);
    if (base !== undefined) return base;
  }
  return '';
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function addressOf(setting: unknown, modelId: string): string | undefined {
  try {
    const value: unknown =
      typeof setting === 'function' ? Reflect.apply(setting, undefined, [{ path: '', modelId }]) : setting;
    // Credentials and keys may stand in the rest of a URL.
    const { origin, pathname } = new URL(String(value));
    return `${origin}${pathname.replace(/\/+$/, '')}`;
  } catch {
    return undefined;
  }
}
