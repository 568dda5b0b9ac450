/**
 * Names with wildcards: `*` stands for any characters, none included. A text is matched in one pass from left to right,
 * so no pattern takes long, wherever it comes from.
 */

/** Whether a text matches one of the patterns as a whole. */
export function wildcards(patterns: readonly string[]): (text: string) => boolean {
  const exact = new Set(patterns.filter((pattern) => !pattern.includes('*')));
  const open = patterns.filter((pattern) => pattern.includes('*')).map(openPattern);
  return (text) => exact.has(text) || open.some((matches) => matches(text));
}

function openPattern(pattern: string): (text: string) => boolean {
  const pieces = pattern.split('*');
  const head = pieces[0] ?? '';
  const tail = pieces.at(-1) ?? '';
  const between = pieces.slice(1, -1);
  return (text) => {
    const end = text.length - tail.length;
    if (end < head.length || !text.startsWith(head) || !text.endsWith(tail)) return false;
    // The leftmost place of each piece leaves the most room for those behind it.
    let from = head.length;
    for (const piece of between) {
      const at = text.indexOf(piece, from);
      if (at < 0 || at + piece.length > end) return false;
      from = at + piece.length;
    }
    return true;
  };
}
