/**
 * Sends the reads of one turn of the event loop as one command: most of a read's cost to this process is the command,
 * not the value.
 */
import { isCluster, type Reply, send } from '../server/client.ts';
import type { RedisConnection } from '../server/connection.ts';
import { listOf } from '../server/replies.ts';

interface Waiting {
  readonly key: string;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
}

/** Most keys in one command, whose reply comes with its last value. */
const keysAtOnce = 32;

export class GatheredReads {
  readonly #connection: RedisConnection;
  readonly #budgetMs: number;
  #waiting: Waiting[] = [];

  constructor(connection: RedisConnection, budgetMs: number) {
    this.#connection = connection;
    this.#budgetMs = budgetMs;
  }

  read(key: string): Promise<Reply> {
    const { client } = this.#connection;
    // In a Cluster each key has a slot of its own, and a command takes keys of one slot.
    if (isCluster(client)) return send(client, 'get', [key], this.#budgetMs);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ key, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(this.#send);
      if (this.#waiting.length === keysAtOnce) this.#send();
    });
  }

  readonly #send = (): void => {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    const keys = waiting.map(({ key }) => key);
    send(this.#connection.client, 'mget', keys, this.#budgetMs)
      .then((reply) => {
        const values = listOf(reply);
        for (const [index, { resolve }] of waiting.entries()) resolve(values[index]);
      })
      .catch((error) => {
        for (const { reject } of waiting) reject(error);
      });
  };
}
