/** Names of things in a database, as statements have them. */

/** A name in quotes: it may have any characters. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Text that is compared byte by byte: no index depends on the languages that a system knows. */
export const plainText = 'text COLLATE "C"';
