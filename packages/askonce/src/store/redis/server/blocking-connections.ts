/**
 * A pool of connections for blocking reads: bounded, each lent to one reader at a time, closed after some idle time. In a
 * Cluster each leads to the node that has the key.
 */
import type { Redis } from 'ioredis';
import type { Clock } from '../../../clock.ts';
import { tooSlow, within } from '../../../clock.ts';
import type { RedisClient } from './client.ts';
import { isCluster, send } from './client.ts';
import { another } from './driver.ts';
import { wholeOf } from './replies.ts';

export interface BlockingConnectionsOptions {
  readonly client: RedisClient;
  readonly clock: Clock;
  /** Most connections. */
  readonly most: number;
  /** Time-out of a command that does not block, in ms. */
  readonly timeoutMs: number;
}

/** Idle time after which a connection is closed, in ms. */
const restsMs = 30_000;

export class BlockingConnections {
  readonly #options: BlockingConnectionsOptions;
  /** Idle connections, each with its node and the function that cancels its closing. */
  readonly #resting = new Map<Redis, { readonly node: Redis; readonly stay: () => void }>();
  readonly #lent = new Map<Redis, Redis>();
  #isClosed = false;

  constructor(options: BlockingConnectionsOptions) {
    this.#options = options;
  }

  /** A connection to the node that has `key`; undefined if all are lent, or connecting takes longer than `patienceMs`. */
  async borrow(key: string, patienceMs: number): Promise<Redis | undefined> {
    const node = await this.#nodeOf(key);
    if (node === undefined || this.#isClosed) return undefined;
    for (const [rested, { node: its, stay }] of this.#resting) {
      if (its !== node) continue;
      stay();
      this.#resting.delete(rested);
      this.#lent.set(rested, node);
      return rested;
    }
    return this.#hasRoom() ? await this.#connect(node, patienceMs) : undefined;
  }

  /** Returns a connection on which no command is in progress. */
  giveBack(connection: Redis): void {
    const node = this.#lent.get(connection);
    if (node === undefined) return;
    this.#lent.delete(connection);
    const stay = this.#options.clock.schedule(() => this.drop(connection), restsMs);
    this.#resting.set(connection, { node, stay });
  }

  /** Closes a connection, and so ends its commands. */
  drop(connection: Redis): void {
    this.#forget(connection);
    connection.disconnect();
  }

  close(): void {
    this.#isClosed = true;
    for (const connection of [...this.#lent.keys(), ...this.#resting.keys()]) this.drop(connection);
  }

  #forget(connection: Redis): void {
    this.#lent.delete(connection);
    this.#resting.get(connection)?.stay();
    this.#resting.delete(connection);
  }

  /** Whether there is room for another; a full pool closes the connection that has been idle for longest. */
  #hasRoom(): boolean {
    if (this.#lent.size + this.#resting.size < this.#options.most) return true;
    const [longest] = this.#resting.keys();
    if (longest === undefined) return false;
    this.drop(longest);
    return true;
  }

  async #connect(node: Redis, patienceMs: number): Promise<Redis | undefined> {
    const made = another(node, {
      // Those are for commands that do not block. The reader limits its own.
      commandTimeout: undefined,
      socketTimeout: undefined,
    });
    made.once('end', () => this.#forget(made));
    // Counted before it is connected, so that simultaneous readers do not exceed the bound.
    this.#lent.set(made, node);
    try {
      // A hanging server still accepts connections, and never becomes ready.
      const connected = await within(this.#options.clock, patienceMs, made.connect());
      if (connected !== tooSlow && this.#lent.has(made)) return made;
    } catch {
      // The caller polls instead.
    }
    this.drop(made);
    return undefined;
  }

  async #nodeOf(key: string): Promise<Redis | undefined> {
    const { client, timeoutMs } = this.#options;
    if (!isCluster(client)) return client;
    const slot = wholeOf(await send(client, 'cluster', ['KEYSLOT', key], timeoutMs));
    const name = client.slots[slot]?.[0];
    return client.nodes('master').find(({ options }) => `${options.host}:${options.port}` === name);
  }
}
