/**
 * Connects reader and writer to the file, and reconnects them after the file was found damaged or was replaced, or the
 * writer's thread died. Without a connection the store is empty and stores nothing.
 */
import type { Clock } from '../../../clock.ts';
import { AskonceError } from '../../../errors.ts';
import type { OnTrouble } from '../../../observe/report.ts';
import { messageOf, reportTrouble } from '../../../observe/report.ts';
import { faultOf } from '../../../sqlite-file/fault.ts';
import { identityOf } from '../../../sqlite-file/private.ts';
import type { SharedThread } from '../../../threads/shared-thread.ts';
import { Reader } from '../reader.ts';
import type { WriterSettings } from '../write/messages.ts';
import type { Writer } from '../write/writer.ts';
import { startWriter } from '../write/writer.ts';

export interface ConnectionSettings extends Omit<WriterSettings, 'damaged'> {
  readonly clock: Clock;
  readonly onTrouble: OnTrouble | undefined;
  /** Writes the file. */
  readonly thread: SharedThread;
  /** Pause before an unusable file is opened again, in ms. */
  readonly retryMs: number;
}

/** Lost connections within `retryMs` that are restored at once; after more, reconnecting waits. */
const immediateRetries = 3;

export class Connection {
  readonly #settings: ConnectionSettings;
  #reader: Reader | undefined;
  #writer: Writer | undefined;
  #isClosed = false;
  #wasOpen = false;
  #connecting: Promise<void> = Promise.resolve();
  #cancelRetry: (() => void) | undefined;
  #lostAt: number[] = [];
  #lastReported: string | undefined;

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
  }

  get reader(): Reader | undefined {
    return this.#reader;
  }

  get writer(): Writer | undefined {
    return this.#writer;
  }

  /** Whether the file has never been usable so far. */
  get neverOpen(): boolean {
    return !this.#wasOpen && !this.#isClosed;
  }

  /** Resolves once connected, or once that has failed. Never rejects. */
  open(): Promise<void> {
    return this.#connect(undefined);
  }

  /** The result of `read`; undefined if there is no file, if reading would have to wait, or if it fails. */
  read<T>(operation: 'get' | 'marks', read: (reader: Reader) => T): T | undefined {
    if (this.#reader === undefined) return undefined;
    try {
      return read(this.#reader);
    } catch (error) {
      const fault = faultOf(error);
      if (fault === 'busy') return undefined;
      if (fault === 'damaged') this.lost('damaged');
      else this.#reportTrouble(operation, `The file could not be read: ${messageOf(error)}`);
      return undefined;
    }
  }

  /**
   * The result of `read`, if the caller must be certain.
   *
   * @throws AskonceError `store_failed` if there is no file or another than was opened, if reading would have to wait, or
   * if it fails.
   */
  demand<T>(read: (reader: Reader) => T): T {
    if (this.#reader === undefined) throw unreadable();
    try {
      if (identityOf(this.#settings.file) !== this.#writer?.identity) {
        this.lost('replaced');
        throw unreadable();
      }
      return read(this.#reader);
    } catch (error) {
      if (faultOf(error) === 'damaged') this.lost('damaged');
      throw unreadable(error);
    }
  }

  /** Closes the connection and opens a new one; a damaged file is moved aside first. */
  lost(why: 'damaged' | 'replaced' | 'died'): void {
    const writer = this.#writer;
    if (this.#isClosed || writer === undefined) return;
    this.#drop();
    this.#reportTrouble('open', `${whyLost[why]} Until it is open again, nothing is found in it or stored.`);
    const released = why === 'died' ? Promise.resolve() : writer.close();
    const { clock, retryMs } = this.#settings;
    const now = clock.monotonic();
    this.#lostAt = [...this.#lostAt.filter((at) => now - at < retryMs), now].slice(-immediateRetries - 1);
    const damaged = why === 'damaged' ? writer.identity : undefined;
    this.#connecting = released.then(() =>
      this.#lostAt.length > immediateRetries ? this.#retryLater(damaged) : this.#connect(damaged),
    );
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelRetry?.();
    await this.#connecting;
    const writer = this.#writer;
    this.#drop();
    await writer?.close();
  }

  async #connect(damaged: string | undefined): Promise<void> {
    if (this.#isClosed) return;
    const { file, maxBytes, busyTimeoutMs, thread } = this.#settings;
    const start = await startWriter({ file, maxBytes, busyTimeoutMs, damaged }, thread, () =>
      this.lost('died'),
    );
    if (start.type === 'refused') {
      this.#reportOnce(`The file cannot be used (${start.reason}): ${start.message}`);
      this.#retryLater(damaged);
      return;
    }
    if (start.movedTo !== undefined) {
      this.#reportTrouble(
        'open',
        `The file was damaged. It was moved to ${start.movedTo}, and a new file was created.`,
      );
    }
    try {
      this.#reader = Reader.open(file);
    } catch (error) {
      this.#reportOnce(`The file cannot be read: ${messageOf(error)}`);
      const { identity } = start.writer;
      await start.writer.close();
      this.#retryLater(faultOf(error) === 'damaged' ? identity : undefined);
      return;
    }
    this.#writer = start.writer;
    this.#wasOpen = true;
    this.#lastReported = undefined;
  }

  #retryLater(damaged: string | undefined): void {
    if (this.#isClosed) return;
    const retry = () => {
      this.#connecting = this.#connect(damaged);
    };
    this.#cancelRetry = this.#settings.clock.schedule(retry, this.#settings.retryMs);
  }

  #drop(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    this.#writer = undefined;
    try {
      reader?.close();
    } catch {
      // Closing a damaged file may fail; nothing is left to release then.
    }
  }

  #reportOnce(message: string): void {
    if (message !== this.#lastReported) this.#reportTrouble('open', message);
    this.#lastReported = message;
  }

  #reportTrouble(operation: 'open' | 'get' | 'marks', message: string): void {
    reportTrouble(this.#settings.onTrouble, { store: 'sqlite', operation, message });
  }
}

function unreadable(cause?: unknown): AskonceError {
  return new AskonceError('store_failed', 'The SQLite file cannot be read now.', { cause });
}

const whyLost = {
  damaged: 'The file is damaged.',
  replaced: 'The file was moved or replaced while it was open.',
  died: 'The writer thread died.',
} as const;
