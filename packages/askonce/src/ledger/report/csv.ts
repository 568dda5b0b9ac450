/**
 * The report as CSV: a row for each month and each model, category, language and tenant, and one for each top question.
 * Amounts are exact. No cell is a formula to a spreadsheet.
 */
import { type CountName, type Counts, hitRateOf, netNano, spendingReasons, spentNano } from '../counts.ts';
import type { ReportedMonth, SavingsReport } from './report.ts';
import { reportedDimensions } from './report.ts';
import { oneLine } from './words.ts';

const countColumnsOfReport = {
  requests: 'requests',
  hits: 'hits',
  semantic_hits: 'semanticHits',
  stale_hits: 'staleHits',
  shared: 'shared',
  misses: 'misses',
  negative: 'negative',
  bypasses: 'bypasses',
  fallbacks: 'fallbacks',
  calls: 'calls',
  errors: 'errors',
  saved_tokens: 'savedTokens',
  shared_tokens: 'sharedTokens',
  input_tokens: 'inputTokens',
  output_tokens: 'outputTokens',
  cached_input_tokens: 'cachedInputTokens',
  cache_write_tokens: 'cacheWriteTokens',
} as const satisfies Readonly<Record<string, CountName>>;

const moneyColumns = {
  saved_usd: ({ savedNano }) => savedNano,
  shared_usd: ({ sharedNano }) => sharedNano,
  spent_usd: spentNano,
  net_usd: netNano,
  spent_miss_usd: (counts) => counts[spendingReasons.miss],
  spent_bypass_usd: (counts) => counts[spendingReasons.bypass],
  spent_refresh_usd: (counts) => counts[spendingReasons.refresh],
  spent_abandoned_usd: (counts) => counts[spendingReasons.abandoned],
  spent_audit_usd: (counts) => counts[spendingReasons.audit],
  spent_warm_usd: (counts) => counts[spendingReasons.warm],
  spent_embedding_usd: (counts) => counts[spendingReasons.embedding],
  spent_verifying_usd: (counts) => counts[spendingReasons.verifying],
  estimated_saved_usd: ({ estimatedSavedNano }) => estimatedSavedNano,
  estimated_spent_usd: ({ estimatedSpentNano }) => estimatedSpentNano,
  prompt_cache_usd: ({ promptCacheNano }) => promptCacheNano,
} as const satisfies Readonly<Record<string, (counts: Readonly<Counts>) => number>>;

const columns = [
  'section',
  'name',
  'month',
  'month_is_over',
  ...Object.keys(countColumnsOfReport),
  'hit_rate',
  ...Object.keys(moneyColumns),
  'language',
  'category',
  'model',
  'last_asked',
  'key',
  'time_zone',
  'prices',
  'made_at',
];

type Row = Readonly<Record<string, string | number | undefined>>;

export async function csvReport(report: SavingsReport): Promise<string> {
  // Loaded with the first report alone.
  const { stringify } = await import('csv-stringify/sync');
  return stringify([...rowsOf(report)], {
    header: true,
    columns,
    // Spreadsheets take a file without it for one of their own code page.
    bom: true,
    escape_formulas: true,
    cast: { number: (value, { column }) => (isMoney(String(column)) ? dollars(value) : String(value)) },
  });
}

function isMoney(column: string): boolean {
  return column in moneyColumns;
}

/** All nine digits of nanodollars, never with an exponent. */
function dollars(nano: number): string {
  const digits = String(Math.abs(Math.round(nano))).padStart(10, '0');
  return `${nano < 0 ? '-' : ''}${digits.slice(0, -9)}.${digits.slice(-9)}`;
}

function* rowsOf({ month, before, groups, questions = [], ...report }: SavingsReport): Generator<Row> {
  const { name, version, date, overrides } = report.prices;
  const about = {
    time_zone: report.timeZone,
    // Not the name of the package in front: its @ would begin a formula.
    prices: cell(['list', name, version, date, overrides].filter((part) => part).join(' ')),
    made_at: new Date(report.madeAt).toISOString(),
  };
  for (const each of [month, before])
    yield {
      section: 'total',
      name: 'all',
      ...monthCells(each),
      ...figureCells(each.figures.counts),
      ...about,
    };
  for (const section of reportedDimensions)
    for (const group of groups[section])
      for (const each of [month, before]) {
        const counts = each === month ? group.month : group.before;
        yield { section, name: cell(group.name), ...monthCells(each), ...figureCells(counts), ...about };
      }
  for (const { key, text, hits, language, category, model, lastAsked } of questions)
    yield {
      section: 'question',
      name: cell(text ?? ''),
      hits,
      language: cell(language),
      category: cell(category),
      model: cell(model),
      last_asked: new Date(lastAsked).toISOString(),
      key: cell(key),
      ...about,
    };
}

function monthCells({ name, isOver }: ReportedMonth): Row {
  return { month: name, month_is_over: isOver ? 'yes' : 'no' };
}

function figureCells(counts: Readonly<Counts>): Row {
  const plain = Object.entries(countColumnsOfReport).map(([column, name]) => [column, counts[name]]);
  const money = Object.entries(moneyColumns).map(([column, nanoOf]) => [column, nanoOf(counts)]);
  return Object.fromEntries([...plain, ['hit_rate', hitRateOf(counts) ?? undefined], ...money]);
}

/**
 * Text of a request. Where a spreadsheet separates cells by semicolons, what follows one would begin a cell, whatever the
 * quotes: it gets the apostrophe that the beginning of a cell gets.
 */
function cell(text: string): string {
  return oneLine(text).replace(/;(?=\s*[=+\-@＝＋－＠])/gu, ";'");
}
