/**
 * The file of the audit log: a line of JSON for each change, on disk before the change is answered. It is of bounded size:
 * full, it is renamed and a new one begins, and the oldest of the renamed ones goes.
 */
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from 'askonce';
import type { GatewayLog } from './log.ts';
import { openPrivateFile, type PrivateFile } from './private-file.ts';

export interface AuditFile {
  /** For the report of health. */
  readonly health: AuditHealth;
  /**
   * Appends a record. Resolves once it is on disk; also if it cannot be written now, or not within a second, since trouble
   * of the audit log must not stop an erasure. What could not be written is tried again.
   */
  append(record: object): Promise<void>;
  /** Writes what waits. */
  close(): Promise<void>;
}

interface AuditHealth {
  /** `degraded` while records wait because of trouble, and once some are lost. */
  readonly status: 'ok' | 'degraded';
  readonly file: string;
  readonly written: number;
  readonly waiting: number;
  /** Records that were dropped because too much waited. */
  readonly lost: number;
  /** What the file system says; absent if nothing is wrong. */
  readonly reason?: string | undefined;
}

export interface AuditFileOptions {
  readonly folder: string;
  /** Size at which a file is full, in bytes. */
  readonly maxBytes: number;
  /** Number of files, the one that is written to among them; 1 or more. */
  readonly files: number;
  readonly clock: Clock;
  readonly log: Pick<GatewayLog, 'warnSeldom'>;
}

/** A change waits so long for its record, in ms. */
const maxWaitMs = 1_000;
/** After trouble the next attempt comes with the next record, or after it, in ms. */
const retryMs = 10_000;
/** Bound of the records that wait, in characters. */
const maxWaiting = 1024 * 1024;

interface Waiting {
  readonly line: string;
  readonly done: () => void;
  /** Whether an attempt to write it has failed. */
  isTried: boolean;
}

/** Opens the file. Trouble does not keep the gateway from starting: it is reported as later trouble is. */
export async function openAuditFile(options: AuditFileOptions): Promise<AuditFile> {
  const { folder, clock, log } = options;
  const path = join(folder, 'audit.jsonl');
  const queue: Waiting[] = [];
  let waitingCharacters = 0;
  let written = 0;
  let lost = 0;
  let reason: string | undefined;
  let writing: Promise<void> | undefined;
  let cancelRetry = () => {};

  function inTrouble(error: unknown): void {
    reason = error instanceof Error && 'code' in error ? String(error.code) : 'it cannot be written';
    log.warnSeldom('audit', 'the audit log cannot be written; its records wait', { file: path, reason });
  }

  async function writeAll(): Promise<void> {
    let file: PrivateFile | undefined;
    const done: Waiting[] = [];
    try {
      file = await openPrivateFile(path);
      let { size } = file;
      for (let next = queue[0]; next !== undefined; next = queue[0]) {
        const bytes = Buffer.from(next.line);
        if (size > 0 && size + bytes.length > options.maxBytes) {
          await file.handle.datasync();
          file = await rotated(path, file, options);
          size = file.size;
        }
        await file.handle.appendFile(bytes);
        size += bytes.length;
        queue.shift();
        waitingCharacters -= next.line.length;
        done.push(next);
      }
      await file.handle.datasync();
      written += done.length;
      reason = undefined;
    } catch (error) {
      inTrouble(error);
      // Those that still wait hold up no call.
      for (const one of queue) one.isTried = true;
      done.push(...queue);
    } finally {
      await file?.handle.close().catch(inTrouble);
      for (const one of done) one.done();
    }
  }

  /** One attempt at a time, so that records stay in order; those that come meanwhile are taken along or follow. */
  function write(): Promise<void> {
    cancelRetry();
    writing ??= writeAll().finally(() => {
      writing = undefined;
      // A record may have come when the attempt had just ended.
      if (queue.some(({ isTried }) => !isTried)) void write();
      else if (queue.length > 0) cancelRetry = clock.schedule(() => void write(), retryMs);
    });
    return writing;
  }

  await write();
  return {
    get health() {
      const status: AuditHealth['status'] = reason === undefined && lost === 0 ? 'ok' : 'degraded';
      return { status, file: path, written, waiting: queue.length, lost, ...(reason && { reason }) };
    },
    append(record) {
      const line = `${JSON.stringify({ time: new Date(clock.now()).toISOString(), ...record })}\n`;
      if (waitingCharacters + line.length > maxWaiting) {
        lost += 1;
        log.warnSeldom('audit lost', 'a record of the audit log is lost; too many wait', {
          file: path,
          lost,
        });
        return Promise.resolve();
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      const cancel = clock.schedule(resolve, maxWaitMs);
      waitingCharacters += line.length;
      queue.push({
        line,
        isTried: false,
        done() {
          cancel();
          resolve();
        },
      });
      void write();
      return promise;
    },
    async close() {
      await writing;
      if (queue.length > 0) await write();
      cancelRetry();
    },
  };
}

/** Renames the full file and opens a new one. */
async function rotated(
  path: string,
  { handle }: PrivateFile,
  { folder, files }: AuditFileOptions,
): Promise<PrivateFile> {
  const [full, there] = await Promise.all([handle.stat(), stat(path).catch(() => undefined)]);
  await handle.close();
  // Another process that writes the same file may have renamed it already.
  if (there?.ino === full.ino) {
    const nameOf = (number: number) => (number === 0 ? path : join(folder, `audit.${number}.jsonl`));
    await rm(nameOf(files - 1), { force: true });
    for (let number = files - 1; number > 0; number -= 1)
      await rename(nameOf(number - 1), nameOf(number)).catch(unlessMissing);
  }
  const opened = await openPrivateFile(path);
  await syncFolder(dirname(path));
  return opened;
}

function unlessMissing(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}

/** The new names must survive a crash, too. Some systems cannot open a folder, and need not. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder).catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}
