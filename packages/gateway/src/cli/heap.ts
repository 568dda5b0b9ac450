/**
 * Keeps the heap of a gateway near what it holds. V8 by itself lets the space for young objects grow to 64 MB and
 * garbage to as much as what is alive, which saves a gateway no time: nearly all that it creates is dead a moment later.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Two halves of 4 MB, of which V8 starts with 1 MB each. */
const youngBytes = 8_000_000;
const factorToGrow = 4;

/** Garbage at which the old space is collected, in percent of what was alive after the last time. */
const garbagePercent = 30;

/** What an operator has set for V8 by the command line or `NODE_OPTIONS` stays in force. */
const ownFlags = /--(?:max|min)[-_]semi[-_]space|--semi[-_]space|--heap[-_]growing|--optimize[-_]for[-_]size/;

/** By what the space for young objects grows when it is next found too small: 1 if it is large enough. */
export function growthFactor(youngSpaceBytes: number): number {
  return youngSpaceBytes < youngBytes ? factorToGrow : 1;
}

export function isChosenByOperator(
  execArguments: readonly string[],
  nodeOptions: string | undefined,
): boolean {
  return ownFlags.test([...execArguments, nodeOptions ?? ''].join(' '));
}

/** Changes flags of V8 for the whole process, so for the command line only. */
export function limitHeap(): void {
  if (isChosenByOperator(process.execArgv, process.env['NODE_OPTIONS'])) return;
  setFlagsFromString(`--heap-growing-percent=${garbagePercent}`);
  let factor: number | undefined;
  const adjust = () => {
    const wanted = growthFactor(youngSpaceBytes());
    if (wanted === factor) return;
    factor = wanted;
    setFlagsFromString(`--semi-space-growth-factor=${wanted}`);
  };
  adjust();
  // After each collection: V8 grows the space in one, and shrinks it in one when there is little to do.
  new PerformanceObserver(adjust).observe({ type: 'gc' });
}

function youngSpaceBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0;
}
