/**
 * Reads that are asked for in the same turn of the event loop, as one command: most of what a read costs this process
 * is the command, not the value.
 */
import { isCluster, type Reply, send } from '../server/client.ts';
import type { RedisConnection } from '../server/connection.ts';
import { listOf } from '../server/replies.ts';

interface Waiting {
  readonly key: string;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
}

/** In one command: the reply to it comes when the last value has come. */
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
    // There each key is of a slot of its own, and one command of one slot.
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
