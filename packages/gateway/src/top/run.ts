/**
 * `askonce top`: shows what a running gateway does, live on a terminal, else a block of text or a line of JSON for each
 * interval.
 */
import { once } from 'node:events';
import { AskonceError, type Clock, systemClock } from 'askonce';
import { pause, staying } from 'askonce/gateway-kit';
import { adminClient } from '../admin-client/client.ts';
import { adminTarget, type TargetOptions } from '../admin-client/target.ts';
import { figuresOf } from './figures.ts';
import { startLive } from './live.ts';
import { plainBlock } from './plain.ts';
import { openPoll, type Poll, type Readings } from './poll.ts';
import { coloured, plain } from './style.ts';
import type { TerminalOptions } from './terminal.ts';

export interface TopOptions extends TargetOptions {
  /** Seconds between two readings, as the command line has it. Default: 2. */
  readonly interval?: string | undefined;
  /** Ends after one output, of what two readings show. */
  readonly once: boolean;
  readonly json: boolean;
  readonly input: TerminalOptions['input'];
  readonly output: NodeJS.WriteStream;
  /** Default: the machine's own. */
  readonly clock?: Clock | undefined;
  readonly signal: AbortSignal;
}

/** @throws AskonceError if the gateway does not answer at first, or the settings or the interval are wrong */
export async function runTop(options: TopOptions): Promise<void> {
  const { once: isOnce, json, output, clock = systemClock, environment, signal } = options;
  const intervalMs = intervalIn(options.interval);
  const target = adminTarget(options);
  const poll = openPoll({ client: adminClient({ ...target, clock }), clock });
  await staying(run());

  async function run(): Promise<void> {
    const first = await poll(signal);
    if (first.trouble !== undefined) throw first.trouble.error;
    const isDrawn = output.isTTY === true && environment['TERM'] !== 'dumb';
    if (isDrawn && !isOnce && !json) await drawn(first);
    else await printed(poll, { ...options, clock, intervalMs, url: target.url });
  }

  async function drawn(first: Readings): Promise<void> {
    const style = output.hasColors() ? coloured : plain;
    const live = startLive(first, {
      ...options,
      clock,
      poll,
      url: target.url,
      intervalMs,
      style,
      // The process stops here, and goes on with SIGCONT.
      suspend: () => process.kill(process.pid, 'SIGSTOP'),
    });
    const leave = () => live.leave();
    process.once('exit', leave);
    // Before the error is printed, which the alternate screen would hide.
    process.once('uncaughtExceptionMonitor', leave);
    try {
      await live.ended;
    } finally {
      process.off('exit', leave);
      process.off('uncaughtExceptionMonitor', leave);
    }
  }
}

interface Printing extends Pick<TopOptions, 'once' | 'json' | 'output' | 'signal'> {
  readonly clock: Clock;
  readonly intervalMs: number;
  readonly url: string;
}

async function printed(
  poll: Poll,
  { once: isOnce, json, output, signal, clock, intervalMs, url }: Printing,
): Promise<void> {
  const closed = new AbortController();
  // A reader such as head that has seen enough.
  output.once('error', () => closed.abort());
  const done = AbortSignal.any([signal, closed.signal]);
  try {
    for (let waitMs = intervalMs; !done.aborted; ) {
      await pause(clock, waitMs, done);
      const readings = await poll(done);
      if (isOnce && readings.trouble !== undefined) throw readings.trouble.error;
      waitMs = Math.max(intervalMs, readings.waitMs);
      const now = clock.now();
      const figures = figuresOf(readings, url);
      const text = json ? `${JSON.stringify({ at: now, ...figures })}\n` : plainBlock(figures, now);
      const block = isOnce || json ? text : `${text}\n`;
      if (!output.write(block)) await once(output, 'drain', { signal: done });
      if (isOnce) return;
    }
  } catch (error) {
    if (!done.aborted) throw error;
  }
}

function intervalIn(text = '2'): number {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (seconds >= 0.5 && seconds <= 3600) return seconds * 1000;
  throw new AskonceError('invalid_settings', '--interval must be a number of seconds from 0.5 to 3600.');
}
