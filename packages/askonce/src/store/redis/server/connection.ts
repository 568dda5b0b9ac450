/**
 * The connection to Redis that everything shares but what blocks or listens.
 *
 * Nothing waits for a connection that is not there: commands fail at once, nothing is queued or sent again. Connecting
 * goes on for ever, and what is wrong is told once for each time it goes wrong.
 */
import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { OnTrouble } from '../../../observe/report.ts';
import { reportTrouble } from '../../../observe/report.ts';
import type { CheckedOptions, Place } from '../options.ts';
import { mastersOf, onTimedOut, type RedisClient, send } from './client.ts';
import { connect } from './driver.ts';
import { type RedisError, redisError } from './trouble.ts';

const echoMs = 1_000;
const againMs = 1_000;

export class RedisConnection {
  readonly client: RedisClient;
  readonly #place: Place;
  readonly #settings: CheckedOptions;
  #toldReason: string | undefined;
  #onReady = () => {};
  #doubting = false;
  /** From when a connection is given up until there is another. */
  #leaving = false;
  #closed = false;

  constructor(settings: CheckedOptions) {
    this.#settings = settings;
    this.#place = settings.place;
    this.client =
      settings.place.kind === 'client'
        ? settings.place.client
        : connect(settings.place, { ...settings, silenceMs: settings.timeoutMs });
    this.client.on('error', this.#failed);
    this.client.on('node error', this.#failed);
    this.client.on('ready', this.#ready);
    this.client.on('end', this.#ended);
    onTimedOut(this.client, () => this.doubt());
  }

  get isReady(): boolean {
    return !this.#closed && this.client.status === 'ready';
  }

  /** Resolves once it is connected, or once it is known that it is not for now: by an error, or in time. */
  opened(): Promise<void> {
    const { client } = this;
    if (client.status === 'ready') return Promise.resolve();
    if (client.status === 'wait') client.connect().catch(() => {});
    return new Promise((resolve) => {
      const settle = () => {
        cancel();
        client.off('ready', settle).off('close', closed);
        resolve();
      };
      const failed = (reason: string) => {
        if (client.status !== 'ready' && this.#toldReason === undefined)
          this.#reportTrouble(reason, undefined);
        settle();
      };
      const closed = () => failed('it is not ready');
      const { clock, connectTimeoutMs } = this.#settings;
      const cancel = clock.schedule(() => failed('it does not answer in time'), connectTimeoutMs);
      client.on('ready', settle).on('close', closed);
    });
  }

  /**
   * Asks every master for an echo, and gives up the connections that do not give it back in time. One that has hung, or
   * on which replies no longer belong to the commands that they come for, would stay so for ever.
   */
  doubt(): void {
    // Somebody else's client is theirs to judge.
    if (this.#doubting || this.#place.kind === 'client') return;
    this.#doubting = true;
    const nodes = mastersOf(this.client).filter(({ status }) => status === 'ready');
    void Promise.all(nodes.map(giveUpUnlessSound)).finally(() => {
      this.#doubting = false;
    });
  }

  /** Called each time that the first connection is there again. */
  onReady(listener: () => void): void {
    this.#onReady = listener;
  }

  close(): void {
    this.#closed = true;
    this.client
      .off('error', this.#failed)
      .off('node error', this.#failed)
      .off('ready', this.#ready)
      .off('end', this.#ended);
    if (this.#place.kind === 'client') return;
    // Errors that come while it ends must not end the process.
    this.client.on('error', () => {});
    this.client.disconnect();
  }

  readonly #failed = (error: unknown): void => {
    // Somebody else's client fails for its owner, too.
    const cause = redisError(error);
    if (this.#closed || this.#leaving) return;
    this.#reportTrouble(cause.reason, cause);
    if (this.#place.kind === 'client' || !isRefusedDatabase(error)) return;
    // The driver would go on with database 0, which is somebody else's. What else fails for that is no news.
    this.#leaving = true;
    this.client.once('connect', () => {
      this.#leaving = false;
    });
    this.client.disconnect(true);
  };

  readonly #ready = (): void => {
    this.#toldReason = undefined;
    this.#onReady();
  };

  /** The driver gives a client up in few cases, and then for good. */
  readonly #ended = (): void => {
    if (this.#place.kind === 'client') return;
    this.#settings.clock.schedule(() => {
      if (!this.#closed) this.client.connect().catch(() => {});
    }, againMs);
  };

  #reportTrouble(reason: string, cause: RedisError | undefined): void {
    if (this.#toldReason === reason) return;
    this.#toldReason = reason;
    tellUnreachable(this.#settings.onTrouble, this.#place, reason, cause);
  }
}

/** The driver notes on what the server refuses which command it was. */
function isRefusedDatabase(error: unknown): boolean {
  if (!(error instanceof Error) || !('command' in error)) return false;
  const { command } = error;
  return typeof command === 'object' && command !== null && 'name' in command && command.name === 'select';
}

async function giveUpUnlessSound(node: Redis): Promise<void> {
  const token = randomBytes(8).toString('hex');
  const echo = await send(node, 'echo', [token], echoMs).catch(() => undefined);
  if (!(Buffer.isBuffer(echo) && echo.toString() === token)) node.disconnect(true);
}

function tellUnreachable(
  onTrouble: OnTrouble | undefined,
  place: Place,
  reason: string,
  cause: RedisError | undefined,
): void {
  reportTrouble(onTrouble, {
    store: 'redis',
    operation: 'open',
    message: `Redis (${nameOf(place)}) cannot be used: ${reason}. It is tried again until it can.`,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Where it is, without how one gets in. */
function nameOf(place: Place): string {
  if (place.kind === 'client') return 'the given client';
  if (place.kind === 'server') return `${place.address.host}:${place.address.port}`;
  if (place.kind === 'sentinel') return `${place.name} by its Sentinels`;
  return `Cluster with ${place.nodes.map(({ host, port }) => `${host}:${port}`).join(', ')}`;
}
