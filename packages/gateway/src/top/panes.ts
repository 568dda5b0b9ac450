/**
 * The panes below the summary, each a table.
 */
import type { Component, Figures, Group, Reason, Tier } from './figures.ts';
import { age, bytes, count, dollars, percent, rate } from './numbers.ts';
import type { Question } from './poll.ts';
import type { Style } from './style.ts';
import { type Column, type Space, type TableView, tableLines } from './table.ts';
import { clipped, printable } from './text.ts';

export const paneNames = ['questions', 'models', 'reasons', 'stores', 'health'] as const;
export type PaneName = (typeof paneNames)[number];

/** A column of numbers: sorted with the largest first. */
function number<Row>(
  title: string,
  width: number,
  rank: number,
  value: (row: Row) => number | null,
  text: (value: number | null) => string,
): Column<Row> {
  return {
    title,
    align: 'right',
    width,
    rank,
    text: (row) => text(value(row)),
    order: (row) => value(row) ?? -1,
  };
}

const known = (text: (value: number) => string) => (value: number | null) => text(value ?? 0);

function word<Row>(
  title: string,
  width: number | 'rest',
  rank: number,
  value: (row: Row) => string,
): Column<Row> {
  const text = (row: Row) => printable(value(row));
  return { title, align: 'left', width, rank, text, order: text };
}

const questions = (now: number): readonly Column<Question>[] => [
  number('hits', 6, 0, ({ hits }) => hits, known(count)),
  number(
    'asked',
    6,
    2,
    ({ lastAsked }) => Date.parse(lastAsked),
    known((at) => age(now - at)),
  ),
  word('lang', 5, 4, ({ language }) => language || '–'),
  word('model', 20, 3, ({ model }) => model || '–'),
  word('category', 12, 5, ({ category }) => category || '–'),
  // The last column: a text that runs from right to left must not carry others along.
  word('question', 'rest', 0, ({ text, key }) => text ?? entryOf(key)),
];

/** An entry as the log names it: by the end of its fingerprint. */
function entryOf(key: string): string {
  return `entry ${key.replace(/\}$/, '').slice(-12)}`;
}

const models: readonly Column<Group>[] = [
  number('req/s', 7, 0, ({ perSecond }) => perSecond, rate),
  number('requests', 8, 3, ({ requests }) => requests, known(count)),
  number('hits', 7, 4, ({ hits }) => hits, known(count)),
  number('hit rate', 8, 2, ({ hitRate }) => hitRate, percent),
  number('saved', 9, 1, ({ saved }) => saved, known(dollars)),
  number('spent', 9, 1, ({ spent }) => spent, known(dollars)),
  word('model', 'rest', 0, ({ name }) => name || '(none)'),
];

const reasons: readonly Column<Reason>[] = [
  number('per min', 8, 0, ({ perMinute }) => perMinute, rate),
  number('total', 8, 0, ({ total }) => total, known(count)),
  word('outcome', 8, 0, ({ kind }) => kind),
  word('reason', 'rest', 0, ({ reason }) => reason),
];

const stores: readonly Column<Tier>[] = [
  number('entries', 8, 0, ({ entries }) => entries, known(count)),
  number('bytes', 8, 0, (tier) => tier.bytes, known(bytes)),
  number('hits', 8, 1, ({ hits }) => hits, known(count)),
  number('misses', 8, 2, ({ misses }) => misses, known(count)),
  number('evicted', 8, 3, ({ evictions }) => evictions, known(count)),
  number('failed', 7, 3, ({ failures }) => failures, known(count)),
  word('store', 'rest', 0, ({ name }) => name),
];

/** What needs attention comes first. */
const statuses = ['down', 'degraded', 'ok'];

const health: readonly Column<Component>[] = [
  {
    ...word<Component>('status', 9, 0, ({ status }) => status),
    order: ({ status }) => -Math.max(0, statuses.indexOf(status)),
  },
  word('component', 12, 0, ({ name }) => name),
  word('details', 'rest', 0, ({ detail }) => detail),
];

/** How many columns a pane can be sorted by. */
export const sortable: Readonly<Record<PaneName, number>> = {
  questions: questions(0).length,
  models: models.length,
  reasons: reasons.length,
  stores: stores.length,
  health: health.length,
};

/** How many rows a pane has. */
export function rowsOf({ questions: asked, models: all, ...figures }: Figures, pane: PaneName): number {
  if (pane === 'questions') return asked.value?.length ?? 0;
  return pane === 'models' ? all.length : figures[pane].length;
}

export function paneLines(
  figures: Figures,
  pane: PaneName,
  { view, space, style, now }: { view: TableView; space: Space; style: Style; now: number },
): readonly string[] {
  const note = (text: string) => [style('dim', clipped(` ${printable(text)}`, space.columns))];
  switch (pane) {
    case 'questions':
      if (figures.questions.value === undefined) return note(`No questions: ${figures.questions.why}`);
      if (figures.questions.value.length === 0) return note('No question has had a hit yet.');
      return tableLines(questions(now), figures.questions.value, view, space, style);
    case 'models':
      return tableLines(models, figures.models, view, space, style);
    case 'reasons':
      if (figures.reasons.length === 0) return note('Every request was a hit so far, or there was none.');
      return tableLines(reasons, figures.reasons, view, space, style);
    case 'stores':
      return tableLines(stores, figures.stores, view, space, style);
    case 'health':
      return tableLines(health, figures.health, view, space, style);
  }
}
