/**
 * Names the provider behind a model, and the account that the model calls it with: parts of the wall between answers.
 */
import { randomUUID } from 'node:crypto';
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
