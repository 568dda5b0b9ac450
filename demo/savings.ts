/**
 * Formats the savings of a session as a table for a terminal.
 */
import type { Asked } from './session.ts';

/** List price of the model that the session asks for, in dollars a million tokens. */
const price = { model: 'gpt-4.1-mini', input: 0.4, output: 1.6 };

export function savingsTable(asked: readonly Asked[], providerCalls: number): string {
  const hits = asked.filter(({ hit }) => hit);
  const shared = asked.filter(({ collapsed }) => collapsed);
  const misses = asked.filter(({ hit, collapsed }) => !hit && !collapsed);
  const free = [...hits, ...shared];
  const tokens = (of: readonly Asked[]) =>
    of.reduce((sum, { inputTokens, outputTokens }) => sum + inputTokens + outputTokens, 0);
  const dollars = (of: readonly Asked[]) =>
    of.reduce(
      (sum, { inputTokens, outputTokens }) => sum + inputTokens * price.input + outputTokens * price.output,
      0,
    ) / 1e6;
  const rows: readonly (readonly [string, string])[] = [
    ['requests', String(asked.length)],
    ['provider calls', String(providerCalls)],
    ['answered from the cache', `${hits.length} (${percent(hits.length, asked.length)})`],
    ['shared with a call in progress', `${shared.length} (${percent(shared.length, asked.length)})`],
    ['median time of a hit', milliseconds(hits)],
    ['median time of a miss', milliseconds(misses)],
    ['tokens saved', `${tokens(free).toLocaleString('en')} of ${tokens(asked).toLocaleString('en')}`],
    [
      'money saved',
      `$${dollars(free).toFixed(4)} of $${dollars(asked).toFixed(4)} (list price of ${price.model})`,
    ],
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

function percent(part: number, whole: number): string {
  return `${Math.round((100 * part) / Math.max(1, whole))} %`;
}

function milliseconds(asked: readonly Asked[]): string {
  const sorted = asked.map(({ ms }) => ms).sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  return middle === undefined ? 'none' : `${middle.toFixed(1)} ms`;
}
