/**
 * What the person at the terminal has chosen, and what each key changes of it.
 */
import { type PaneName, paneNames, sortable } from './panes.ts';
import type { TableView } from './table.ts';

export interface View {
  readonly pane: PaneName;
  readonly tables: Readonly<Record<PaneName, TableView>>;
  readonly paused: boolean;
  readonly help: boolean;
  readonly intervalMs: number;
}

/** A key as `node:readline` names it. */
export interface Key {
  readonly name?: string | undefined;
  readonly sequence?: string | undefined;
  readonly ctrl?: boolean | undefined;
  readonly shift?: boolean | undefined;
}

/** What a key asks for beside a change of the view. */
type Request = 'quit' | 'suspend' | 'redraw' | 'read';

export interface Pressed {
  readonly view: View;
  readonly request?: Request | undefined;
}

const intervals = [500, 1000, 2000, 5000, 10_000, 30_000, 60_000] as const;

const first: TableView = { sort: 0, reversed: false, offset: 0 };

export function openView(intervalMs: number): View {
  return {
    pane: 'questions',
    tables: { questions: first, models: first, reasons: first, stores: first, health: first },
    paused: false,
    help: false,
    intervalMs,
  };
}

/** The keys, for the help. */
export const keyHelp: readonly (readonly [string, string])[] = [
  ['q, Ctrl-C', 'quit'],
  ['Tab, ← →, 1–5', 'switch panes'],
  ['s', 'sort by the next column'],
  ['r', 'reverse the order'],
  ['↑ ↓, PgUp, PgDn, Home', 'scroll'],
  ['p, Space', 'pause, and go on'],
  ['+, -', 'a longer or a shorter interval'],
  ['Ctrl-L', 'draw the screen anew'],
  ['Ctrl-Z', 'suspend'],
  ['?', 'show or hide the keys'],
];

/** @param page rows that the pane shows @param rows rows that it has */
export function press(view: View, key: Key, { page, rows }: { page: number; rows: number }): Pressed {
  const table = view.tables[view.pane];
  const withTable = (change: Partial<TableView>): Pressed => ({
    view: { ...view, tables: { ...view.tables, [view.pane]: { ...table, ...change } } },
  });
  const scrolled = (by: number) =>
    withTable({ offset: Math.min(Math.max(0, table.offset + by), Math.max(0, rows - page)) });
  const shown = (pane: PaneName): Pressed => ({ view: { ...view, pane, help: false } });
  const beside = (by: number) => {
    const at = (paneNames.indexOf(view.pane) + by + paneNames.length) % paneNames.length;
    return shown(paneNames[at] ?? view.pane);
  };
  const name = key.ctrl === true ? `ctrl-${key.name}` : (key.name ?? key.sequence ?? '');
  switch (name) {
    case 'q':
    case 'ctrl-c':
    case 'ctrl-d':
      return { view, request: 'quit' };
    case 'ctrl-z':
      return { view, request: 'suspend' };
    case 'ctrl-l':
      return { view, request: 'redraw' };
    case 'tab':
      return beside(key.shift === true ? -1 : 1);
    case 'right':
      return beside(1);
    case 'left':
      return beside(-1);
    case 's':
      return withTable({ sort: (table.sort + 1) % sortable[view.pane], reversed: false, offset: 0 });
    case 'r':
      return withTable({ reversed: !table.reversed, offset: 0 });
    case 'up':
    case 'k':
      return scrolled(-1);
    case 'down':
    case 'j':
      return scrolled(1);
    case 'pageup':
      return scrolled(-page);
    case 'pagedown':
      return scrolled(page);
    case 'home':
      return withTable({ offset: 0 });
    case 'end':
      return scrolled(rows);
    case 'p':
    case 'space':
      return { view: { ...view, paused: !view.paused }, request: view.paused ? 'read' : undefined };
    case 'h':
      return { view: { ...view, help: !view.help } };
    case 'escape':
      return { view: { ...view, help: false } };
  }
  const chosen = paneNames[Number(name) - 1];
  if (chosen !== undefined) return shown(chosen);
  switch (key.sequence) {
    case '?':
      return { view: { ...view, help: !view.help } };
    case '+':
    case '=':
      return { view: { ...view, intervalMs: longer(view.intervalMs) } };
    case '-':
      return { view: { ...view, intervalMs: shorter(view.intervalMs) }, request: 'read' };
  }
  return { view };
}

function longer(ms: number): number {
  return intervals.find((one) => one > ms) ?? ms;
}

function shorter(ms: number): number {
  return intervals.findLast((one) => one < ms) ?? ms;
}
