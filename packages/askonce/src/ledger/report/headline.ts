/**
 * What stands on top of a report: one sentence with its figures, and how far they reach.
 */
import { hitRateOf, netNano, spentNano, withoutCacheNano } from '../counts.ts';
import type { ReportedMonth, SavingsReport } from './report.ts';
import { hasEstimates } from './totals.ts';
import { count, moment, money, monthName, percent } from './words.ts';

export function headline({ name, figures: { counts }, isOver }: ReportedMonth): string {
  const month = `In ${monthName(name)}${isOver ? '' : ' so far'}`;
  const spent = spentNano(counts);
  if (counts.requests === 0 && spent === 0) return `${month}, no request was counted.`;
  const without = withoutCacheNano(counts);
  const net = netNano(counts);
  const estimates = hasEstimates(counts);
  const hits = `${count(counts.hits)} of ${count(counts.requests - counts.bypasses)} requests were answered by stored answers (hit rate ${percent(hitRateOf(counts))})`;
  const bill = `providers billed ${money(spent, counts.estimatedSpentNano > 0)} for what would have cost ${money(without, estimates)} without it`;
  if (net < 0)
    return `${month}, askonce cost ${money(-net, estimates)} more than it saved: ${bill}; ${hits}.`;
  const share = without === 0 ? '' : `, ${percent(net / without)} less`;
  return `${month}, askonce saved ${money(net, estimates)}: ${bill}${share}; ${hits}.`;
}

/** What a reader must know before comparing the months: a sentence each. */
export function limits({ month, before, timeZone, madeAt }: SavingsReport): readonly string[] {
  const at = (instant: number) => moment(instant, timeZone);
  const sentences = [
    `All amounts are in US dollars. Months begin and end at midnight in the time zone ${timeZone}.`,
    ...(month.isOver ? [] : [`${monthName(month.name)} is not over: its figures reach to ${at(madeAt)}.`]),
    ...[month, before].map(({ name, counted }) =>
      counted === undefined
        ? `Nothing was counted in ${monthName(name)}.`
        : `What was counted in ${monthName(name)} is from ${at(counted.from)} to ${at(Math.min(counted.to, madeAt))}.`,
    ),
    ...(hasEstimates(month.figures.counts) || hasEstimates(before.figures.counts)
      ? [estimateOf(month), '≈ marks amounts that contain estimates.'].filter((sentence) => sentence !== '')
      : []),
  ];
  return [sentences.join('\n')];
}

function estimateOf({ name, figures: { counts } }: ReportedMonth): string {
  const { savedNano, sharedNano, estimatedSavedNano, estimatedSpentNano } = counts;
  const all = savedNano + sharedNano + spentNano(counts);
  if (all === 0) return '';
  return `${percent((estimatedSavedNano + estimatedSpentNano) / all)} of what was saved and billed in ${monthName(name)} is an estimate.`;
}
