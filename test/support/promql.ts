/**
 * Expressions of PromQL as far as tests take them apart.
 */

const comparator = /^(?:<=|>=|==|!=|<|>)(?!\s*bool\b)/;

/** What an alert compares, without the comparator and the number at its end; undefined if it does not end so. */
export function withoutComparator(expression: string): string | undefined {
  const text = expression.trim();
  const place = comparatorsAtTop(text).at(-1);
  if (place === undefined) return undefined;
  const compared = text.slice(place).replace(comparator, '').trim();
  return /^-?[\d.]+$/.test(compared) ? text.slice(0, place).trim() : undefined;
}

/** Where comparators that drop samples are, outside of all groups and strings. */
function comparatorsAtTop(text: string): number[] {
  const places: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    if ('([{'.includes(character)) at = endOfGroup(text, at);
    else if (character === '"') at = text.indexOf('"', at + 1);
    else if (comparator.test(text.slice(at))) {
      places.push(at);
      at += 1;
    }
  }
  return places;
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
