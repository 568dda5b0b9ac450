/**
 * Keeps the heap of a gateway near what it holds. V8 by itself lets the space for young objects grow to 110 MB, and garbage
 * to as much as what is alive.
 */
import { PerformanceObserver, performance } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Clock, systemClock } from 'askonce';

/** Two halves of 8 MB, of which V8 starts with 1 MB each. Half of it would cost a hit 2 percent more processor time. */
const youngBytes = 16_000_000;

/** Garbage at which the old space is collected, in percent of what was alive after the last time. */
const garbagePercent = 30;

/** What an operator has set for V8 by the command line or `NODE_OPTIONS` stays in force. */
const ownGarbage = /--heap[-_]growing|--optimize[-_]for[-_]size/;
const ownYoungSpace = /--(?:max[-_]|min[-_])?semi[-_]space|--optimize[-_]for[-_]size/;
const ownCompilers = /--(?:no[-_]?)?(?:maglev|wasm)/;

/**
 * The compilers' threads take memory that the allocator keeps for each of them: 20 MB and more. V8 leaves what the quick
 * compiler (Maglev) has used to be freed by these threads, after all that is yet to be compiled; without the first flag
 * the event loop frees it, a few microseconds for each function. The only WebAssembly is the HTTP client's parser, which
 * is no faster optimized; optimizing it takes 10 MB, of which one block is so large that the allocator from then on keeps
 * more of everything.
 */
const compilerFlags = [
  '--no-maglev-destroy-on-background',
  '--no-wasm-tier-up',
  '--no-wasm-dynamic-tiering',
] as const;

/** The factor by which the space for young objects grows when it is next found too small: 1 if it is large enough. */
export function growthFactor(youngSpaceBytes: number): number {
  return youngSpaceBytes < youngBytes ? 2 : 1;
}

/** Which limits an operator has left to the gateway. */
export function limitsOf(execArguments: readonly string[], nodeOptions = '') {
  const own = [...execArguments, nodeOptions].join(' ');
  return {
    garbage: !ownGarbage.test(own),
    youngSpace: !ownYoungSpace.test(own),
    compilers: !ownCompilers.test(own),
  };
}

/**
 * Changes flags of V8 for the whole process, so for the command line only. The launcher (`bin/askonce.js`) has stopped the
 * space for young objects from growing while modules were loaded; from now on it may.
 */
export function limitHeap(): void {
  const limits = limitsOf(process.execArgv, process.env['NODE_OPTIONS']);
  if (limits.compilers) for (const flag of compilerFlags) setFlagsFromString(flag);
  if (limits.garbage) setFlagsFromString(`--heap-growing-percent=${garbagePercent}`);
  let factor = growthFactor(0);
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
  if (!limits.youngSpace) return;
  const adjust = () => {
    const wanted = growthFactor(youngSpaceBytes());
    if (wanted === factor) return;
    factor = wanted;
    setFlagsFromString(`--semi-space-growth-factor=${wanted}`);
  };
  // After each collection: V8 grows the space in one, and shrinks it in one when there is little to do.
  new PerformanceObserver(adjust).observe({ type: 'gc' });
}

/** How long a gateway must have been at rest, in ms, and how much of that time its event loop may have worked. */
const rest = { ms: 250, utilization: 0.2 };

interface RestOptions {
  readonly clock?: Clock;
  readonly utilized?: typeof utilizedFromNow;
  readonly collect?: () => void;
}

/**
 * Collects what loading the modules has left if nothing is asked meanwhile. A gateway that is asked at once would let its
 * callers wait, and lose code that has just been compiled; V8 collects by itself later. Returns the function that cancels it.
 */
export function collectAtRest({
  clock = systemClock,
  utilized = utilizedFromNow,
  collect = collectLeftovers,
}: RestOptions = {}): () => void {
  const share = utilized();
  return clock.schedule(() => {
    if (share() < rest.utilization) collect();
  }, rest.ms);
}

/** Measures from now on for which share of the time the event loop works. */
function utilizedFromNow(): () => number {
  const before = performance.eventLoopUtilization();
  return () => performance.eventLoopUtilization(before).utilization;
}

/**
 * Collects what loading the modules has left, which V8 would keep, and returns its pages to the system: 7 MB, for 40 to 90 ms.
 * To be called when nothing waits.
 */
export function collectLeftovers(): void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('globalThis.gc');
  setFlagsFromString('--no-expose-gc');
  // The other flavours leave the pages half empty.
  if (typeof collect === 'function') collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}

function youngSpaceBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0;
}
