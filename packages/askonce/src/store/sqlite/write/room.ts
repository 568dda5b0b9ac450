/**
 * Writes that wait for room in a full queue, so that an awaited loop of writes loses none of them.
 *
 * They are written in the order in which they came, and are bounded as the queue itself is: of writes that nothing
 * awaits, those beyond that are refused.
 */
import type { Entry } from '../../../entry/entry.ts';
import { heldEntry } from '../../../entry/own-entry.ts';
import type { WriteResult } from '../../contract.ts';
import type { QueueBounds, WriteQueue } from './queue.ts';

interface Waiting {
  readonly key: string;
  readonly bytes: number;
  /** Makes the write. */
  readonly begin: () => void;
  readonly end: (result: WriteResult) => void;
}

export interface RoomOptions {
  readonly queue: WriteQueue;
  readonly bounds: QueueBounds;
  /** Counts a write that is not made, and returns its result. */
  readonly counted: (result: WriteResult) => WriteResult;
  /** Has the queue written without waiting for more: a caller waits. */
  readonly hurry: () => void;
}

export class Room {
  readonly #queue: WriteQueue;
  readonly #bounds: QueueBounds;
  readonly #counted: RoomOptions['counted'];
  readonly #hurry: RoomOptions['hurry'];
  /** In the order in which they came. */
  readonly #waiting = new Set<Waiting>();
  /** How many of them write each key. */
  readonly #keys = new Map<string, number>();
  #bytes = 0;
  #isClosed = false;

  constructor({ queue, bounds, counted, hurry }: RoomOptions) {
    this.#queue = queue;
    this.#bounds = bounds;
    this.#counted = counted;
    this.#hurry = hurry;
    queue.onRoom(() => this.#admit());
  }

  /** Whether a write of so many bytes may begin now: there is room, and no earlier write waits for it. */
  isFreeFor(bytes: number): boolean {
    return this.#waiting.size === 0 && this.#queue.hasRoomFor(bytes);
  }

  /** Calls `write` with the entry, or a copy of it, once there is room. `queue-full` if there never is, or too many wait. */
  whenFree(
    entry: Entry,
    write: (entry: Entry) => WriteResult | Promise<WriteResult>,
  ): WriteResult | Promise<WriteResult> {
    const bytes = entry.recording.body.length;
    const isCrowded =
      this.#waiting.size >= this.#bounds.maxOperations || !this.#queue.couldHold(this.#bytes + bytes);
    if (this.#isClosed || isCrowded) return this.#counted('queue-full');
    const held = heldEntry(entry);
    this.#hurry();
    return new Promise((resolve, reject) => {
      const begin = () => {
        try {
          resolve(write(held));
        } catch (error) {
          reject(error);
        }
      };
      this.#waiting.add({ key: entry.key, bytes, begin, end: resolve });
      this.#keys.set(entry.key, (this.#keys.get(entry.key) ?? 0) + 1);
      this.#bytes += bytes;
    });
  }

  /** Drops the waiting writes of a key that is deleted. */
  forget(key: string): void {
    if (!this.#keys.has(key)) return;
    for (const waiting of this.#waiting)
      if (waiting.key === key) this.#leave(waiting).end(this.#counted('superseded'));
  }

  /** Ends every wait. */
  close(): void {
    this.#isClosed = true;
    for (const waiting of this.#waiting) this.#leave(waiting).end(this.#counted('failed'));
  }

  #admit(): void {
    for (const waiting of this.#waiting) {
      if (!this.#queue.hasRoomFor(waiting.bytes)) break;
      this.#leave(waiting).begin();
    }
    if (this.#waiting.size > 0) this.#hurry();
  }

  #leave(waiting: Waiting): Waiting {
    const { key, bytes } = waiting;
    const others = (this.#keys.get(key) ?? 0) - 1;
    if (others > 0) this.#keys.set(key, others);
    else this.#keys.delete(key);
    this.#waiting.delete(waiting);
    this.#bytes -= bytes;
    return waiting;
  }
}
