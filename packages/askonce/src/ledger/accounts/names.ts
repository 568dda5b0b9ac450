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

/** A set of names that is bounded. */
export interface NameSet {
  /** The name, cleaned; `other` if it is beyond the bound. */
  bound(name: string): string;
}

/** @param most names; '' does not count, since the lack of a name is none */
export function nameSet(most: number): NameSet {
  const known = new Set<string>();
  return {
    bound(name) {
      if (known.has(name)) return name;
      const clean = cleanName(name);
      if (clean === '' || known.has(clean)) return clean;
      if (known.size >= most) return otherName;
      known.add(clean);
      return clean;
    },
  };
}

/** Bounds the names of each dimension. */
export function boundedNames(limits: AccountLimits['names']): (dimensions: Dimensions) => Dimensions {
  const sets = {
    provider: nameSet(limits.provider),
    protocol: nameSet(limits.protocol),
    model: nameSet(limits.model),
    language: nameSet(limits.language),
    category: nameSet(limits.category),
    template: nameSet(limits.template),
    tenant: nameSet(limits.tenant),
  };
  return ({ provider, protocol, model, language, category, template, tenant }) => ({
    provider: sets.provider.bound(provider),
    protocol: sets.protocol.bound(protocol),
    model: sets.model.bound(model),
    language: sets.language.bound(language),
    category: sets.category.bound(category),
    template: sets.template.bound(template),
    tenant: sets.tenant.bound(tenant),
  });
}
