/**
 * Connections for reads that block: at most so many, each lent to one reader at a time, closed when nobody has wanted
 * them for a while. In a Cluster each is to the node that has the key.
 */
import type { Redis } from 'ioredis';
import type { Clock } from '../../../clock.ts';
import { tooSlow, within } from '../../../clock.ts';
import type { RedisClient } from './client.ts';
import { isCluster, send } from './client.ts';
import { wholeOf } from './replies.ts';

export interface BlockingConnectionsOptions {
  readonly client: RedisClient;
  readonly clock: Clock;
  /** How many at most. */
  readonly most: number;
  /** Time-out of a command that does not block, in ms. */
  readonly timeoutMs: number;
}

/** After how many ms in which nobody has wanted it a connection is closed. */
const restsMs = 30_000;

export class BlockingConnections {
  readonly #options: BlockingConnectionsOptions;
  /** Those that nobody has, by their node, each with what takes back its closing. */
  readonly #resting = new Map<Redis, { readonly node: Redis; readonly stay: () => void }>();
  readonly #lent = new Map<Redis, Redis>();
  #isClosed = false;

  constructor(options: BlockingConnectionsOptions) {
    this.#options = options;
  }

  /** One to the node that has `key`; undefined where all are lent, or none can be had in so long. */
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

  /** Gives one back on which nothing is under way. */
  giveBack(connection: Redis): void {
    const node = this.#lent.get(connection);
    if (node === undefined) return;
    this.#lent.delete(connection);
    const stay = this.#options.clock.schedule(() => this.drop(connection), restsMs);
    this.#resting.set(connection, { node, stay });
  }

  /** Closes one, with whatever is under way on it. */
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

  /** Where there are enough, the one that has rested longest, at another node, makes room. */
  #hasRoom(): boolean {
    if (this.#lent.size + this.#resting.size < this.#options.most) return true;
    const [longest] = this.#resting.keys();
    if (longest === undefined) return false;
    this.drop(longest);
    return true;
  }

  async #connect(node: Redis, patienceMs: number): Promise<Redis | undefined> {
    const made = node.duplicate({
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
      // Of commands that do not block. The reader sees to its own.
      commandTimeout: undefined,
      socketTimeout: undefined,
    });
    made.on('error', () => {});
    made.once('end', () => this.#forget(made));
    // Counted from now on, so that many who come at once do not make more than there may be.
    this.#lent.set(made, node);
    try {
      // A server that hangs still takes connections, and never says that it is ready.
      const connected = await within(this.#options.clock, patienceMs, made.connect());
      if (connected !== tooSlow && this.#lent.has(made)) return made;
    } catch {
      // As good as none.
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
