/**
 * Names that come from requests and answers, made fit for a database, a label and a report, and bounded in number.
 */
import type { Dimensions } from '../contract.ts';
import { type AccountLimits, otherName } from './limits.ts';

/** Characters of a name that are kept. */
const longestName = 200;

// Databases refuse NUL, and line breaks end a row of a report.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to replace
const control = /[\u0000-\u001f\u007f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to replace
const controls = /[\u0000-\u001f\u007f]/g;

/** The beginning of a name, with a space for each control character and U+FFFD for each half of a character. */
export function cleanName(name: string): string {
  if (name.length <= longestName && !control.test(name) && name.isWellFormed()) return name;
  return clipped(name, longestName).replace(controls, ' ');
}

/** A name of which no more is held than what is kept of it. */
export function shortName(name: string | undefined): string {
  if (name === undefined) return '';
  return name.length > longestName ? clipped(name, longestName) : name;
}

/** The beginning of a text, which does not keep the rest in memory, without what a database refuses. */
export function clipped(text: string, most: number): string {
  const start = text.length > most ? Buffer.from(text.slice(0, most), 'utf16le').toString('utf16le') : text;
  return start.toWellFormed().replaceAll('\0', '\ufffd');
}

/**
 * A set of names that is bounded. Names of requests that no provider has served may be a caller's invention, so they have a
 * tenth of the room at most: the rest is for those that were served.
 */
export interface NameSet {
  /** A served request's name, cleaned; `other` if it is beyond the bound. */
  bound(name: string): string;
  /** Likewise the name of a request that was not served, or not yet. */
  guest(name: string): string;
  /** The names of served requests. */
  readonly served: ReadonlySet<string>;
}

const none: ReadonlySet<string> = new Set();

/**
 * @param most names; '' does not count, since the lack of a name is none
 * @param before served names of the set before, which are served ones here, too
 */
export function nameSet(most: number, before: ReadonlySet<string> = none): NameSet {
  const served = new Set<string>();
  const guests = new Set<string>();
  const isFull = () => served.size + guests.size >= most;

  function bound(name: string): string {
    if (served.has(name)) return name;
    const clean = cleanName(name);
    if (clean === '' || served.has(clean)) return clean;
    if (!guests.delete(clean) && isFull()) return otherName;
    served.add(clean);
    return clean;
  }

  return {
    served,
    bound,
    guest(name) {
      if (served.has(name) || guests.has(name)) return name;
      const clean = cleanName(name);
      if (before.has(clean)) return bound(clean);
      if (clean === '' || served.has(clean) || guests.has(clean)) return clean;
      if (guests.size >= guestsOf(most) || isFull()) return otherName;
      guests.add(clean);
      return clean;
    },
  };
}

/** How many of so many may be of requests that were not served. */
export function guestsOf(most: number): number {
  return Math.ceil(most / 10);
}

/** Bounds the names of each dimension. */
export interface BoundedNames {
  /** Those of a served request. */
  bound(dimensions: Dimensions): Dimensions;
  /** Those of a request that was not served, or not yet. */
  guest(dimensions: Dimensions): Dimensions;
  readonly sets: Readonly<Record<keyof Dimensions, NameSet>>;
}

/** @param before the names of the day before */
export function boundedNames(limits: AccountLimits['names'], before?: BoundedNames): BoundedNames {
  const set = (dimension: keyof Dimensions) => nameSet(limits[dimension], before?.sets[dimension].served);
  const sets = {
    provider: set('provider'),
    protocol: set('protocol'),
    model: set('model'),
    language: set('language'),
    category: set('category'),
    template: set('template'),
    tenant: set('tenant'),
  };
  const through =
    (way: 'bound' | 'guest') =>
    ({ provider, protocol, model, language, category, template, tenant }: Dimensions): Dimensions => ({
      provider: sets.provider[way](provider),
      protocol: sets.protocol[way](protocol),
      model: sets.model[way](model),
      language: sets.language[way](language),
      category: sets.category[way](category),
      template: sets.template[way](template),
      tenant: sets.tenant[way](tenant),
    });
  return { bound: through('bound'), guest: through('guest'), sets };
}
