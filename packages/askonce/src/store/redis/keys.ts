/**
 * The keys of everything in Redis.
 *
 * An entry's key is the cache's own (`{prefix}:v1:PARTITION:LANG:{FINGERPRINT}`, or `{prefix}:api:ROUTE:{FINGERPRINT}` of an
 * endpoint's answer, the last braces literal); its vector, its lease and its flights follow the braces, and so share its slot in a Cluster. All other keys are control keys.
 */

/**
 * A control key: `{prefix}:v1:{TAG}:REST…`, the braces round the tag literal, so that all keys of one tag share a slot.
 * No entry's key has a brace in that place.
 */
export function controlKey(prefix: string, tag: string, ...rest: readonly string[]): string {
  return [`${prefix}:v1:{${tag}}`, ...rest].join(':');
}

const vectorSuffix = ':vec';

/** The key of an entry's vector, in the entry's slot also if a store's user gives its keys no braces. */
export function vectorKey(key: string): string {
  return key.includes('{') ? key + vectorSuffix : `{${key}}${vectorSuffix}`;
}

/** The key of an entry's hits, in its slot as well. */
export function heatKey(key: string): string {
  return key.includes('{') ? `${key}:heat` : `{${key}}:heat`;
}

/** The same within scripts. */
export const heatKeyInScripts = `
local function heat_of(key)
  if string.find(key, '{', 1, true) then return key .. ':heat' end
  return '{' .. key .. '}:heat'
end
`;

/** The pattern for `SCAN` of the control keys of all tags that end so. */
export function tagSetPattern(prefix: string, kind: 'tag' | 'added'): string {
  return `${front(prefix)}{*}:${kind}`;
}

/** The key of the entry whose vector this is; undefined if it is not the key of a vector. */
export function keyOfVector(key: string): string | undefined {
  return key.endsWith(vectorSuffix) ? key.slice(0, -vectorSuffix.length) : undefined;
}

/** Distinguishes keys of entries from control keys, and from vectors, leases and flights beside an entry. */
export function entryTest(prefix: string): (key: string) => boolean {
  const front = `${prefix}:v1:`;
  const routed = `${prefix}:api:`;
  return (key) =>
    ((key.startsWith(front) && key[front.length] !== '{') || key.startsWith(routed)) &&
    /\}(?::neg)?$/.test(key);
}

/**
 * The pattern for `SCAN` of entries whose keys match a glob, as `patternTest` has it; it may match more. Keys of entries end
 * in a brace or in `neg`: where the glob leaves the end open, the pattern says so, so that the server need not send what
 * lies beside them.
 */
export function scanPattern(prefix: string, glob: string): string {
  const end = /(?:^|[^*?}g])\*$/.test(glob) ? '[}g]' : '';
  const [literal = ''] = glob.split(/[*?]/, 1);
  if (literal.startsWith(routeStart)) return `${escapedPrefix(prefix)}:${escapedGlob(glob)}${end}`;
  // What begins with a wildcard may mean keys of both shapes.
  const isOpen = literal.length < glob.length && routeStart.startsWith(literal);
  return isOpen ? `${escapedPrefix(prefix)}:*${end}` : `${front(prefix)}${escapedGlob(glob)}${end}`;
}

const routeStart = 'api:';

/** The pattern for `SCAN` of the vectors of entries whose keys match a glob after prefix and version. */
export function vectorPattern(prefix: string, glob: string): string {
  return `${front(prefix)}${escapedGlob(glob)}${vectorSuffix}`;
}

function front(prefix: string): string {
  return `${escapedPrefix(prefix)}:v1:`;
}

function escapedPrefix(prefix: string): string {
  return escaped(prefix, /[*?[\]\\^-]/g);
}

function escapedGlob(glob: string): string {
  return escaped(glob, /[[\]\\^-]/g);
}

function escaped(text: string, specials: RegExp): string {
  return text.replace(specials, '\\$&');
}

/** The part of a key that decides its slot: between the first brace and the next closing one, unless that is empty. */
export function hashTag(key: string): string {
  const from = key.indexOf('{');
  const to = key.indexOf('}', from + 1);
  return from >= 0 && to > from + 1 ? key.slice(from + 1, to) : key;
}
