/**
 * A progress bar on a terminal; nothing where the output is read by a program.
 */
import { stat } from 'node:fs/promises';
import type { Writable } from 'node:stream';

export interface Progress {
  /** `share` of the work is done, from 0 to 1. */
  at(share: number, message: string): void;
  end(message: string): void;
}

/** A stream that may be a terminal, as `process.stderr` is. */
export type Terminal = Writable & { readonly isTTY?: boolean; readonly columns?: number };

const steps = 100;
/** A narrower terminal has no room for a bar; some report no width at all. */
const leastColumns = 50;

/** The bar is drawn on `output`, so that a report on stdout stays clean. */
export async function progressOn(output: Terminal, message: string): Promise<Progress> {
  if (output.isTTY !== true || (output.columns ?? 0) < leastColumns) return { at: () => {}, end: () => {} };
  // Loaded here alone: a report that is piped needs no terminal.
  const { progress } = await import('@clack/prompts');
  const bar = progress({ max: steps, size: 30, output });
  bar.start(message);
  let done = 0;
  return {
    at(share, text) {
      const now = Math.min(steps, Math.floor(share * steps));
      if (now <= done) return;
      bar.advance(now - done, text);
      done = now;
    },
    end: (text) => bar.stop(text),
  };
}

/** The bytes of a file, for the share that is read. @throws what the file system does */
export async function bytesOf(path: string): Promise<number> {
  return (await stat(path)).size;
}
