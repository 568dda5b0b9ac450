/**
 * Checks what the argument parser accepts silently: unknown options, options without a value, stray words.
 */

/** Describes what is wrong with the words after a verb; undefined if nothing is. Every option takes a value. */
export function wrongArgument(words: readonly string[], known: readonly string[]): string | undefined {
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const option = /^--([a-z][a-z-]*)(=.*)?$/s.exec(word);
    if (option?.[1] === undefined) return `unexpected argument ${word}`;
    if (!known.includes(option[1])) return `unknown option --${option[1]}`;
    if (option[2] !== undefined) continue;
    at += 1;
    if (words[at] === undefined || words[at]?.startsWith('--')) return `--${option[1]} needs a value`;
  }
  return undefined;
}
