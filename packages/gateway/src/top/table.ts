/**
 * A table of a pane: sorted by one of its columns, as many rows as fit, columns left out where the terminal is narrow.
 */
import type { Style } from './style.ts';
import { clipped, fitted, widthOf } from './text.ts';

export interface Column<Row> {
  readonly title: string;
  /** Which side of its cells a text is at. */
  readonly align: 'left' | 'right';
  /** Cells; `rest`: all that the others leave, for the last column. */
  readonly width: number | 'rest';
  readonly text: (row: Row) => string;
  /** What rows are sorted by: numbers descending first, words ascending. */
  readonly order: (row: Row) => number | string;
  /** Narrow terminals leave out columns of higher numbers first; 0: never. */
  readonly rank: number;
}

export interface TableView {
  /** Which column sorts, and whether its usual order is reversed. */
  readonly sort: number;
  readonly reversed: boolean;
  /** Rows that are scrolled past. */
  readonly offset: number;
}

export interface Space {
  readonly columns: number;
  readonly rows: number;
}

/** The column for texts gets at least so many cells before another one is shown. */
const leastRest = 16;
const gap = 2;

/** The rows in their order. Equal ones stay as they are. */
function sorted<Row>(rows: readonly Row[], column: Column<Row> | undefined, reversed: boolean): Row[] {
  if (column === undefined) return [...rows];
  const direction = reversed ? -1 : 1;
  return rows.toSorted((one, other) => {
    const [first, second] = [column.order(one), column.order(other)];
    const order =
      typeof first === 'number' && typeof second === 'number'
        ? second - first
        : String(first).localeCompare(String(second), 'en');
    return order * direction;
  });
}

/** A line of titles, and the rows that fit. The last line says how many do not. */
export function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { sort, reversed, offset }: TableView,
  space: Space,
  style: Style,
): readonly string[] {
  const shown = fitting(columns, space.columns);
  const used = shown.reduce((sum, { width }) => sum + (width === 'rest' ? 0 : width + gap), 1);
  const widthOfColumn = ({ width }: Column<Row>) =>
    width === 'rest' ? Math.max(1, space.columns - used) : width;
  const line = (text: (column: Column<Row>) => string) =>
    clipped(
      ` ${shown
        .map((column) => fitted(text(column), widthOfColumn(column), column.align))
        .join(' '.repeat(gap))}`,
      space.columns,
    );
  const sorting = columns[sort];
  const mark = typeof (rows[0] && sorting?.order(rows[0])) === 'string' ? !reversed : reversed;
  const titles = line((column) => (column === sorting ? `${column.title}${mark ? '▲' : '▼'}` : column.title));
  const room = Math.max(0, space.rows - 1);
  const ordered = sorted(rows, sorting, reversed);
  const first = Math.min(offset, Math.max(0, ordered.length - room));
  const body = ordered.slice(first, first + room).map((row) => line((column) => column.text(row)));
  const hidden = ordered.length - first - body.length;
  if (hidden > 0 && body.length > 1)
    body[body.length - 1] = style('dim', clipped(` … ${hidden + 1} more`, space.columns));
  return [style('bold', titles), ...body].slice(0, space.rows);
}

function fitting<Row>(columns: readonly Column<Row>[], width: number): readonly Column<Row>[] {
  const needed = (some: readonly Column<Row>[]) =>
    some.reduce((sum, column) => sum + (column.width === 'rest' ? leastRest : column.width) + gap, 1 - gap);
  let shown = columns;
  while (needed(shown) > width) {
    const highest = Math.max(...shown.map(({ rank }) => rank));
    if (highest === 0) break;
    shown = shown.filter(({ rank }) => rank !== highest);
  }
  return shown;
}

/** Cells with a gap between them, as many as fit on one line. */
export function joined(cells: readonly string[], width: number, separator = '   '): string {
  let text = '';
  for (const cell of cells) {
    const longer = text === '' ? cell : text + separator + cell;
    if (widthOf(longer) > width) break;
    text = longer;
  }
  return text === '' ? clipped(cells[0] ?? '', width) : text;
}
