/**
 * The connection to Redis, shared by everything except blocking reads and subscriptions.
 *
 * Without a connection, commands fail at once; nothing is queued or sent again. Connecting is retried for ever, and each
 * kind of failure is reported once until it has succeeded.
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
  #reportedReason: string | undefined;
  #onReady = () => {};
  #onNewMaster = () => {};
  #doubting = false;
  /** True from the closing of a connection until there is another. */
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
    // A Cluster stays ready through a fail-over.
    this.client.on('+node', this.#newMaster);
    this.client.on('end', this.#ended);
    onTimedOut(this.client, () => this.doubt());
  }

  get isReady(): boolean {
    return !this.#closed && this.client.status === 'ready';
  }

  /** Resolves once it is connected, or once connecting has failed for now, by an error or by time. */
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
        if (client.status !== 'ready' && this.#reportedReason === undefined)
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
   * Asks every master for an echo, and closes the connections that do not return it in time. Without this, a connection
   * that hangs, or whose replies no longer match their commands, would stay so for ever.
   */
  doubt(): void {
    // A given client is its owner's to judge.
    if (this.#doubting || this.#place.kind === 'client') return;
    this.#doubting = true;
    const nodes = mastersOf(this.client).filter(({ status }) => status === 'ready');
    void Promise.all(nodes.map(closeUnlessSound)).finally(() => {
      this.#doubting = false;
    });
  }

  /** Sets the function that runs each time the connection is ready. */
  onReady(listener: () => void): void {
    this.#onReady = listener;
  }

  /** Sets the function that runs each time a Cluster has a node that it did not have before. */
  onNewMaster(listener: () => void): void {
    this.#onNewMaster = listener;
  }

  close(): void {
    this.#closed = true;
    this.client
      .off('error', this.#failed)
      .off('node error', this.#failed)
      .off('ready', this.#ready)
      .off('+node', this.#newMaster)
      .off('end', this.#ended);
    if (this.#place.kind === 'client') return;
    // Errors during the disconnect must not end the process.
    this.client.on('error', () => {});
    this.client.disconnect();
  }

  readonly #failed = (error: unknown): void => {
    // A given client fails for its owner, too.
    const cause = redisError(error);
    if (this.#closed || this.#leaving) return;
    this.#reportTrouble(cause.reason, cause);
    if (this.#place.kind === 'client' || !isRefusedDatabase(error)) return;
    // The driver would go on with database 0, which belongs to others. Failures that follow are not reported.
    this.#leaving = true;
    this.client.once('connect', () => {
      this.#leaving = false;
    });
    this.client.disconnect(true);
  };

  readonly #ready = (): void => {
    this.#reportedReason = undefined;
    this.#onReady();
  };

  readonly #newMaster = (): void => this.#onNewMaster();

  /** The driver ends a client in few cases, and then for good. */
  readonly #ended = (): void => {
    if (this.#place.kind === 'client') return;
    this.#settings.clock.schedule(() => {
      if (!this.#closed) this.client.connect().catch(() => {});
    }, againMs);
  };

  #reportTrouble(reason: string, cause: RedisError | undefined): void {
    if (this.#reportedReason === reason) return;
    this.#reportedReason = reason;
    reportUnreachable(this.#settings.onTrouble, this.#place, reason, cause);
  }
}

/** The driver adds the refused command to the server's error. */
function isRefusedDatabase(error: unknown): boolean {
  if (!(error instanceof Error) || !('command' in error)) return false;
  const { command } = error;
  return typeof command === 'object' && command !== null && 'name' in command && command.name === 'select';
}

async function closeUnlessSound(node: Redis): Promise<void> {
  const token = randomBytes(8).toString('hex');
  const echo = await send(node, 'echo', [token], echoMs).catch(() => undefined);
  if (!(Buffer.isBuffer(echo) && echo.toString() === token)) node.disconnect(true);
}

function reportUnreachable(
  onTrouble: OnTrouble | undefined,
  place: Place,
  reason: string,
  cause: RedisError | undefined,
): void {
  reportTrouble(onTrouble, {
    store: 'redis',
    operation: 'open',
    message: `Redis (${nameOf(place)}) cannot be used: ${reason}. Connecting is retried.`,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The place, without credentials. */
function nameOf(place: Place): string {
  if (place.kind === 'client') return 'the given client';
  if (place.kind === 'server') return `${place.address.host}:${place.address.port}`;
  if (place.kind === 'sentinel') return `${place.name} by its Sentinels`;
  return `Cluster with ${place.nodes.map(({ host, port }) => `${host}:${port}`).join(', ')}`;
}
