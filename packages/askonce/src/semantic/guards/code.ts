/**
 * Code and signs: snippets, commands and formulas must be the same, and a sign that one question is about must not be
 * another in the other. In code no sign is small, and embedders see none.
 */
import type { Guard } from '../contract.ts';
import { between, symmetric } from './symmetric.ts';

const fenced = /```[^`]*(?:```|$)|`[^`\n]+`/g;
/** Signs that mean something between words or numbers. Hyphens and slashes join words, `&` is "and". */
const operators = /[+*=<>^|~\\{}[\]×÷√≤≥≠±]+/g;
/** A minus between numbers or single letters, or before a number: `5 - 3`, `x - y`, `-5`. */
const minus =
  /(?<=(?:^|[\s(])(?:\p{N}+|\p{L})\s)[-−](?=\s(?:\p{N}|\p{L}(?!\p{L})))|(?<=^|[\s(])[-−](?=\p{N})/gu;
/** `5!` */
const factorial = /(?<=\p{N})!/gu;
/** Symbols, emoji, raised and lowered digits, fractions, and punctuation in quotes or by itself. */
const marks =
  /[\p{So}\p{Sm}²³¹⁰-₉¼-¾⅐-⅞§¶†‡]|(?<=["'])(?![-&/"'])\p{P}{1,4}(?=["'])|(?<=^|\s)(?![-&/"'(),.])\p{P}{1,4}(?=$|\s)/gu;
/** `foo_bar`, `foo()`, `--flag`, `$HOME`. */
const programWords =
  /(?<![\p{L}\p{N}_.])(?:[\p{L}\p{N}]+_[\p{L}\p{N}_]+|[\p{L}\p{N}_.]+\(\))|(?<!\S)--?[a-z][\p{L}\p{N}-]*|\$[A-Za-z_]\w*/gu;

export const codeGuard: Guard = symmetric((one, other) => {
  for (const read of [snippets, signs, programNames]) {
    const [first, second] = [read(one), read(other)];
    if (first !== second) return between(shown(first), shown(second));
  }
  // One that the other question lacks may be decoration; another one in its place is not.
  const [first, second] = [marksOf(one), marksOf(other)];
  return first !== '' && second !== '' && first !== second ? between(shown(first), shown(second)) : undefined;
});

function snippets(text: string): string {
  const found = text.match(fenced) ?? [];
  return found
    .map((snippet) => snippet.replaceAll('`', '').split(/\s+/).filter(Boolean).join(' '))
    .join('\n');
}

function signs(text: string): string {
  const patterns = /[-−]/.test(text) ? [operators, factorial, minus] : [operators, factorial];
  return patterns.flatMap((pattern) => text.match(pattern) ?? []).join(' ');
}

function marksOf(text: string): string {
  return (text.match(marks) ?? []).join(' ');
}

function programNames(text: string): string {
  return [...new Set(text.match(programWords) ?? [])].toSorted().join(' ');
}

function shown(code: string): string {
  return code.length > 60 ? `${code.slice(0, 60)}…` : code;
}
