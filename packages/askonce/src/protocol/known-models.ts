/**
 * Models that are known by name, to tell an answer of another model from one under another name.
 *
 * A provider answers under names of its own: a dated one for an alias, one with or without a vendor's prefix, that of a
 * deployment. So two names mean two models only if both are in this table, as different models of one vendor. Rather
 * leave a name out than list one that some provider uses as an alias of another.
 */

import { recentMap } from '../recent-map.ts';

/** By vendor, each name without date, prefix and options. */
const known = {
  openai: [
    'gpt-3.5-turbo',
    'gpt-3.5-turbo-instruct',
    'gpt-4',
    'gpt-4-turbo',
    'gpt-4o',
    'gpt-4o-mini',
    'gpt-4.1',
    'gpt-4.1-mini',
    'gpt-4.1-nano',
    'gpt-5',
    'gpt-5-mini',
    'gpt-5-nano',
    'gpt-5-pro',
    'gpt-5-codex',
    'gpt-5.1',
    'gpt-5.2',
    'gpt-oss-20b',
    'gpt-oss-120b',
    'o1',
    'o1-mini',
    'o1-pro',
    'o3',
    'o3-mini',
    'o3-pro',
    'o4-mini',
    'text-embedding-3-small',
    'text-embedding-3-large',
    'text-embedding-ada-002',
  ],
  anthropic: [
    'claude-3-haiku',
    'claude-3-sonnet',
    'claude-3-opus',
    'claude-3-5-haiku',
    'claude-3-5-sonnet',
    'claude-3-7-sonnet',
    'claude-haiku-4-5',
    'claude-sonnet-4',
    'claude-sonnet-4-5',
    'claude-opus-4',
    'claude-opus-4-1',
    'claude-opus-4-5',
  ],
  google: [
    'gemini-1.5-flash',
    'gemini-1.5-flash-8b',
    'gemini-1.5-pro',
    'gemini-2.0-flash',
    'gemini-2.0-flash-lite',
    'gemini-2.5-flash',
    'gemini-2.5-flash-lite',
    'gemini-2.5-pro',
  ],
  mistral: [
    'ministral-3b',
    'ministral-8b',
    'mistral-small',
    'mistral-medium',
    'mistral-large',
    'magistral-small',
    'magistral-medium',
    'codestral',
  ],
  xai: ['grok-2', 'grok-3', 'grok-3-mini', 'grok-4'],
  alibaba: ['qwen-turbo', 'qwen-plus', 'qwen-max'],
  cohere: ['command-r', 'command-r-plus', 'command-a'],
} as const;

const vendorOf: ReadonlyMap<string, string> = new Map(
  Object.entries(known).flatMap(([vendor, names]) =>
    names.map((name) => [baseNameOf(name), vendor] as const),
  ),
);

/** Whether both names are known, and as different models. Fine-tuned models are not known. */
export function areDifferentModels(asked: string, answered: string): boolean {
  if (asked === answered) return false;
  const [one, other] = [baseName(asked), baseName(answered)];
  if (one === other) return false;
  const [vendor, otherVendor] = [vendorOf.get(one), vendorOf.get(other)];
  if (vendor === undefined || otherVendor === undefined) return false;
  // An upstream that answers for several vendors says so: both names have a prefix. Otherwise one is an alias.
  return vendor === otherVendor || (asked.includes('/') && answered.includes('/'));
}

/** Base names of the models that came last, since few models answer most requests. */
const maxRemembered = 256;
const longestName = 256;
const baseNames = recentMap<string>(maxRemembered);

/** A name in the order of the table: without prefixes, options, dates and marks of a preview. */
function baseName(model: string): string {
  const name = model.slice(0, longestName);
  const remembered = baseNames.get(name);
  if (remembered !== undefined) return remembered;
  const made = baseNameOf(name);
  baseNames.set(name, made);
  return made;
}

function baseNameOf(model: string): string {
  const name = model
    .toLowerCase()
    .replace(/^ft:.*$/, '')
    .replace(/^.*\//, '')
    .replace(/^(?:(?:us|eu|apac|global)\.)?(?:anthropic|mistral|cohere)\./, '')
    .replace(/@.*$/, '')
    .replace(/:.*$/, '')
    .replace(/-v\d+$/, '')
    .replace(/^gpt-4-(?:0125|1106)-preview$/, 'gpt-4-turbo')
    .replace(/-(?:latest|preview|exp|experimental|beta)(?:-.*)?$/, '')
    .replace(/-\d{4}-\d{2}-\d{2}$|-\d{8}$|-\d{2}-\d{4}$|-\d{4}$|-00\d$/, '');
  return sorted(name);
}

/** Anthropic's models also go by the other order (`claude-3.5-sonnet`, `claude-sonnet-3-5`, `claude-4-sonnet`). */
function sorted(name: string): string {
  if (!name.startsWith('claude-')) return name;
  const parts = name.replaceAll('.', '-').split('-').slice(1);
  const version = parts.filter((part) => /^\d+$/.test(part));
  const family = parts.filter((part) => !/^\d+$/.test(part));
  if (version.length === 2 && version[1] === '0') version.pop();
  return ['claude', ...family, ...version].join('-');
}
