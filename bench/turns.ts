/** How long the turns of the event loop are. */
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Processor time of this thread, in microseconds. The kernel counts it in ticks of some milliseconds while it runs. */
export function loopTime(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

/**
 * Samples the processor time of this thread in each turn of the event loop: how long a turn would hold it on a machine
 * that is otherwise idle. The longest one is in microseconds.
 */
export function longestTurn(): { longest(): number; stop(): number } {
  let last = loopTime();
  let longest = 0;
  let isStopped = false;
  const sample = () => {
    const now = loopTime();
    longest = Math.max(longest, now - last);
    last = now;
    if (!isStopped) setImmediate(sample);
  };
  setImmediate(() => {
    last = loopTime();
    sample();
  });
  return {
    longest: () => longest,
    stop() {
      isStopped = true;
      return longest;
    },
  };
}

/** Collects what the set-up has left, so that it is not collected in a turn of what is measured. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}
