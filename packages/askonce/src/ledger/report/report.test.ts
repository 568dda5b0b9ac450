/** What the report of a month has in it, and how it is written for people and for spreadsheets. */
import { parse } from 'csv-parse/sync';
import { beforeEach, describe, expect, it } from 'vitest';
import { fakeClock } from '../../testing/fake-clock.ts';
import { type SampleCounter, sampleCounter, samplePattern } from '../../testing/sample-batch.ts';
import type { CounterChange, CounterQuery, LedgerQueries, Pattern } from '../contract.ts';
import { addCounts, type Counts, noCounts } from '../counts.ts';
import { noDurations } from '../durations.ts';
import { priceSourceOf } from '../pricing/pricing.ts';
import { csvReport } from './csv.ts';
import { markdownReport } from './markdown.ts';
import { type SavingsReportOptions, savingsReport } from './report.ts';

const at = (instant: string) => Date.parse(instant);
const now = at('2026-11-29T08:10:00Z');

let counters: CounterChange[] = [];
let questions: Pattern[] = [];

beforeEach(() => {
  counters = [];
  questions = [];
});

function counted(bucket: string, sample: Omit<SampleCounter, 'bucket'>): void {
  counters.push(sampleCounter({ bucket: at(bucket), ...sample }));
}

/** Adds up what was counted, as a store does. */
function sums({ from, to, by }: CounterQuery) {
  const groups = new Map<string, { bucket: number; counts: Counts }>();
  for (const { bucket, dimensions, counts } of counters) {
    if (bucket < from || bucket >= to) continue;
    const group = by === 'bucket' ? String(bucket) : dimensions[by];
    const sum = groups.get(group) ?? { bucket, counts: noCounts() };
    groups.set(group, sum);
    addCounts(sum.counts, counts);
  }
  return [...groups]
    .toSorted(([, one], [, other]) => one.bucket - other.bucket)
    .map(([group, { counts }]) => ({
      group,
      counts,
      hitDurations: noDurations(),
      missDurations: noDurations(),
    }));
}

const ledger: Pick<LedgerQueries, 'counters' | 'patterns'> = {
  counters: async (query) => sums(query),
  patterns: async ({ limit }) => questions.slice(0, limit),
};

function reported(options: Partial<SavingsReportOptions> = {}) {
  return savingsReport(ledger, { clock: fakeClock(now), prices: priceSourceOf(), ...options });
}

async function rowsOfCsv(options: Partial<SavingsReportOptions> = {}) {
  const text = await csvReport(await reported(options));
  const rows: Record<string, string>[] = parse(text, { bom: true, columns: true });
  return rows;
}

describe('the report of a month', () => {
  it('is of the current month and the one before, as the time zone has them', async () => {
    // In Kathmandu it is midnight of the first of November.
    counted('2026-10-31T18:15:00Z', { counts: { requests: 7 } });
    counted('2026-10-31T18:00:00Z', { counts: { requests: 5 } });
    counted('2026-09-30T18:15:00Z', { counts: { requests: 3 } });
    counted('2026-09-30T18:00:00Z', { counts: { requests: 1 } });
    const { month, before } = await reported({ timeZone: 'Asia/Kathmandu' });
    expect([month.name, month.figures.counts.requests, month.isOver]).toEqual(['2026-11', 7, false]);
    expect([before.name, before.figures.counts.requests, before.isOver]).toEqual(['2026-10', 8, true]);
    const inUtc = await reported();
    expect([inUtc.month.figures.counts.requests, inUtc.before.figures.counts.requests]).toEqual([0, 12]);
  });

  it('is of the month that is named, across the turn of a year', async () => {
    counted('2025-12-31T23:45:00Z', { counts: { requests: 2 } });
    counted('2026-01-31T23:45:00Z', { counts: { requests: 4 } });
    const { month, before } = await reported({ month: '2026-01' });
    expect([month.name, month.figures.counts.requests, month.isOver]).toEqual(['2026-01', 4, true]);
    expect([before.name, before.figures.counts.requests]).toEqual(['2025-12', 2]);
  });

  it.each(['2026-13', '2026-1', '2026-11-01', 'November', '', '0000-01', '２０２６-11'])(
    'is refused for %j, which is no month',
    async (month) => {
      await expect(reported({ month })).rejects.toMatchObject({
        code: 'invalid_request',
        message: 'The month must be one such as 2026-11.',
      });
    },
  );

  it('is refused for a month that has not begun and for an unknown time zone', async () => {
    await expect(reported({ month: '2026-12' })).rejects.toThrow(/2026-12 has not begun/);
    await expect(reported({ timeZone: 'Mars/Base' })).rejects.toThrow(/timeZone must be/);
  });
});

describe('the report as Markdown', () => {
  it('begins with one sentence that has the figures, and says what is incomplete and what is estimated', async () => {
    counted('2026-11-02T09:00:00Z', {
      counts: { requests: 110, hits: 90, misses: 10, bypasses: 10, savedNano: 900e7, missNano: 100e7 },
    });
    const text = markdownReport(await reported());
    expect(text).toMatch(/^# What askonce saved in November 2026\n/);
    expect(text).toContain(
      '**In November 2026 so far, askonce saved $9.00: providers billed $1.00 for what would have cost $10.00 without it, 90.0% less; 90 of 100 requests were answered by stored answers (hit rate 90.0%).**',
    );
    expect(text).toContain('November 2026 is not over: its figures reach to 29 November 2026, 08:10.');
    expect(text).toContain('from 2 November 2026, 09:00 to 2 November 2026, 09:15.');
    expect(text).toContain('Nothing was counted in October 2026.');
    expect(text).toMatch(/@pydantic\/genai-prices \d+\.\d+\.\d+ of \d{4}-\d\d-\d\d/);
    expect(text).not.toMatch(/≈ [$<]|is an estimate\./);
  });

  it('marks each amount that contains an estimate, and says how much is one', async () => {
    counted('2026-11-02T09:00:00Z', {
      dimensions: { model: 'with prices' },
      counts: { requests: 2, hits: 1, misses: 1, savedNano: 3e9, missNano: 1e9 },
    });
    counted('2026-11-02T09:00:00Z', {
      dimensions: { model: 'without prices' },
      counts: { requests: 2, hits: 2, savedNano: 1e9, estimatedSavedNano: 1e9 },
    });
    const text = markdownReport(await reported());
    expect(text).toContain('askonce saved ≈ $4.00: providers billed $1.00 for what would have cost ≈ $5.00');
    expect(text).toContain('20.0% of what was saved and billed in November 2026 is an estimate.');
    expect(text).toMatch(/\| with prices +\| +2 \| +50\.0% \| +\$3\.00 \| +\$1\.00 \| +\$3\.00 \|/);
    expect(text).toMatch(/\| without prices +\| +2 \| +100\.0% \| +≈ \$1\.00 \| +\$0\.00 \| +≈ \$1\.00 \|/);
  });

  it('says so where askonce cost more than it saved, and where there was nothing', async () => {
    expect(markdownReport(await reported())).toContain(
      '**In November 2026 so far, no request was counted.**',
    );
    counted('2026-10-02T09:00:00Z', {
      counts: { requests: 1, hits: 1, savedNano: 1e9, refreshNano: 2e9, missNano: 5e9 },
    });
    const text = markdownReport(await reported({ month: '2026-10' }));
    expect(text).toContain(
      'In October 2026, askonce cost $1.00 more than it saved: providers billed $7.00 for what would have cost $6.00',
    );
    expect(text).not.toContain('is not over');
  });

  it('shows amounts below half a cent as such, not as nothing', async () => {
    counted('2026-11-02T09:00:00Z', { counts: { requests: 10, hits: 9, savedNano: 9_000, missNano: 1_000 } });
    expect(markdownReport(await reported())).toContain(
      'askonce saved < $0.01: providers billed < $0.01 for what would have cost < $0.01 without it, 90.0% less',
    );
  });

  it('adds up the names beyond the twentieth in one row', async () => {
    for (let each = 1; each <= 25; each++)
      counted('2026-11-02T09:00:00Z', {
        dimensions: { tenant: `tenant ${each}` },
        counts: { requests: each, hits: each, savedNano: each * 1e9 },
      });
    const text = markdownReport(await reported());
    expect(text.match(/^\| tenant \d+ /gm)).toHaveLength(19);
    // 1 + … + 6
    expect(text).toMatch(/\| \(6 others\) +\| +21 \| +100\.0% \| +\$21\.00 \|/);
  });

  it('shows names and questions of requests as they are, never as markup', async () => {
    const hostile = '<img src=x>|[click](https://evil.example) **bold** `code`\n# title \u202egnp';
    counted('2026-11-02T09:00:00Z', { dimensions: { model: hostile }, counts: { requests: 1 } });
    questions = [samplePattern('key', { text: hostile, hits: 5 })];
    const lines = markdownReport(await reported()).split('\n');
    const shown = lines.filter((line) => line.includes('img src'));
    expect(shown).toHaveLength(2);
    for (const line of shown)
      expect(line).toContain(
        String.raw`| \<img src=x\>\|\[click\](https\://evil.example) \*\*bold\*\* \`code\` # title  gnp `,
      );
    expect(lines.filter((line) => line.startsWith('# '))).toHaveLength(1);
  });

  it('has no table of what requests do not name, and says so in the row of those that name none', async () => {
    const none = { category: '', language: 'und', tenant: '' };
    counted('2026-11-02T09:00:00Z', { dimensions: none, counts: { requests: 1 } });
    const headings = () => reported().then((report) => markdownReport(report).match(/^## .*$/gm));
    expect(await headings()).toEqual(['## Money', '## Requests', '## Models', '## What the figures mean']);
    counted('2026-11-02T09:00:00Z', { dimensions: { language: 'he' }, counts: { requests: 1 } });
    expect(await headings()).toContain('## Languages');
    expect(markdownReport(await reported())).toMatch(/\| Hebrew \(he\) .*\n\| \(not known\) /);
  });

  it('has the top questions by their text or else their key, and none where none are asked for', async () => {
    questions = [
      samplePattern('key-1', { text: 'What is a lease?', hits: 9 }),
      samplePattern('key-2', { hits: 4 }),
    ];
    const text = markdownReport(await reported());
    expect(text).toMatch(/\| What is a lease\? \| +9 \| English \(en\) \|/);
    expect(text).toMatch(/\| key-2 +\| +4 \|/);
    const without = markdownReport(await reported({ questions: 0 }));
    expect(without).not.toMatch(/lease|Questions|Top questions/);
  });
});

describe('the report as CSV', () => {
  it('has a row for each month and name, with exact amounts that add up to the total', async () => {
    counted('2026-11-02T09:00:00Z', {
      dimensions: { model: 'one' },
      counts: { requests: 3, hits: 2, savedNano: 1, missNano: 12_345_678_901, embeddingNano: 3 },
    });
    counted('2026-11-03T09:00:00Z', {
      dimensions: { model: 'two' },
      counts: { requests: 1, savedNano: 2_000_000_000, refreshNano: 9 },
    });
    counted('2026-10-03T09:00:00Z', { dimensions: { model: 'two' }, counts: { requests: 5, sharedNano: 7 } });
    const rows = await rowsOfCsv();
    const total = rows.filter(({ section }) => section === 'total');
    expect(total).toMatchObject([
      {
        month: '2026-11',
        month_is_over: 'no',
        requests: '4',
        hits: '2',
        hit_rate: '0.5',
        saved_usd: '2.000000001',
        shared_usd: '0.000000000',
        spent_usd: '12.345678913',
        net_usd: '1.999999989',
        spent_refresh_usd: '0.000000009',
        time_zone: 'UTC',
      },
      { month: '2026-10', month_is_over: 'yes', requests: '5', shared_usd: '0.000000007' },
    ]);
    expect(rows.filter(({ section }) => section === 'model').map(({ name, month }) => [name, month])).toEqual(
      [
        ['one', '2026-11'],
        ['one', '2026-10'],
        ['two', '2026-11'],
        ['two', '2026-10'],
      ],
    );
    for (const section of ['model', 'category', 'language', 'tenant'])
      for (const { month, ...sum } of total)
        for (const column of ['requests', 'hits', 'saved_usd', 'shared_usd', 'spent_usd', 'net_usd'])
          expect(
            rows
              .filter((row) => row['section'] === section && row['month'] === month)
              .reduce((all, row) => all + Math.round(Number(row[column]) * 1e9), 0),
          ).toBe(Math.round(Number(sum[column]) * 1e9));
  });

  it('has no cell that a spreadsheet takes for a formula, and leaves numbers below zero numbers', async () => {
    const hostile = [
      '=1+1',
      '+1',
      '-1',
      '@sum(a1)',
      '\t=1',
      '\r=1',
      '\n=1',
      '  =1',
      '＝1',
      '"=1',
      'a;=1;b',
      'a; @b',
    ];
    for (const name of hostile)
      counted('2026-11-02T09:00:00Z', {
        dimensions: { model: name, category: name, language: name, tenant: name },
        counts: { requests: 1, refreshNano: 5 },
      });
    questions = hostile.map((text) =>
      samplePattern(`=${text}`, { text, language: text, category: text, model: text }),
    );
    const text = await csvReport(await reported());
    const cells = parse(text, { bom: true }).flat();
    const isNumber = (cell: string) => /^-?\d+(?:\.\d+)?$/.test(cell);
    // A spreadsheet may separate cells by semicolons.
    const pieces = cells.flatMap((cell) => (cell === '-1' ? [cell] : cell.split(';')));
    expect(pieces.filter((piece) => /^\s*[=+\-@＝＋－＠]/.test(piece) && !isNumber(piece))).toEqual([]);
    expect(cells.filter((cell) => cell === '-1')).toEqual([]);
    expect(cells).toContain('-0.000000005');
    expect(cells).toContain("'=1+1");
  });

  it('has the top questions, with text where that is stored', async () => {
    questions = [
      samplePattern('key-1', { text: 'Où est "le" bail, enfin?', hits: 9 }),
      samplePattern('key-2'),
    ];
    const rows = (await rowsOfCsv()).filter(({ section }) => section === 'question');
    expect(rows).toMatchObject([
      { name: 'Où est "le" bail, enfin?', hits: '9', key: 'key-1', language: 'en', month: '' },
      { name: '', hits: '1', key: 'key-2' },
    ]);
  });
});
