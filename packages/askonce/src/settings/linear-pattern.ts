/**
 * Regular expressions of users, run in time that is linear in the text. JavaScript's own backtrack: one careless pattern
 * and one long prompt would stop the process for hours.
 */
import { createRequire } from 'node:module';
import type { RE2JS } from 're2js';

export interface LinearPattern {
  /** Replaces every match; the replacement is read as by `String.prototype.replace` (`$1`, `$&`, `$<name>`). */
  replaceAll(text: string, replacement: string): string;
  /**
   * Whether all matches are found before `isSpent` says true, which is asked after each. Finding one takes time that is
   * linear in the text; but finding many does not, if the pattern looks far beyond each of them. False at once for a text
   * so long that finding one could take about a second: nothing can interrupt that.
   */
  findsAllBefore(text: string, isSpent: () => boolean): boolean;
}

/** Bound on the steps of one search: a character takes at most one for each instruction of the pattern, of about 13 ns. */
const maxSteps = 50_000_000;

/**
 * Compiles a JavaScript pattern. `flags` are those of JavaScript: `i`, `m` and `s` have their meaning, the others none,
 * since a match is a sequence of characters anyway and every match is replaced.
 * @throws Error whose message says what cannot run in linear time.
 */
export function linearPattern(pattern: string, flags = ''): LinearPattern {
  const { RE2JS: Engine } = engine();
  let bits = 0;
  if (flags.includes('i')) bits |= Engine.CASE_INSENSITIVE;
  if (flags.includes('m')) bits |= Engine.MULTILINE;
  if (flags.includes('s')) bits |= Engine.DOTALL;
  const compiled = Engine.compile(Engine.translateRegExp(translated(pattern, flags.includes('s'))), bits);
  const longest = maxSteps / Math.max(1, compiled.programSize());
  return {
    replaceAll: (text, replacement) => compiled.matcher(text).replaceAll(replacement),
    findsAllBefore(text, isSpent) {
      if (text.length > longest) return false;
      const matcher = compiled.matcher(text);
      while (matcher.find()) if (isSpent()) return false;
      return true;
    },
  };
}

/** Why a pattern that JavaScript accepts cannot run in linear time; undefined if it can. */
export function reasonNotLinear(pattern: string, flags: string | undefined): string | undefined {
  try {
    linearPattern(pattern, flags);
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown';
    return reason.replace(/^error parsing regexp: /, '');
  }
}

/** Loaded by the first pattern: most caches have none. */
function engine(): { readonly RE2JS: typeof RE2JS } {
  return createRequire(import.meta.url)('re2js');
}

/** Escapes, classes, groups and the dot; anything else stands for itself. */
const tokens = /\\k<|\\[\s\S]|\(\?<?[=!]|\[\^?|[\].]/g;

/** All of Unicode's white space, as JavaScript's `\s`; the engine's own is ASCII. */
const whiteSpace = '\\t-\\r\\pZ\\x{FEFF}';

/** The pattern in the engine's terms, where both have the same characters with another meaning. */
function translated(pattern: string, dotMatchesAll: boolean): string {
  let inClass = false;
  return pattern.replace(tokens, (token) => {
    if (token === '[' || token === '[^') {
      // An opening bracket inside a class is a character.
      const opened = !inClass;
      inClass = true;
      return opened ? token : `\\${token}`;
    }
    if (token === ']') inClass = false;
    if (token === '\\s') return inClass ? whiteSpace : `[${whiteSpace}]`;
    if (inClass) return token;
    if (token === '\\S') return `[^${whiteSpace}]`;
    if (token === '.') return dotMatchesAll ? token : '[^\\n\\r\\x{2028}\\x{2029}]';
    if (token.startsWith('(?')) throw new Error('look-around has to backtrack');
    if (/^\\(?:[1-9]|k<)/.test(token)) throw new Error('a back-reference has to backtrack');
    return token;
  });
}
