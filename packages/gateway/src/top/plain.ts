/**
 * The figures as a block of text, for a file, a pipe or a terminal that cannot be drawn on.
 */
import type { Figures } from './figures.ts';
import { type PaneName, paneLines, paneNames, rowsOf } from './panes.ts';
import { plain } from './style.ts';
import { summaryLines } from './summary.ts';
import { printable } from './text.ts';

const width = 100;
const rowsOfPane = 10;

export function plainBlock(figures: Figures, now: number): string {
  const { url, version = '', status, trouble, missing } = figures;
  const view = { sort: 0, reversed: false, offset: 0 };
  const options = { view, space: { columns: width, rows: rowsOfPane + 1 }, style: plain, now };
  const shown = paneNames.filter((pane: PaneName) => rowsOf(figures, pane) > 0);
  return [
    `${new Date(now).toISOString()}  ${printable(url)}  ${printable(version)}  ${printable(status)}`,
    ...(trouble === undefined ? [] : [` ${printable(trouble.message)}`]),
    ...missing.map((why) => ` ${printable(why)}`),
    ...summaryLines(figures, width, plain),
    ...shown.flatMap((pane) => ['', ` ${pane.toUpperCase()}`, ...paneLines(figures, pane, options)]),
  ]
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}
