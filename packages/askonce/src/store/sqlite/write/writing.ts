/** Writes the queue into the file, one batch after another. */
import type { Clock } from '../../../clock.ts';
import type { OnTrouble } from '../../../observe/report.ts';
import { reportTrouble } from '../../../observe/report.ts';
import type { OnRemoved } from '../../contract.ts';
import { Hits } from '../../hits.ts';
import type { Tally } from '../../tally.ts';
import type { Connection } from '../file/connection.ts';
import type { Operation } from './messages.ts';
import type { Settled, WriteQueue } from './queue.ts';

/** How long a write waits for others to share its transaction, in ms; an operation with a waiting caller goes at once. */
const gatherMs = 10;
/** Waiting operations at which a batch goes at once. */
const gatherAtMost = 128;

/** Interval at which hits are written and expired entries are removed while nothing else is written, in ms. */
const upkeepMs = 10_000;

export class Writing {
  readonly hits = new Hits();
  readonly #queue: WriteQueue;
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #tally: Tally;
  readonly #onTrouble: OnTrouble | undefined;
  readonly #onRemoved: OnRemoved;
  #isFlying = false;
  #isScheduled = false;
  #cancelGathering: (() => void) | undefined;
  #cancelUpkeep: (() => void) | undefined;
  #isStopped = false;
  #onUpkeep = () => {};
  #expiredAside = { count: 0, bytes: 0 };

  constructor(
    queue: WriteQueue,
    connection: Connection,
    tally: Tally,
    clock: Clock,
    onTrouble: OnTrouble | undefined,
    onRemoved: OnRemoved,
  ) {
    this.#queue = queue;
    this.#connection = connection;
    this.#clock = clock;
    this.#tally = tally;
    this.#onTrouble = onTrouble;
    this.#onRemoved = onRemoved;
    this.#scheduleUpkeep();
  }

  /** Queues an operation, which is written together with those that follow soon. */
  add(operation: Operation, settle?: (outcome: Settled) => void): void {
    this.#queue.add(operation, settle);
    const { type } = operation;
    const canWait = type === 'put' || type === 'discard' || type === 'hit';
    if (!canWait || this.#queue.length >= gatherAtMost) this.hurry();
    else this.#cancelGathering ??= this.#clock.schedule(() => this.hurry(), gatherMs);
  }

  /** Resolves once everything queued before has been written, or has failed. */
  drained(): Promise<void> {
    this.#writeHits();
    return new Promise((resolve) => this.add({ type: 'barrier' }, () => resolve()));
  }

  /** The entries past their expiry that batches have removed on the side, since this was last called. */
  takeExpiredAside(): { readonly count: number; readonly bytes: number } {
    const aside = this.#expiredAside;
    this.#expiredAside = { count: 0, bytes: 0 };
    return aside;
  }

  /** Sets the function that is called after each upkeep. */
  onUpkeep(listener: () => void): void {
    this.#onUpkeep = listener;
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelGathering?.();
    this.#cancelUpkeep?.();
  }

  /** Writes, together with everything that is queued in the same turn. */
  hurry(): void {
    this.#cancelGathering?.();
    this.#cancelGathering = undefined;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#next();
    });
  }

  #next(): void {
    if (this.#isFlying || this.#queue.isEmpty) return;
    const { writer } = this.#connection;
    if (writer === undefined) {
      this.#queue.failWaiting();
      return;
    }
    this.#setFlying(true);
    const operations = this.#queue.takeBatch().map(({ operation }) => operation);
    void writer.write(operations, this.#clock.now()).then((reply) => {
      this.#setFlying(false);
      if (reply.type === 'committed') {
        this.#tally.evictions += reply.evicted.length;
        this.#queue.settleBatch(reply.effects);
        const { count, bytes } = this.#expiredAside;
        this.#expiredAside = { count: count + reply.expired.length, bytes: bytes + reply.expiredBytes };
        if (reply.expired.length > 0) this.#onRemoved(reply.expired, 'expired');
        if (reply.evicted.length > 0) this.#onRemoved(reply.evicted, 'evicted');
      } else {
        this.#queue.settleBatch();
        const message = `${operations.length} changes were not written (${reply.reason}): ${reply.message}`;
        reportTrouble(this.#onTrouble, { store: 'sqlite', operation: 'set', message });
        if (reply.reason === 'damaged' || reply.reason === 'replaced') this.#connection.lost(reply.reason);
      }
      // Operations that came meanwhile go on gathering, unless a caller waits or there are many.
      if (this.#cancelGathering === undefined || this.#queue.length >= gatherAtMost) this.#next();
    });
  }

  #setFlying(isFlying: boolean): void {
    this.#isFlying = isFlying;
    this.#connection.reader?.writing(isFlying);
  }

  #writeHits(): void {
    for (const hit of this.hits.drain()) if (this.#queue.hasRoomFor(0)) this.add({ type: 'hit', ...hit });
  }

  /** Every batch removes expired entries, so an empty one does, too. The next is scheduled once this one is done. */
  #upkeep(): void {
    this.#writeHits();
    this.add({ type: 'upkeep' }, () => {
      this.#scheduleUpkeep();
      this.#onUpkeep();
    });
  }

  #scheduleUpkeep(): void {
    if (!this.#isStopped) this.#cancelUpkeep = this.#clock.schedule(() => this.#upkeep(), upkeepMs);
  }
}
