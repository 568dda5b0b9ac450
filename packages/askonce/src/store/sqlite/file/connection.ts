/**
 * Keeps reader and writer connected to the file, and connects them again when the file turned out to be damaged,
 * was replaced, or the writer's thread died. Without a connection the store has nothing and keeps nothing.
 */
import type { Clock } from '../../../clock.ts';
import { AskonceError } from '../../../errors.ts';
import type { OnTrouble } from '../../../observe/report.ts';
import { reportTrouble } from '../../../observe/report.ts';
import { Reader } from '../reader.ts';
import type { WriterSettings } from '../write/messages.ts';
import type { Writer } from '../write/writer.ts';
import { startWriter } from '../write/writer.ts';
import { faultOf, messageOf } from './fault.ts';
import { identityOf } from './private.ts';

export interface ConnectionSettings extends Omit<WriterSettings, 'damaged'> {
  readonly clock: Clock;
  readonly onTrouble: OnTrouble | undefined;
  /** How long to wait, in ms, before a file that could not be used is tried again. */
  readonly retryMs: number;
}

/** Connections lost within {@link retryMs} that are restored at once; after more of them it waits. */
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
  #lastTold: string | undefined;

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
  }

  get reader(): Reader | undefined {
    return this.#reader;
  }

  get writer(): Writer | undefined {
    return this.#writer;
  }

  /** Whether there has been no usable file since this connection was made. */
  get neverOpen(): boolean {
    return !this.#wasOpen && !this.#isClosed;
  }

  /** Resolves once connected or known not to be; never rejects. */
  open(): Promise<void> {
    return this.#connect(undefined);
  }

  /** What `read` finds; undefined where there is no file, where it would have to wait, and where it fails. */
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
   * What `read` finds, where a guess will not do.
   * @throws AskonceError `store_failed` where there is no file, or another than was opened, where it would have to wait,
   * and where it fails.
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

  /** Gives the connection up, and tries for a new one; a damaged file is moved aside on the way. */
  lost(why: 'damaged' | 'replaced' | 'died'): void {
    const writer = this.#writer;
    if (this.#isClosed || writer === undefined) return;
    this.#drop();
    this.#reportTrouble(
      'open',
      `${whyLost[why]} Until it is open again, nothing is found in it and nothing kept.`,
    );
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
    const { file, maxBytes, busyTimeoutMs } = this.#settings;
    const start = await startWriter({ file, maxBytes, busyTimeoutMs, damaged }, () => this.lost('died'));
    if (start.type === 'refused') {
      this.#tellOnce(`The file cannot be used (${start.reason}): ${start.message}`);
      this.#retryLater(damaged);
      return;
    }
    if (start.movedTo !== undefined) {
      this.#reportTrouble(
        'open',
        `The file was damaged. It was moved to ${start.movedTo}, and a new one begun.`,
      );
    }
    try {
      this.#reader = new Reader(file);
    } catch (error) {
      this.#tellOnce(`The file cannot be read: ${messageOf(error)}`);
      const { identity } = start.writer;
      await start.writer.close();
      this.#retryLater(faultOf(error) === 'damaged' ? identity : undefined);
      return;
    }
    this.#writer = start.writer;
    this.#wasOpen = true;
    this.#lastTold = undefined;
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
      // A damaged file may refuse even that; there is nothing left to release then.
    }
  }

  #tellOnce(message: string): void {
    if (message !== this.#lastTold) this.#reportTrouble('open', message);
    this.#lastTold = message;
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
