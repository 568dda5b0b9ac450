/**
 * Lists of phrases as data: one a line, in folded spelling. A phrase is a piece of a regular expression, in which a
 * space stands for white space with or without a comma before it.
 */

/** The source of a regular expression that matches any phrase of the list. */
export function phrases(list: string): string {
  const lines = list
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return `(?:${lines.join('|').replaceAll(' ', String.raw`(?:,?\s+)`)})`;
}

/** Matches a phrase of the list as whole words, anywhere in a folded text. */
export function anyOf(list: string): RegExp {
  return new RegExp(`(?<![\\p{L}\\p{M}\\p{N}])${phrases(list)}(?![\\p{L}\\p{M}\\p{N}])`, 'u');
}

/** Matches a phrase of the list at the start of a folded text. */
export function startOf(list: string): RegExp {
  return new RegExp(`^${phrases(list)}(?![\\p{L}\\p{M}\\p{N}])`, 'u');
}
