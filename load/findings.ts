/** What a load test has found, and whether it is as it must be. */

export interface Finding {
  readonly scenario: string;
  readonly what: string;
  /**
   * Calls of the provider and failed answers decide the exit code; times, and whether the machine keeps pace with the rate,
   * do so with `--strict`.
   */
  readonly kind: 'count' | 'time' | 'pace';
  readonly value: number;
  readonly goal: string;
  readonly met: boolean;
}

/** A part of the load test that cannot run on this machine. */
export interface Skipped {
  readonly scenario: string;
  readonly why: string;
}

export function counted(scenario: string, what: string, value: number, wanted: number): Finding {
  return { scenario, what, kind: 'count', value, goal: `= ${wanted}`, met: value === wanted };
}

/** Requests that were due and not sent: the gateway was too far behind. One that does not answer at all fails those that were sent. */
export function notSent(scenario: string, value: number): Finding {
  return { scenario, what: 'requests not sent', kind: 'pace', value, goal: '= 0', met: value === 0 };
}

/** A time in ms that must stay below a limit; `reached` also at it. */
export function timed(
  scenario: string,
  what: string,
  ms: number,
  goal: { readonly below: number } | { readonly most: number },
): Finding {
  const isBelow = 'below' in goal;
  return {
    scenario,
    what,
    kind: 'time',
    value: Math.round(ms * 100) / 100,
    goal: isBelow ? `< ${goal.below} ms` : `≤ ${goal.most} ms`,
    met: isBelow ? ms < goal.below : ms <= goal.most,
  };
}

/** The value that a share of all does not exceed, by nearest rank; not a number if there is none. */
export function quantile(values: readonly number[], share: number): number {
  const ordered = values.toSorted((one, other) => one - other);
  return ordered[Math.max(0, Math.ceil(share * ordered.length) - 1)] ?? Number.NaN;
}

const widths = [14, 42, 12, 12] as const;

export function line(cells: readonly string[]): string {
  return cells
    .map((cell, at) => (at === 2 ? cell.padStart(widths[at]) : cell.padEnd(widths[at] ?? 0)))
    .join('  ')
    .trimEnd();
}

export function findingLine({ scenario, what, kind, value, goal, met }: Finding): string {
  const shown = kind === 'time' ? `${value.toFixed(2)} ms` : String(value);
  return line([scenario, what, shown, goal, met ? 'yes' : 'NO']);
}
