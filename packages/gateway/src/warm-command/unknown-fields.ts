/**
 * Fields of rows that mean nothing: each is reported once.
 */

/** Names that are reported; the others are left out without a word. */
const maxNames = 20;

export function unknownFields(say: (line: string) => void, words: string) {
  const known = new Set<string>();
  return {
    met(names: readonly string[]): void {
      for (const name of names) {
        if (known.has(name) || known.size >= maxNames) continue;
        known.add(name);
        say(`the field ${name} ${words}`);
      }
    },
  };
}
