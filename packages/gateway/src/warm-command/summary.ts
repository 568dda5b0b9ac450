/**
 * What `askonce warm` prints when it has ended.
 */
import type { WarmCounts } from 'askonce/gateway-kit';
import type { WarmSpending } from '../warming/spending.ts';

/** Routes of an application cost nothing that is counted. */
export interface WarmSummary extends WarmCounts, Partial<WarmSpending> {
  readonly state: 'done' | 'interrupted' | 'stopped';
  readonly reason?: string | undefined;
}

/** The summary for a terminal. `dryRun`: nothing was asked. */
export function summaryText(summary: WarmSummary, dryRun: boolean): string {
  const { processed, skipped, created, absent, failed, failures } = summary;
  const asked = dryRun ? `${absent} would be asked` : `${created} created`;
  const lines = [`${processed} processed: ${skipped} skipped, ${asked}, ${failed} failed`];
  for (const { reason, count, at } of failures) {
    const more = count > at.length ? ' …' : '';
    lines.push(`  ${count} × ${reason} (line ${at.join(', ')}${more})`);
  }
  if (!dryRun && summary.cost !== undefined) lines.push(costLine(summary, summary.cost));
  if (summary.state === 'stopped') lines.push(`Stopped: ${summary.reason ?? 'too many failures'}.`);
  if (summary.state === 'interrupted')
    lines.push('Interrupted. Run it again to go on: what is stored is skipped.');
  return lines.join('\n');
}

function costLine({ inputTokens, outputTokens, costEstimated }: WarmSummary, cost: number): string {
  return `${inputTokens ?? 0} input and ${outputTokens ?? 0} output tokens, $${cost.toFixed(4)}${costEstimated ? ' (estimated)' : ''}`;
}

/** 0: all is well; 1: some failed, or it was stopped; 130: interrupted. */
export function exitCodeOf({ state, failed }: WarmSummary): number {
  if (state === 'interrupted') return 130;
  return state === 'stopped' || failed > 0 ? 1 : 0;
}
