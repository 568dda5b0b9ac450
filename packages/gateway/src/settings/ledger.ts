/**
 * The settings of the ledger and of prices: where the ledger is, what it keeps and for how long, and what an answer costs.
 */
import { optional, type Setting, secretSetting, setting } from 'askonce/gateway-kit';
import { z } from 'zod';

const databaseUrl = z
  .string()
  .max(4096)
  .refine(
    (text) => /^postgres(?:ql)?:\/\//i.test(text) && URL.canParse(text),
    'must be postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with special characters percent-encoded',
  );

const megabyte = 1024 * 1024;

export const ledgerSettings = {
  ledger: setting(
    'ENABLE_LEDGER',
    z.boolean(),
    true,
    'Keep a ledger of what is asked, saved and spent, for statistics, top questions and the report. Off: nothing is written or removed; metrics still count from the start of the process.',
  ),
  databaseUrl: secretSetting(
    'DATABASE_URL',
    optional(databaseUrl),
    undefined,
    'PostgreSQL database of the ledger and, with SEMANTIC_INDEX=pgvector, of vectors, which gateways share: postgresql://USER:PASSWORD@HOST:PORT/DATABASE; `?sslmode=verify-full` for TLS, `?schema=NAME` for a schema of its own. Gateways that share it need one ASKONCE_SECRET. Unset: the ledger is the file `ledger.db` in the data folder.',
  ),
  ledgerRowDays: setting(
    'LEDGER_ROW_DAYS',
    z.number().int().min(1).max(3660),
    90,
    'Time for which rows of single lookups, stores and provider calls are kept, in days.',
  ),
  ledgerCounterMonths: setting(
    'LEDGER_COUNTER_MONTHS',
    z.number().int().min(1).max(240),
    25,
    'Time for which counters are kept, and questions after they were last asked, in months. The report compares two months.',
  ),
  ledgerMaxBytes: setting(
    'LEDGER_MAX_BYTES',
    z.number().int().min(megabyte),
    1024 * megabyte,
    'Maximum size of the ledger, in bytes. Beyond it the oldest rows are removed, then the least asked questions, then the oldest counters.',
  ),
  pricesFile: setting(
    'PRICES_FILE',
    optional(z.string().min(1).max(4096)),
    undefined,
    'File (YAML or JSON) of prices of your own, which go before those of the package: [{"model": "gpt-4o", "inputUsdPerMillion": 2.5, "outputUsdPerMillion": 10}].',
  ),
  flatRateUsd: setting(
    'FLAT_RATE_USD',
    z.number().min(0).max(1000),
    0.002,
    'Cost of an answer without reported tokens, or of a model without a price, in US dollars. It counts as an estimate.',
  ),
} as const satisfies Record<string, Setting<unknown>>;

type LedgerSettings = {
  readonly [Name in keyof typeof ledgerSettings]: z.output<(typeof ledgerSettings)[Name]['schema']>;
};

/** What the settings ask for and the gateway ignores; each one line. */
export function ledgerWarnings(
  settings: LedgerSettings & { readonly semanticIndex: string },
): readonly string[] {
  const { ledger, databaseUrl, ledgerRowDays, ledgerCounterMonths, ledgerMaxBytes } = settings;
  if (ledger) return [];
  const ignored = [
    databaseUrl === undefined || settings.semanticIndex === 'pgvector' ? [] : ['DATABASE_URL'],
    ledgerRowDays === ledgerSettings.ledgerRowDays.default ? [] : ['LEDGER_ROW_DAYS'],
    ledgerCounterMonths === ledgerSettings.ledgerCounterMonths.default ? [] : ['LEDGER_COUNTER_MONTHS'],
    ledgerMaxBytes === ledgerSettings.ledgerMaxBytes.default ? [] : ['LEDGER_MAX_BYTES'],
  ].flat();
  if (ignored.length === 0) return [];
  return [
    `${ignored.join(', ')}: the ledger is off (ENABLE_LEDGER), so nothing is written; an erasure still reaches it`,
  ];
}
