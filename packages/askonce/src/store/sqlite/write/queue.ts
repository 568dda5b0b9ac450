/**
 * What has been accepted and is not yet in the file: bounded, written in batches, and found by reads meanwhile.
 */
import { rowBytes } from '../../log-rows.ts';
import type { Effect, Operation } from './messages.ts';

/** How one operation ended; `failed` where it is not in the file. */
export type Settled = Effect | 'failed';

export interface Queued {
  readonly operation: Operation;
  readonly bytes: number;
  readonly settle: ((outcome: Settled) => void) | undefined;
}

type Put = Extract<Operation, { type: 'put' }>;
type Change = Extract<Operation, { type: 'put' | 'remove' | 'remove-many' }>;
type MarkChange = Extract<Operation, { type: 'mark' | 'unmark' }>;

export interface QueueBounds {
  readonly maxOperations: number;
  readonly maxBytes: number;
}

/** One transaction holds at most so many changes and (but for one that is larger) bytes, so that locks are short. */
const batchChanges = 256;
const batchBytes = 4_194_304;
/** What an operation takes beside its value. */
const overheadBytes = 512;

export class WriteQueue {
  readonly #bounds: QueueBounds;
  #waiting: Queued[] = [];
  #flying: readonly Queued[] = [];
  #bytes = 0;
  /** The last change of each key that is not yet in the file. */
  readonly #changes = new Map<string, Change>();
  readonly #markChanges = new Map<string, MarkChange>();

  constructor(bounds: QueueBounds) {
    this.#bounds = bounds;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** How many operations wait, those of the batch under way not counted. */
  get length(): number {
    return this.#waiting.length;
  }

  /** The change of the key that the file does not have yet, if there is one. */
  change(key: string): Change | undefined {
    return this.#changes.size === 0 ? undefined : this.#changes.get(key);
  }

  markChange(name: string): MarkChange | undefined {
    return this.#markChanges.get(name);
  }

  /** Whether a value of so many bytes still has room. */
  hasRoomFor(bytes: number): boolean {
    const count = this.#waiting.length + this.#flying.length;
    return count < this.#bounds.maxOperations && this.#bytes + bytes + overheadBytes <= this.#bounds.maxBytes;
  }

  /** Removals have room of their own, so that a burst of writes does not fail them. */
  get hasRoomForRemoval(): boolean {
    return this.#waiting.length + this.#flying.length < this.#bounds.maxOperations * 2;
  }

  /** Bytes that will be queued later (an entry that is being compressed) count from now on. */
  reserve(bytes: number): () => void {
    this.#bytes += bytes;
    return () => {
      this.#bytes -= bytes;
    };
  }

  /** Adds without asking for room: that is for who accepts what is to be written. */
  add(operation: Operation, settle?: (outcome: Settled) => void): void {
    const bytes = bytesOf(operation);
    this.#waiting.push({ operation, bytes, settle });
    this.#bytes += bytes;
    if (operation.type === 'put' || operation.type === 'remove') this.#changes.set(operation.key, operation);
    else if (operation.type === 'remove-many')
      for (const key of operation.keys) this.#changes.set(key, operation);
    else if (operation.type === 'mark' || operation.type === 'unmark')
      this.#markChanges.set(operation.name, operation);
  }

  /** The next batch; to be given back to {@link settleBatch} before the next is taken. */
  takeBatch(): readonly Queued[] {
    let count = 0;
    let changes = 0;
    let bytes = 0;
    for (const queued of this.#waiting) {
      bytes += queued.bytes;
      changes += queued.operation.type === 'remove-many' ? queued.operation.keys.length : 1;
      if (count > 0 && (changes > batchChanges || bytes > batchBytes)) break;
      count += 1;
    }
    this.#flying = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    return this.#flying;
  }

  /** Ends the batch that was taken; without effects, all of it has failed. */
  settleBatch(effects?: readonly Effect[]): void {
    const batch = this.#flying;
    this.#flying = [];
    for (const [index, queued] of batch.entries()) this.#settle(queued, effects?.[index] ?? 'failed');
  }

  /** Fails all that waits; what was taken is settled by whoever took it. */
  failWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const queued of waiting) this.#settle(queued, 'failed');
  }

  #settle({ operation, bytes, settle }: Queued, outcome: Settled): void {
    this.#bytes -= bytes;
    if (operation.type === 'put' || operation.type === 'remove') {
      if (this.#changes.get(operation.key) === operation) this.#changes.delete(operation.key);
    } else if (operation.type === 'remove-many') {
      for (const key of operation.keys) if (this.#changes.get(key) === operation) this.#changes.delete(key);
    } else if (operation.type === 'mark' || operation.type === 'unmark') {
      if (this.#markChanges.get(operation.name) === operation) this.#markChanges.delete(operation.name);
    }
    settle?.(outcome);
  }
}

function bytesOf(operation: Operation): number {
  switch (operation.type) {
    case 'put':
    case 'discard':
      return overheadBytes + operation.value.length;
    case 'remove-many':
      return operation.keys.reduce((bytes, key) => bytes + 2 * key.length, overheadBytes);
    case 'append':
      return operation.rows.reduce((bytes, row) => bytes + rowBytes(row), overheadBytes);
    case 'notice':
      return overheadBytes + 2 * operation.text.length;
    default:
      return overheadBytes;
  }
}

/** The entry that a change would have put, where it is not past its expiry. */
export function pendingPut(change: Change, now: number): Put | undefined {
  return change.type === 'put' && change.expires > now ? change : undefined;
}
