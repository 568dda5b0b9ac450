/**
 * The one connection on which a process receives messages of others (Pub/Sub), replaced when it breaks.
 *
 * Messages may be lost; a listener that must miss nothing reads again when `onSubscribed` is called.
 */
import type { Redis } from 'ioredis';
import type { Clock } from '../../../clock.ts';
import { notify } from '../../../observe/report.ts';
import type { RedisClient } from './client.ts';
import { isCluster, mastersOf } from './client.ts';
import { another } from './driver.ts';

interface ChannelListener {
  onMessage(message: string): void;
  /** Called after each subscription; earlier messages were lost. */
  onSubscribed?(): void;
}

export interface Subscriber {
  /** Subscribes to `channel`, effective a little later. Returns the unsubscription. */
  listen(channel: string, listener: ChannelListener): () => void;
  close(): void;
}

export interface SubscriberOptions {
  readonly client: RedisClient;
  readonly clock: Clock;
}

/** Pause before a new connection, in ms: the first and the longest. */
const retryMs = { first: 50, most: 2_000 } as const;
/** Interval at which the connection is pinged, and time limit of the answer, in ms. */
const pulseMs = { every: 5_000, within: 2_000 } as const;

/** Connects once there is a listener. */
export function redisSubscriber({ client, clock }: SubscriberOptions): Subscriber {
  const channels = new Map<string, Set<ChannelListener>>();
  let connection: Redis | undefined;
  let isClosed = false;
  let delayMs: number = retryMs.first;
  let cancelTimer: (() => void) | undefined;

  function connect(): void {
    if (isClosed || connection !== undefined || channels.size === 0) return;
    const node = someNode(client);
    if (node === undefined) {
      later();
      return;
    }
    const made = another(node, {
      enableReadyCheck: false,
      autoResubscribe: false,
      commandTimeout: pulseMs.within,
      readOnly: false,
    });
    connection = made;
    made.on('message', (channel: string, message: string) => {
      for (const listener of channels.get(channel) ?? []) notify((text) => listener.onMessage(text), message);
    });
    made.once('end', () => {
      if (connection !== made) return;
      connection = undefined;
      later();
    });
    made
      .connect()
      .then(() => subscribe(made, [...channels.keys()]))
      .then(() => {
        delayMs = retryMs.first;
        pulse(made);
      })
      .catch(() => made.disconnect());
  }

  async function subscribe(made: Redis, wanted: readonly string[]): Promise<void> {
    if (wanted.length === 0) return;
    await made.subscribe(...wanted);
    for (const channel of wanted) {
      for (const listener of channels.get(channel) ?? []) notify(() => listener.onSubscribed?.(), undefined);
    }
  }

  /** Without a ping, a connection whose other end vanished would stay silent for ever. */
  function pulse(made: Redis): void {
    cancelTimer?.();
    cancelTimer = clock.schedule(() => {
      made.ping().then(
        () => connection === made && pulse(made),
        () => made.disconnect(),
      );
    }, pulseMs.every);
  }

  function later(): void {
    cancelTimer?.();
    cancelTimer = clock.schedule(connect, delayMs);
    delayMs = Math.min(delayMs * 2, retryMs.most);
  }

  return {
    listen(channel, listener) {
      const listeners = channels.get(channel) ?? new Set();
      const isNew = listeners.size === 0;
      listeners.add(listener);
      channels.set(channel, listeners);
      const ready = connection?.status === 'ready' ? connection : undefined;
      if (connection === undefined) connect();
      else if (isNew) ready && subscribe(ready, [channel]).catch(() => ready.disconnect());
      return () => {
        if (!listeners.delete(listener) || listeners.size > 0) return;
        channels.delete(channel);
        if (connection?.status === 'ready') connection.unsubscribe(channel).catch(() => {});
      };
    },
    close() {
      isClosed = true;
      channels.clear();
      cancelTimer?.();
      const open = connection;
      connection = undefined;
      open?.disconnect();
    },
  };
}

/** Any node serves: in a Cluster every node forwards every message. */
function someNode(client: RedisClient): Redis | undefined {
  if (!isCluster(client)) return client;
  const nodes = mastersOf(client);
  return nodes[Math.floor(Math.random() * nodes.length)];
}
