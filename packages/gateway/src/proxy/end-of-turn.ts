/**
 * Work that is done together at the end of a turn of the event loop.
 *
 * A system call that sends wakes the thread that waits for the bytes. If requests are handled and answered one after
 * another, clients fall asleep in between, and each answer pays for waking one; sent in a row, most of them do not.
 */

let waiting: (() => void)[] = [];

/** Calls `action` once the requests that have arrived so far are handled. It must not throw. */
export function atEndOfTurn(action: () => void): void {
  if (waiting.push(action) === 1) setImmediate(run);
}

function run(): void {
  const actions = waiting;
  waiting = [];
  for (const action of actions) action();
}
