/**
 * The driver's client as the Redis tier uses it: standalone, behind Sentinels, or a Cluster; with a time limit for each
 * command.
 */
import { hash } from 'node:crypto';
import type { Cluster, Redis } from 'ioredis';
import { Command } from 'ioredis';
import { AskonceError } from '../../../errors.ts';
import { hashTag } from '../keys.ts';
import { RedisError, redisError } from './trouble.ts';

export type RedisClient = Redis | Cluster;

export type CommandArgument = string | number | Buffer;

/** A reply as the server sent it; texts are bytes. */
export type Reply = unknown;

/** Slots of every Cluster. */
const slots = 16_384;
/** The driver's message for a time-out. */
const timedOut = 'Command timed out';
const doubters = new WeakMap<RedisClient, () => void>();

/**
 * Sends one command, which rejects with a {@link RedisError}, also when `timeoutMs` have passed without a reply. In a
 * Cluster it goes to the node of its first key.
 */
export function send(
  client: RedisClient,
  name: string,
  args: readonly CommandArgument[],
  timeoutMs: number,
): Promise<Reply> {
  if (isCluster(client) && client.status !== 'ready')
    return Promise.reject(new RedisError(new Error("Cluster isn't ready")));
  const command = new Command(name, [...args], { replyEncoding: null });
  const { reject } = command;
  command.reject = (error) => {
    const reported = redisError(error);
    if (error.message !== timedOut) return reject(reported);
    // One turn of the event loop later: a reply that arrived while this process was busy still counts.
    setImmediate(() => {
      if (!command.isSettled) doubters.get(client)?.();
      reject(reported);
    });
  };
  command.setTimeout(timeoutMs);
  if (!isCluster(client)) writeAtOnce(client.stream);
  client.sendCommand(command);
  return command.promise;
}

/** Has the commands that are sent until the end of this turn's work written to the socket at once: each write costs a system call. */
function writeAtOnce(stream: Redis['stream'] | undefined): void {
  if (stream === undefined || stream.writableCorked > 0) return;
  stream.cork();
  process.nextTick(() => stream.uncork());
}

/** Calls `listener` whenever a command of this client has timed out. */
export function onTimedOut(client: RedisClient, listener: () => void): void {
  doubters.set(client, listener);
}

/** A Lua script, called by its digest. */
export class RedisScript {
  readonly lua: string;
  readonly #digest: string;

  constructor(lua: string) {
    this.lua = lua;
    this.#digest = hash('sha1', lua, 'hex');
  }

  /** All `keys` must share a slot. A server that does not know the script, or has lost it, is sent its text. */
  async run(
    client: RedisClient,
    keys: readonly string[],
    args: readonly CommandArgument[],
    timeoutMs: number,
  ): Promise<Reply> {
    const keysAndArgs = [keys.length, ...keys, ...args];
    try {
      return await send(client, 'evalsha', [this.#digest, ...keysAndArgs], timeoutMs);
    } catch (error) {
      if (!isReplyError(error, 'NOSCRIPT')) throw error;
      return await send(client, 'eval', [this.lua, ...keysAndArgs], timeoutMs);
    }
  }
}

/** Loads the scripts into every master, so that the first call of each is as short as the others. */
export async function loadScripts(
  client: RedisClient,
  scripts: readonly RedisScript[],
  timeoutMs: number,
): Promise<void> {
  const loads = mastersOf(client).flatMap((node) =>
    scripts.map(({ lua }) => send(node, 'script', ['LOAD', lua], timeoutMs)),
  );
  // The refusal of one master does not end the wait for the others.
  await Promise.allSettled(loads);
}

export function mastersOf(client: RedisClient): readonly Redis[] {
  return isCluster(client) ? client.nodes('master') : [client];
}

/**
 * The masters, if they have every slot between them, so that asking all of them misses nothing. A Cluster that serves
 * partial coverage soon drops an unreachable master from its list.
 *
 * @throws AskonceError `store_failed` if a slot has no master
 */
export function allMastersOf(client: RedisClient): readonly Redis[] {
  const masters = mastersOf(client);
  if (!isCluster(client)) return masters;
  const known = new Set(masters.map(({ options }) => `${options.host}:${options.port}`));
  for (let slot = 0; slot < slots; slot++) {
    const [owner = ''] = client.slots[slot] ?? [];
    if (!known.has(owner))
      throw new AskonceError('store_failed', 'A part of the Redis Cluster has no reachable master.');
  }
  return masters;
}

export function isCluster(client: RedisClient): client is Cluster {
  return client.isCluster;
}

/** Whether the server itself refused a command, with this word at the front of its message. */
export function isReplyError(error: unknown, word: string): boolean {
  return error instanceof RedisError && error.word === word;
}

/** Lists of keys that share a slot each, in a Cluster; else one list. */
export function bySlot(client: RedisClient, keys: readonly string[]): readonly (readonly string[])[] {
  if (!isCluster(client)) return keys.length === 0 ? [] : [keys];
  return [...Map.groupBy(keys, hashTag).values()];
}
