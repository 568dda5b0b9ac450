/**
 * `askonce report` from its options to its output.
 */
import { resolve } from 'node:path';
import { AskonceError, type Clock, systemClock } from 'askonce';
import { stay } from 'askonce/gateway-kit';
import { csvReport, markdownReport, priceSourceOf, savingsReport } from 'askonce/ledger';
import { pricingOptions } from '../ledger/prices.ts';
import { hasLedger, readLedger } from '../ledger/store.ts';
import { defaultDataFolder } from '../settings/data-folder.ts';
import { readConfiguration } from '../settings/read.ts';
import { writeWhole } from './file.ts';

export interface ReportOptions {
  /** `2026-11`. Default: the current month. */
  readonly month?: string | undefined;
  /** `markdown` or `csv`. Default: by the file's name, else Markdown. */
  readonly format?: string | undefined;
  /** The file that is written. Default: none, the report is what is printed. */
  readonly out?: string | undefined;
  readonly timeZone?: string | undefined;
  /** A whole number from 0. Default 10. */
  readonly questions?: string | undefined;
  readonly config?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock | undefined;
  /** Time that gateways are given to write what they have answered, in ms. Default 1 500: they write once a second. */
  readonly waitMs?: number | undefined;
}

const writers = { markdown: markdownReport, csv: csvReport };
const mostQuestions = 1_000;
const usualWaitMs = 1_500;

/**
 * Resolves with what is printed: the report, or where it was written.
 *
 * @throws AskonceError `invalid_request` for an option or the file, `invalid_settings` for the settings, `store_failed` or
 * `ledger_off` for the ledger
 */
export async function runReport(options: ReportOptions): Promise<string> {
  const { month, out, timeZone, environment, clock = systemClock, waitMs = usualWaitMs } = options;
  const writer = writers[formatOf(options)];
  const questions = questionsIn(options.questions);
  const configuration = readConfiguration({ config: options.config, environment });
  const prices = priceSourceOf(pricingOptions(configuration));
  const folder = resolve(configuration.settings.dataDir ?? defaultDataFolder(environment));
  if (!configuration.settings.ledger && !hasLedger({ ...configuration, folder }))
    throw new AskonceError(
      'ledger_off',
      `There is no ledger in ${folder}, and ENABLE_LEDGER is off. Turn it on, and start a gateway.`,
    );
  // Even where there is no file yet: a gateway that has just begun makes it with its first batch.
  if (waitMs > 0) await stay(waitMs);
  const report = await readLedger({ ...configuration, folder }, (ledger) =>
    savingsReport(ledger, { month, timeZone, questions, prices, clock }),
  );
  const text = await writer(report);
  if (out === undefined) return text;
  const written = writeWhole(out, text);
  return `The report of ${report.month.name} is in ${written}\n`;
}

function formatOf({ format, out }: Pick<ReportOptions, 'format' | 'out'>): keyof typeof writers {
  if (format === undefined) return out !== undefined && /\.csv$/i.test(out) ? 'csv' : 'markdown';
  if (format === 'markdown' || format === 'csv') return format;
  throw new AskonceError('invalid_request', '--format must be markdown or csv');
}

function questionsIn(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const most = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (most <= mostQuestions) return most;
  throw new AskonceError('invalid_request', `--questions must be a whole number from 0 to ${mostQuestions}`);
}
