/**
 * Expressions of PromQL as far as tests take them apart.
 */

const setOperator = /^(?:and|or|unless)(?:\s+(?:on|ignoring)\s*\([^)]*\))?(?=[\s(])/;
const comparator = /^(?:<=|>=|==|!=|<|>)(?:\s*bool\b)?/;

/**
 * An alert's expression without the comparators that decide whether it fires: what is compared at its top, and at the top
 * of each operand of `and`, `or` and `unless`. Comparisons deeper inside, such as a guard of a denominator, stay.
 */
export function withoutComparators(expression: string): string {
  const text = expression.trim();
  const inner = unwrapped(text);
  if (inner !== undefined) return `(${withoutComparators(inner)})`;
  const parts = split(text, setOperator);
  if (parts.length > 1)
    return parts.map((part, place) => (place % 2 === 0 ? withoutComparators(part) : part)).join(' ');
  const [compared = '', ...others] = split(text, comparator);
  if (others.length === 0) return text;
  const outer = unwrapped(compared.trim());
  // What is in parentheses before a comparator is a value, whatever it is made of.
  return outer === undefined ? compared.trim() : `(${outer})`;
}

/** What is between parentheses that hold all of it; undefined if none do. */
function unwrapped(text: string): string | undefined {
  if (!text.startsWith('(')) return undefined;
  return endOfGroup(text, 0) === text.length - 1 ? text.slice(1, -1) : undefined;
}

/** The parts of a text and, between them, what separates them at its top. */
function split(text: string, separator: RegExp): string[] {
  const parts: string[] = [];
  let [from, at] = [0, 0];
  while (at < text.length) {
    const character = text[at] ?? '';
    if ('([{'.includes(character)) at = endOfGroup(text, at) + 1;
    else if (character === '"') at = text.indexOf('"', at + 1) + 1;
    else {
      const isWord = /\w/.test(text[at - 1] ?? ' ') && /\w/.test(character);
      const found = isWord ? null : separator.exec(text.slice(at));
      if (found === null) at += 1;
      else {
        parts.push(text.slice(from, at), found[0]);
        at += found[0].length;
        from = at;
      }
    }
  }
  parts.push(text.slice(from));
  return parts;
}

/** Where the group that opens at a place is closed. */
function endOfGroup(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    const character = text[at] ?? '';
    if (character === '"') at = text.indexOf('"', at + 1);
    else if ('([{'.includes(character)) depth += 1;
    else if (')]}'.includes(character)) {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  throw new Error(`a group is not closed: ${text}`);
}
