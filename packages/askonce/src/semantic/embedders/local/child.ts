/**
 * One process with a model in it, as the embedder holds it: started, watched and ended.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { Clock } from '../../../clock.ts';
import { programBeside } from '../../../threads/shared-thread.ts';
import { type FromModel, fromModel, type ModelSettings, type ToModel } from './messages.ts';

export interface ChildOptions {
  readonly settings: ModelSettings;
  readonly clock: Clock;
  /** Bound on its resident memory, in bytes. Beyond it the process is ended. */
  readonly memoryBytes: number;
  /** The program that it runs. Default: the one that loads models. */
  readonly program?: URL | undefined;
  readonly onMessage: (message: FromModel) => void;
  /** Called once, when the process is gone. `why` is the end of a sentence about the process. */
  readonly onEnd: (why: string) => void;
}

export interface Child {
  readonly pid: number | undefined;
  /** Resident memory when it was last looked at, in bytes. */
  readonly resident: number;
  send(message: ToModel): void;
  /** Whether this process stays alive for it. */
  hold(isHeld: boolean): void;
  /** Ends it at once, for that reason; resolves when it is gone. */
  end(why: string): Promise<void>;
}

const modelProgram = programBeside(import.meta.url, 'model/program');

const lookEveryMs = 500;
const megabyte = 1024 * 1024;

/** Settings and credentials of this process are no business of a model. */
const inherited = /^(?:PATH|HOME|TMPDIR|TEMP|TMP|LANG|LC_ALL|TZ|SystemRoot|(?:DY)?LD_LIBRARY_PATH)$/i;

export function startChild(options: ChildOptions): Child {
  const { settings, clock, memoryBytes, program = modelProgram, onMessage, onEnd } = options;
  const process = fork(program, [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    execArgv: [
      // What V8 holds is a part of the whole; beyond it the process ends by itself.
      `--max-old-space-size=${Math.max(32, Math.floor(memoryBytes / 2 / megabyte))}`,
      '--expose-gc',
    ],
    env: Object.fromEntries(Object.entries(globalThis.process.env).filter(([name]) => inherited.test(name))),
  });
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  let resident = 0;
  let reason: string | undefined;
  let hasEnded = false;
  let cancelLook = () => {};
  setHeld(process, false);

  function ended(why: string): void {
    if (hasEnded) return;
    hasEnded = true;
    cancelLook();
    resolve();
    onEnd(reason ?? why);
  }

  function kill(why: string): void {
    reason ??= why;
    process.kill('SIGKILL');
  }

  function noted(bytes: number): void {
    resident = bytes;
    if (bytes > memoryBytes) kill(tooMuch(bytes, memoryBytes));
  }

  async function look(): Promise<void> {
    const bytes = await residentBytes(process.pid);
    if (hasEnded) return;
    if (bytes !== undefined) noted(bytes);
    cancelLook = clock.schedule(() => void look(), lookEveryMs);
  }

  process.on('message', (received) => {
    if (hasEnded) return;
    const read = fromModel.safeParse(received);
    if (!read.success) return kill('sent what is no message');
    if (read.data.type === 'memory') noted(read.data.bytes);
    else onMessage(read.data);
  });
  process.on('error', () => ended('could not be started'));
  process.on('exit', (code, signal) => ended(endOf(code, signal)));
  process.send({ type: 'load', settings } satisfies ToModel, ignore);
  void look();

  return {
    pid: process.pid,
    get resident() {
      return resident;
    },
    send(message) {
      if (process.connected) process.send(message, ignore);
    },
    hold(isHeld) {
      setHeld(process, isHeld);
    },
    async end(why) {
      // Nothing else might keep this process alive until that one has ended.
      setHeld(process, true);
      if (!hasEnded) kill(why);
      await gone;
    },
  };
}

/** A channel that has just closed is reported by the end of the process. */
function ignore(): void {}

function setHeld(process: ChildProcess, isHeld: boolean): void {
  if (isHeld) {
    process.ref();
    process.channel?.ref?.();
  } else {
    process.unref();
    process.channel?.unref?.();
  }
}

/** As Linux sees it from outside, also while the process is busy; undefined elsewhere, where it says so itself. */
async function residentBytes(pid: number | undefined): Promise<number | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const kilobytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
    return Number.isFinite(kilobytes) ? kilobytes * 1024 : undefined;
  } catch {
    return undefined;
  }
}

function tooMuch(bytes: number, most: number): string {
  const megabytes = (count: number) => Math.round(count / megabyte);
  return `took ${megabytes(bytes)} MB of memory, more than its bound of ${megabytes(most)} MB; raise the bound, or use a smaller model`;
}

function endOf(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal === 'SIGKILL') return 'was killed, by the kernel for lack of memory or by someone else';
  if (signal === 'SIGABRT' || code === 134)
    return 'ended itself, for lack of memory or a fault of its runtime; raise its bound of memory';
  return signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
}
