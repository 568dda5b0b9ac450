/**
 * Accepted operations that are not in the file yet: bounded, written in batches, and visible to reads meanwhile.
 */
import { rowBytes } from '../../log-rows.ts';
import type { Effect, Operation } from './messages.ts';
import { vectorBytes } from './packing.ts';

/** The outcome of one operation; `failed` if it is not in the file. */
export type Settled = Effect | 'failed';

export interface Queued {
  readonly operation: Operation;
  readonly bytes: number;
  readonly settle: ((outcome: Settled) => void) | undefined;
}

type Put = Extract<Operation, { type: 'put' }>;
type Removals = Extract<Operation, { type: 'remove-many' | 'remove-found' }>;
type Change = Extract<Operation, { type: 'put' | 'remove' }> | Removals;
type MarkChange = Extract<Operation, { type: 'mark' | 'unmark' }>;

export interface QueueBounds {
  readonly maxOperations: number;
  readonly maxBytes: number;
}

/** Most changes and bytes in one transaction, so that locks are short; a single larger operation is allowed. */
const batchChanges = 256;
const batchBytes = 4_194_304;
/** Memory of an operation besides its value, in bytes. */
const overheadBytes = 512;

export class WriteQueue {
  readonly #bounds: QueueBounds;
  #waiting: Queued[] = [];
  #flying: readonly Queued[] = [];
  #bytes = 0;
  #onRoom = () => {};
  /** The last change of each key that is not yet in the file. */
  readonly #changes = new Map<string, Change>();
  readonly #markChanges = new Map<string, MarkChange>();

  constructor(bounds: QueueBounds) {
    this.#bounds = bounds;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Operations that wait, without the batch in progress. */
  get length(): number {
    return this.#waiting.length;
  }

  /** The last change of the key that is not in the file yet. */
  change(key: string): Change | undefined {
    return this.#changes.size === 0 ? undefined : this.#changes.get(key);
  }

  markChange(name: string): MarkChange | undefined {
    return this.#markChanges.get(name);
  }

  /** Whether there is room for a value of so many bytes. */
  hasRoomFor(bytes: number): boolean {
    const count = this.#waiting.length + this.#flying.length;
    return count < this.#bounds.maxOperations && this.#bytes + bytes + overheadBytes <= this.#bounds.maxBytes;
  }

  /** Whether there would be room for so many bytes if nothing else waited. */
  couldHold(bytes: number): boolean {
    return bytes + overheadBytes <= this.#bounds.maxBytes;
  }

  /** Sets the function that is called whenever there may be more room. */
  onRoom(listener: () => void): void {
    this.#onRoom = listener;
  }

  /** Removals have room of their own, so that a burst of writes does not make them fail. */
  get hasRoomForRemoval(): boolean {
    return this.#waiting.length + this.#flying.length < this.#bounds.maxOperations * 2;
  }

  /** Counts bytes that will be queued later (an entry that is being compressed). Returns the function that frees them. */
  reserve(bytes: number): () => void {
    this.#bytes += bytes;
    return () => {
      this.#bytes -= bytes;
      this.#onRoom();
    };
  }

  /** Adds an operation. The caller has checked that there is room. */
  add(operation: Operation, settle?: (outcome: Settled) => void): void {
    const bytes = bytesOf(operation);
    this.#waiting.push({ operation, bytes, settle });
    this.#bytes += bytes;
    if (operation.type === 'put' || operation.type === 'remove') this.#changes.set(operation.key, operation);
    else if (isRemovals(operation)) for (const key of operation.keys) this.#changes.set(key, operation);
    else if (operation.type === 'mark' || operation.type === 'unmark')
      this.#markChanges.set(operation.name, operation);
  }

  /** Takes the next batch; {@link settleBatch} must end it before the next is taken. */
  takeBatch(): readonly Queued[] {
    let count = 0;
    let changes = 0;
    let bytes = 0;
    for (const queued of this.#waiting) {
      bytes += queued.bytes;
      changes += isRemovals(queued.operation) ? queued.operation.keys.length : 1;
      if (count > 0 && (changes > batchChanges || bytes > batchBytes)) break;
      count += 1;
    }
    this.#flying = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    return this.#flying;
  }

  /** Ends the batch in progress; without effects, all of it has failed. */
  settleBatch(effects?: readonly Effect[]): void {
    const batch = this.#flying;
    this.#flying = [];
    for (const [index, queued] of batch.entries()) this.#settle(queued, effects?.[index] ?? 'failed');
    this.#onRoom();
  }

  /** Fails all waiting operations; the batch in progress is settled by its caller. */
  failWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const queued of waiting) this.#settle(queued, 'failed');
    this.#onRoom();
  }

  #settle({ operation, bytes, settle }: Queued, outcome: Settled): void {
    this.#bytes -= bytes;
    if (operation.type === 'put' || operation.type === 'remove') {
      if (this.#changes.get(operation.key) === operation) this.#changes.delete(operation.key);
    } else if (isRemovals(operation)) {
      for (const key of operation.keys) if (this.#changes.get(key) === operation) this.#changes.delete(key);
    } else if (operation.type === 'mark' || operation.type === 'unmark') {
      if (this.#markChanges.get(operation.name) === operation) this.#markChanges.delete(operation.name);
    }
    settle?.(outcome);
  }
}

function isRemovals(operation: Operation): operation is Removals {
  return operation.type === 'remove-many' || operation.type === 'remove-found';
}

function bytesOf(operation: Operation): number {
  switch (operation.type) {
    case 'put':
      return overheadBytes + operation.value.length + vectorBytes(operation.vector);
    case 'discard':
      return overheadBytes + operation.value.length;
    case 'vector':
      return overheadBytes + operation.record.length;
    case 'remove-many':
    case 'remove-found':
      return operation.keys.reduce((bytes, key) => bytes + 2 * key.length, overheadBytes);
    case 'append':
      return operation.rows.reduce((bytes, row) => bytes + rowBytes(row), overheadBytes);
    case 'notice':
      return overheadBytes + 2 * operation.text.length;
    default:
      return overheadBytes;
  }
}

/** The entry that a change writes, unless it is past its expiry. */
export function pendingPut(change: Change, now: number): Put | undefined {
  return change.type === 'put' && change.expires > now ? change : undefined;
}
