/** A report of maintenance as lines for a terminal. */
import type { ShownReport } from '../admin/maintenance.ts';

export function reportLines(report: ShownReport): readonly string[] {
  const verb = report.dryRun ? 'would be removed' : 'removed';
  const kinds = Object.entries(report.kinds).map(([kind, { count, bytes, estimated, remains = 0 }]) => {
    const size = `${estimated ? 'about ' : ''}${bytes} bytes`;
    const rest = remains > 0 ? `, and ${remains} rows without an entry` : '';
    return kind === 'defragment' ? `${kind}: ${size}` : `${kind}: ${count} entries ${verb}, ${size}${rest}`;
  });
  const notes = (word: string, of: ShownReport['refused']) =>
    of.map(({ kind, store, action, message }) => `${word}: ${store}, ${action ?? kind}: ${message}`);
  const ending = report.failure === undefined ? report.outcome : `${report.outcome}: ${report.failure}`;
  return [
    ...kinds,
    ...notes('refused', report.refused),
    ...notes('skipped', report.skipped),
    `${ending}, ${report.looked} entries looked at in ${report.durationMs} ms`,
  ];
}
