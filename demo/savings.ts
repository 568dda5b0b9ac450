/**
 * The savings of a session: what the gateway's ledger counted, as a table for a terminal.
 */
import { z } from 'zod';

const times = z.object({ p50Ms: z.number().nullable() });

/** The figures of the ledger that the table shows. */
const total = z.object({
  requests: z.number(),
  calls: z.number(),
  hits: z.number(),
  shared: z.number(),
  hitRate: z.number().nullable(),
  savedTokens: z.number(),
  sharedTokens: z.number(),
  inputTokens: z.number(),
  outputTokens: z.number(),
  savedCost: z.number(),
  sharedCost: z.number(),
  spentCost: z.number(),
  hit: times,
  miss: times,
});

const statistics = z.object({ total, prices: z.object({ name: z.string(), date: z.string() }) });

type Statistics = z.infer<typeof statistics>;

/** What the gateway's ledger has counted this month. */
export async function savings(url: string, adminKey: string): Promise<Statistics> {
  const response = await fetch(`${url}/cache/statistics?period=monthly`, {
    headers: { authorization: `Bearer ${adminKey}` },
  });
  return statistics.parse(await response.json());
}

export function savingsTable({ total: all, prices }: Statistics): string {
  const saved = all.savedCost + all.sharedCost;
  const tokens = all.savedTokens + all.sharedTokens;
  const allTokens = tokens + all.inputTokens + all.outputTokens;
  const rows: readonly (readonly [string, string])[] = [
    ['requests', String(all.requests)],
    ['provider calls', String(all.calls)],
    ['answered from the cache', `${all.hits} (hit rate ${percent(all.hitRate ?? 0)})`],
    ['shared with a call in progress', `${all.shared} (${percent(all.shared / Math.max(1, all.requests))})`],
    ['median time of a hit', milliseconds(all.hit.p50Ms)],
    ['median time of a miss', milliseconds(all.miss.p50Ms)],
    ['tokens saved', `${tokens.toLocaleString('en')} of ${allTokens.toLocaleString('en')}`],
    ['money saved', `$${saved.toFixed(4)} of $${(saved + all.spentCost).toFixed(4)}`],
    ['prices', `${prices.name} of ${prices.date}`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const widest = Math.max(...rows.map(([, value]) => value.length));
  const rule = `+${'-'.repeat(width + 2)}+${'-'.repeat(widest + 2)}+`;
  return [
    rule,
    ...rows.map(([name, value]) => `| ${name.padEnd(width)} | ${value.padEnd(widest)} |`),
    rule,
  ].join('\n');
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

function milliseconds(ms: number | null): string {
  return ms === null ? 'none' : `${ms.toFixed(1)} ms`;
}
