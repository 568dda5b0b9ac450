/** Reads one stream from its first element on, by a blocking connection or by polling. */
import type { Redis } from 'ioredis';
import { type Clock, pause } from '../../../clock.ts';
import { AskonceError } from '../../../errors.ts';
import type { BlockingConnections } from '../server/blocking-connections.ts';
import type { RedisClient, Reply } from '../server/client.ts';
import { send } from '../server/client.ts';
import { listOf, textOf, unforeseen } from '../server/replies.ts';

export interface StreamElement {
  readonly number: number;
  readonly frames: readonly Buffer[];
}

export interface StreamReaderOptions {
  readonly client: RedisClient;
  readonly clock: Clock;
  /**
   * Time limit of a command, in ms; a blocking command has it on top of its blocking time. It is capped by `idleMs`, so
   * that a hanging server is noticed within about three times that.
   */
  readonly timeoutMs: number;
  readonly connections: BlockingConnections;
  readonly stream: string;
  readonly signal: AbortSignal;
}

/** Most elements of one reply; an element usually has 16 KB. */
const elementsAtOnce = 64;
/** Shortest time limit, for a busy server and a short `idleMs`, in ms. */
const leastPatienceMs = 250;
/** Interval of polling, in ms. */
const againMs = { least: 20, most: 50 } as const;

export class StreamReader {
  readonly #options: StreamReaderOptions;
  #last = 0;
  /** The last failure, until a read has succeeded. */
  #trouble: { readonly error: unknown } | undefined;

  constructor(options: StreamReaderOptions) {
    this.#options = options;
  }

  /**
   * Elements since the last call, as soon as there are any. Empty after `idleMs`, once the signal aborts, or at the first
   * failure, so that the caller can check for other reasons. A broken connection is replaced.
   *
   * @throws AskonceError `store_failed` if an element is missing; the driver's error if the server stayed unreachable.
   */
  async read(idleMs: number): Promise<readonly StreamElement[]> {
    const { clock, signal, connections, stream, timeoutMs } = this.#options;
    const deadline = clock.monotonic() + idleMs;
    const patienceMs = Math.min(timeoutMs, Math.max(idleMs, leastPatienceMs));
    while (!signal.aborted) {
      const left = deadline - clock.monotonic();
      try {
        const connection =
          this.#trouble === undefined ? await connections.borrow(stream, patienceMs) : undefined;
        const elements = await (connection === undefined
          ? this.#ask(patienceMs)
          : this.#wait(connection, Math.max(1, Math.ceil(left)), patienceMs));
        this.#trouble = undefined;
        if (elements.length > 0 || connection !== undefined) return elements;
      } catch (error) {
        if (AskonceError.isInstance(error)) throw error;
        const isNew = this.#trouble === undefined;
        this.#trouble = { error };
        if (isNew) return [];
      }
      if (signal.aborted) break;
      if (clock.monotonic() >= deadline) {
        if (this.#trouble === undefined) return [];
        throw this.#trouble.error;
      }
      const waitMs = againMs.least + Math.random() * (againMs.most - againMs.least);
      await pause(clock, waitMs, signal).catch(() => undefined);
    }
    return [];
  }

  /** Blocks for at most `blockMs`. The connection is returned to the pool, or closed after a failure. */
  async #wait(connection: Redis, blockMs: number, patienceMs: number): Promise<readonly StreamElement[]> {
    const { connections, signal, stream } = this.#options;
    const drop = () => connections.drop(connection);
    if (signal.aborted) {
      connections.giveBack(connection);
      return [];
    }
    // Only closing the connection ends a blocking command, which then rejects.
    signal.addEventListener('abort', drop, { once: true });
    try {
      const args = ['COUNT', elementsAtOnce, 'BLOCK', blockMs, 'STREAMS', stream, `${this.#last}-0`];
      const elements = this.#taken(await send(connection, 'xread', args, blockMs + patienceMs));
      connections.giveBack(connection);
      return elements;
    } catch (error) {
      drop();
      if (signal.aborted) return [];
      throw error;
    } finally {
      signal.removeEventListener('abort', drop);
    }
  }

  async #ask(patienceMs: number): Promise<readonly StreamElement[]> {
    const { client, stream } = this.#options;
    const args = ['COUNT', elementsAtOnce, 'STREAMS', stream, `${this.#last}-0`];
    return this.#taken(await send(client, 'xread', args, patienceMs));
  }

  /** The elements of a reply, which must continue the numbers. */
  #taken(reply: Reply): readonly StreamElement[] {
    const elements = elementsOf(reply);
    for (const { number } of elements) {
      if (number !== this.#last + 1)
        throw new AskonceError('store_failed', 'A part of the flight of another process is missing.');
      this.#last = number;
    }
    return elements;
  }
}

/** RESP3 has `[stream, elements]` where RESP2 has `[[stream, elements]]`. */
function elementsOf(reply: Reply): readonly StreamElement[] {
  if (reply === null) return [];
  const [first, second] = listOf(reply);
  const elements = Array.isArray(first) ? first[1] : second;
  return listOf(elements).map((element) => {
    const [id, fields] = listOf(element);
    const values = listOf(fields).filter((_field, place) => place % 2 === 1);
    return { number: Number.parseInt(textOf(id), 10), frames: values.map(bytesOf) };
  });
}

function bytesOf(reply: Reply): Buffer {
  return Buffer.isBuffer(reply) ? reply : unforeseen();
}
