/**
 * What `askonce warm` prints when it has ended.
 */
import type { WarmFigures } from '../warming/tally.ts';

export interface WarmSummary extends WarmFigures {
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
  if (!dryRun) lines.push(costLine(summary));
  if (summary.state === 'stopped') lines.push(`Stopped: ${summary.reason ?? 'too many failures'}.`);
  if (summary.state === 'interrupted')
    lines.push('Interrupted. Run it again to go on: what is stored is skipped.');
  return lines.join('\n');
}

function costLine({ inputTokens, outputTokens, cost, costEstimated }: WarmSummary): string {
  return `${inputTokens} input and ${outputTokens} output tokens, $${cost.toFixed(4)}${costEstimated ? ' (estimated)' : ''}`;
}

/** 0: all is well; 1: some failed, or it was stopped; 130: interrupted. */
export function exitCodeOf({ state, failed }: WarmSummary): number {
  if (state === 'interrupted') return 130;
  return state === 'stopped' || failed > 0 ? 1 : 0;
}
