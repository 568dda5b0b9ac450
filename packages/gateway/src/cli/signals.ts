/**
 * The signals that stop `askonce serve`. A container's first process gets only signals that it handles, so they are handled
 * before the gateway is loaded, not once it listens.
 */
import { constants } from 'node:os';
import type { Gateway } from '../server/serve.ts';

const signals = ['SIGTERM', 'SIGINT'] as const;

/** From now on a signal ends the process at once, until {@link stopOnSignal} is called. */
export function endOnSignal(): void {
  for (const signal of signals) process.on(signal, end);
}

function end(signal: NodeJS.Signals): void {
  process.off(signal, end);
  process.kill(process.pid, signal);
  // Only a container's first process survives that.
  process.exit(128 + constants.signals[signal]);
}

/** Milliseconds within which a repeated signal is an echo: npm forwards the one that the terminal has sent to all. */
const echoMs = 1000;

/** The first signal lets replies end; a second one exits at once. `onStop` is called with the first. */
export function stopOnSignal(gateway: Gateway, onStop: () => void): void {
  let received: NodeJS.Signals | undefined;
  let echoing = true;
  const stop = (signal: NodeJS.Signals): void => {
    if (received !== undefined) {
      if (received !== signal || !echoing) process.exit(1);
      return;
    }
    received = signal;
    onStop();
    setTimeout(() => {
      echoing = false;
    }, echoMs).unref();
    gateway.close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(
          `askonce: stopping failed (${error instanceof Error ? error.name : 'unknown'})\n`,
        );
        process.exit(1);
      },
    );
  };
  for (const signal of signals) {
    process.on(signal, stop);
    process.off(signal, end);
  }
}
