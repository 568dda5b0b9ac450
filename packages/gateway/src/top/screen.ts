/**
 * The whole screen as lines, for a terminal of any size: what matters most comes first, and what does not fit is left out.
 */
import type { Figures } from './figures.ts';
import { timeOfDay } from './numbers.ts';
import { paneLines, paneNames } from './panes.ts';
import type { Style } from './style.ts';
import { lookOfStatus, summaryLines } from './summary.ts';
import { joined, type Space } from './table.ts';
import { clipped, printable, widthOf } from './text.ts';
import { keyHelp, type View } from './view.ts';

export interface ScreenOptions {
  readonly space: Space;
  readonly style: Style;
  /** In ms since the epoch. */
  readonly now: number;
}

/** Below so many rows there are no blank lines. */
const airyRows = 20;
/** Below so many there is no pane. */
const leastRows = 10;
/** A pane gets so many rows, its titles included, before the summary gets more than its first lines. */
const leastPaneRows = 5;
const leastSummary = 3;
const wholeSummary = 7;

interface Layout {
  readonly blanks: readonly string[];
  readonly summary: number;
  /** Its titles included; 0: none. */
  readonly pane: number;
}

/** Shares out the rows: first the head, the tabs and the keys, then the pane's least, the summary, the rest of the pane. */
function layoutOf(rows: number, headRows: number): Layout {
  const blanks = rows >= airyRows ? [''] : [];
  if (rows < leastRows) return { blanks, summary: Math.min(wholeSummary, rows - headRows - 1), pane: 0 };
  const left = rows - headRows - 2 - blanks.length * 2;
  const summary = Math.min(wholeSummary, Math.max(leastSummary, left - leastPaneRows));
  return { blanks, summary, pane: left - summary };
}

/** Rows of a pane on a screen of that size, its titles not counted. */
export function pageOf({ rows }: Space): number {
  return Math.max(1, layoutOf(rows, 1).pane - 1);
}

export function screenLines(figures: Figures, view: View, options: ScreenOptions): readonly string[] {
  const { space, style, now } = options;
  const { columns, rows } = space;
  const head = [headLine(figures, view, options), ...troubleLines(figures, options)];
  const foot = footLine(view, columns, style);
  const layout = layoutOf(rows, head.length);
  const { blanks } = layout;
  if (view.help) return filled([...head, ...blanks, ...helpLines(columns)], foot, rows);
  const summary = summaryLines(figures, columns, style).slice(0, layout.summary);
  const inPane = { view: view.tables[view.pane], space: { columns, rows: layout.pane }, style, now };
  const pane =
    layout.pane === 0
      ? []
      : [...blanks, tabLine(view, columns, style), ...paneLines(figures, view.pane, inPane)];
  return filled([...head, ...blanks, ...summary, ...pane], foot, rows);
}

/** Exactly the rows that there are; the keys are the last. */
function filled(lines: readonly string[], foot: string, rows: number): readonly string[] {
  if (rows <= 1) return lines.slice(0, 1);
  const shown = lines.slice(0, rows - 1);
  return [...shown, ...Array.from({ length: rows - 1 - shown.length }, () => ''), foot];
}

function headLine(
  { url, version, status }: Figures,
  view: View,
  { space, style, now }: ScreenOptions,
): string {
  const right = ` ${view.paused ? 'paused' : `every ${view.intervalMs / 1000} s`}  ${timeOfDay(now)} `;
  const cells = [
    ` ${style('bold', 'askonce top')}`,
    style(lookOfStatus(status), printable(status)),
    printable(url),
    ...(version === undefined ? [] : [printable(version)]),
  ];
  const left = joined(cells, Math.max(12, space.columns - widthOf(right)), '  ');
  const filling = space.columns - widthOf(left) - widthOf(right);
  if (filling >= 0) return left + ' '.repeat(filling) + style('dim', right);
  return widthOf(left) > space.columns ? clipped(' askonce top', space.columns) : left;
}

/** Why there is nothing newer, or what could not be read. */
function troubleLines(
  { trouble, missing }: Figures,
  { space: { columns }, style }: ScreenOptions,
): readonly string[] {
  if (trouble !== undefined)
    return [
      style('red', clipped(` since ${timeOfDay(trouble.since)}: ${printable(trouble.message)}`, columns)),
    ];
  const [first] = missing;
  return first === undefined ? [] : [style('yellow', clipped(` ${printable(first)}`, columns))];
}

function tabLine({ pane }: View, columns: number, style: Style): string {
  const tabs = paneNames.map((name, at) => {
    const text = ` ${at + 1} ${name} `;
    return name === pane ? style('inverse', text) : text;
  });
  const all = ` ${tabs.join('')}`;
  if (widthOf(all) <= columns) return all;
  return clipped(` ${paneNames.indexOf(pane) + 1} ${pane}`, columns);
}

function footLine(view: View, columns: number, style: Style): string {
  const keys = view.help
    ? ['? back', 'q quit']
    : [
        'q quit',
        'Tab pane',
        's sort',
        'r reverse',
        view.paused ? 'p go on' : 'p pause',
        '+ - interval',
        '? keys',
      ];
  return style('dim', joined([` ${keys[0]}`, ...keys.slice(1)], columns, '  '));
}

function helpLines(columns: number): readonly string[] {
  return keyHelp.map(([key, what]) => clipped(` ${key.padEnd(24)}${what}`, columns));
}
