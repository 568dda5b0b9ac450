/** The rows of a ledger, as another program reads them. */
import { DatabaseSync } from 'node:sqlite';
import { dimensionNames, type LedgerRow } from '../../packages/askonce/src/ledger/contract.ts';
import { sampleDimensions } from '../../packages/askonce/src/testing/sample-batch.ts';

export function storedRows(path: string): readonly LedgerRow[] {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 10_000 });
  try {
    return database.prepare('SELECT * FROM cache_event ORDER BY at, id').all().map(ledgerRowOf);
  } finally {
    database.close();
  }
}

/** A row of `cache_event`, by the names of its columns, whatever the driver makes of integers. */
export function ledgerRowOf(row: Readonly<Record<string, unknown>>): LedgerRow {
  const text = (name: string) => String(row[name]);
  const optional = (name: string) => (row[name] === null ? undefined : text(name));
  const number = (name: string) => Number(row[name]);
  const event = text('event');
  if (event !== 'lookup' && event !== 'store' && event !== 'call') throw new Error(`unknown event ${event}`);
  return {
    at: number('at'),
    requestId: text('request_id'),
    event,
    outcome: text('outcome'),
    kind: text('kind'),
    tier: text('tier'),
    durationMs: number('duration_ms'),
    dimensions: sampleDimensions(Object.fromEntries(dimensionNames.map((name) => [name, text(name)]))),
    user: optional('user_digest'),
    session: optional('session_digest'),
    key: optional('key'),
    savedTokens: number('saved_tokens'),
    savedNano: number('saved_nano'),
    inputTokens: number('input_tokens'),
    outputTokens: number('output_tokens'),
    spentNano: number('spent_nano'),
    estimated: number('estimated') === 1,
    weight: number('weight'),
  };
}
