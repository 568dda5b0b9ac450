/**
 * The report as Markdown, for someone who pays and need not know what a cache is.
 */
import { addCounts, type Counts, hitRateOf, netNano, noCounts, spentNano } from '../counts.ts';
import { headline, limits } from './headline.ts';
import { explanations } from './notes.ts';
import {
  type ReportedDimension,
  type ReportedGroup,
  reportedDimensions,
  type SavingsReport,
} from './report.ts';
import { table } from './table.ts';
import { figureRows, moneyRows } from './totals.ts';
import {
  count,
  groupName,
  isNameless,
  moment,
  money,
  monthName,
  percent,
  plain,
  shortened,
} from './words.ts';

/** Rows of a table; further names are added up in one. */
const mostGroups = 20;
const longestQuestion = 120;
const longestName = 80;

export function markdownReport(report: SavingsReport): string {
  const { month, before } = report;
  const months = [monthName(month.name), monthName(before.name)] as const;
  const both = [month.figures, before.figures] as const;
  const parts = [
    `# What askonce saved in ${months[0]}`,
    `**${headline(month)}**`,
    ...limits(report),
    '## Money',
    table(['', ...months], moneyRows(both)),
    '## Requests',
    table(['', ...months], figureRows(both)),
    ...reportedDimensions.flatMap((dimension) => groupParts(dimension, report)),
    ...questionParts(report),
    '## What the figures mean',
    explanations(report),
  ];
  return `${parts.join('\n\n')}\n`;
}

const titles: Readonly<Record<ReportedDimension, { readonly title: string; readonly head: string }>> = {
  model: { title: 'Models', head: 'Model' },
  category: { title: 'Categories', head: 'Category' },
  language: { title: 'Languages', head: 'Language' },
  tenant: { title: 'Tenants', head: 'Tenant' },
};

function groupParts(dimension: ReportedDimension, { groups, before }: SavingsReport): readonly string[] {
  const all = groups[dimension];
  // Without a name the rows would repeat the totals.
  if (all.every(({ name }) => isNameless(dimension, name))) return [];
  const { title, head } = titles[dimension];
  const shown = all.length > mostGroups ? all.slice(0, mostGroups - 1) : all;
  const rest = all.slice(shown.length);
  const rows = shown.map((group) =>
    groupRow(plain(shortened(groupName(dimension, group.name), longestName)), group),
  );
  if (rest.length > 0) rows.push(groupRow(`(${rest.length} others)`, sumOfGroups(rest)));
  const heads = [head, 'Requests', 'Hit rate', 'Saved', 'Billed', 'Net', `Net in ${monthName(before.name)}`];
  return [`## ${title}`, table(heads, rows)];
}

function groupRow(name: string, { month, before }: Pick<ReportedGroup, 'month' | 'before'>) {
  return [
    name,
    count(month.requests),
    percent(hitRateOf(month)),
    money(month.savedNano + month.sharedNano, month.estimatedSavedNano > 0),
    money(spentNano(month), month.estimatedSpentNano > 0),
    netCell(month),
    netCell(before),
  ];
}

function netCell(counts: Readonly<Counts>): string {
  return money(netNano(counts), counts.estimatedSavedNano + counts.estimatedSpentNano > 0);
}

function sumOfGroups(groups: readonly ReportedGroup[]): Pick<ReportedGroup, 'month' | 'before'> {
  const [month, before] = [noCounts(), noCounts()];
  for (const group of groups) {
    addCounts(month, group.month);
    addCounts(before, group.before);
  }
  return { month, before };
}

function questionParts({ questions, timeZone }: SavingsReport): readonly string[] {
  if (questions === undefined || questions.length === 0) return [];
  const rows = questions.map(({ key, text, hits, language, category, model, lastAsked }) => [
    // Where texts are not stored, the key at least tells questions apart.
    plain(shortened(text ?? key, longestQuestion)),
    count(hits),
    plain(groupName('language', language)),
    plain(groupName('category', category)),
    plain(model),
    moment(lastAsked, timeZone),
  ]);
  return [
    '## Top questions',
    'Hits since each question was first stored, in this month and before.',
    table(['Question', 'Hits', 'Language', 'Category', 'Model', 'Last asked'], rows, ['left', 'right']),
  ];
}
