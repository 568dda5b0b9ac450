/**
 * Tables in GitHub's Markdown, padded so that they can also be read as text.
 */

type Side = 'left' | 'right';

/** The first column is aligned to the left and the others to the right, unless `sides` says otherwise. */
export function table(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  sides: readonly Side[] = heads.map((_head, place) => (place === 0 ? 'left' : 'right')),
): string {
  const widths = heads.map((head, place) =>
    Math.max(3, ...[head, ...rows.map((row) => row[place] ?? '')].map(widthOf)),
  );
  const rule = widths.map((width, place) =>
    sides[place] === 'right' ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  );
  return [heads, rule, ...rows].map((row) => line(row, widths, sides)).join('\n');
}

function line(cells: readonly string[], widths: readonly number[], sides: readonly Side[]): string {
  const padded = widths.map((width, place) => {
    const cell = cells[place] ?? '';
    const space = ' '.repeat(Math.max(0, width - widthOf(cell)));
    return sides[place] === 'right' ? space + cell : cell + space;
  });
  return `| ${padded.join(' | ')} |`;
}

function widthOf(cell: string): number {
  return [...cell].length;
}
