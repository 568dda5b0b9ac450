/**
 * A lock by a file: one process at a time does what it guards. A process that is killed leaves the file, which then no
 * longer changes.
 */
import { open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { type Clock, pause } from '../../../../clock.ts';
import { pullFailed } from './http.ts';

const lookEveryMs = 500;
const touchEveryMs = 5_000;
/** A lock that has not been touched for so long is of a process that is gone. */
const staleMs = 30_000;

/** Waits for the lock. Resolves with its release. @throws AskonceError when the signal aborts */
export async function lock(path: string, clock: Clock, signal: AbortSignal): Promise<() => Promise<void>> {
  let seen: number | undefined;
  let seenAt = clock.monotonic();
  while (!(await created(path))) {
    const touched = (await stat(path).catch(() => undefined))?.mtimeMs;
    if (touched !== seen) {
      seen = touched;
      seenAt = clock.monotonic();
    }
    const isStale = (await isAbandoned(path)) || clock.monotonic() - seenAt >= staleMs;
    if (isStale) await rm(path, { force: true });
    else
      await pause(clock, lookEveryMs, signal).catch(() => {
        throw pullFailed('The pull was ended; run it again to go on.');
      });
  }
  return held(path, clock);
}

async function created(path: string): Promise<boolean> {
  try {
    const handle = await open(path, 'wx', 0o600);
    await handle.writeFile(owner());
    await handle.close();
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function held(path: string, clock: Clock): () => Promise<void> {
  let cancel = () => {};
  let touching: Promise<void> | undefined;
  const touch = () => {
    touching = writeFile(path, owner(), { mode: 0o600 }).catch(() => {});
    cancel = clock.schedule(touch, touchEveryMs);
  };
  cancel = clock.schedule(touch, touchEveryMs);
  return async () => {
    cancel();
    await touching;
    await rm(path, { force: true });
  };
}

/** This process. Containers that share a folder number theirs independently, and have names of their own. */
function owner(): string {
  return `${process.pid} ${hostname()}`;
}

/** Whether its process is known to be gone. In a container, another one may have this process's number. */
async function isAbandoned(path: string): Promise<boolean> {
  const [number = '', host] = (await readFile(path, 'utf8').catch(() => '')).split(' ');
  const pid = Number(number);
  if (host !== hostname() || !Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}
