/**
 * Following in Redis: a flight's frames in a stream beside its entry, read by blocking connections, and messages to the
 * inbox of the leading process.
 *
 * Each publication is one element of the stream, numbered 1, 2, 3 … by its publisher: a lost element leaves a gap that
 * every follower sees, so that no follower ever joins frames across a gap.
 */

import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../../clock.ts';
import type { KeyRing } from '../../../entry/key-ring.ts';
import { AskonceError } from '../../../errors.ts';
import { tryParseJson } from '../../../json.ts';
import { recentMap } from '../../../recent-map.ts';
import { Listeners } from '../../listeners.ts';
import type { Following } from '../../shared.ts';
import { BlockingConnections } from '../server/blocking-connections.ts';
import type { RedisClient } from '../server/client.ts';
import { RedisScript, send } from '../server/client.ts';
import type { Subscriber } from '../server/subscriber.ts';
import { frameSeal } from './seal.ts';
import { StreamReader } from './stream-reader.ts';

export interface RedisFollowingOptions {
  readonly client: RedisClient;
  /** First part of every key. */
  readonly prefix: string;
  /** Time-out of a command, in ms. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly subscriber: Subscriber;
  /** Most blocking connections; a follower that finds none free polls instead. */
  readonly blockingConnections: number;
  /** Bound on one stream, in bytes; publishing more is refused. Default 16 777 216. */
  readonly maxStreamBytes?: number | undefined;
  /** Encrypts frames. Default: not encrypted. */
  readonly encryption?: KeyRing | undefined;
}

export interface RedisFollowing extends Following {
  /** Ends all followers and all connections. */
  close(): void;
}

const defaults = { maxStreamBytes: 16_777_216 } as const;
/** Streams whose counts are remembered; a publisher has few at a time. */
const countedStreams = 8_192;
/** Frames in one call of the script, well below what Lua can unpack. */
const framesAtOnce = 1_000;

/** Key: stream. Arguments: number, expiry in ms, frames. Appends and expires in one step: a stream without expiry is a leak. */
const publishFrames = new RedisScript(`
local fields = {}
for at = 3, #ARGV do
  fields[#fields + 1] = 'f'
  fields[#fields + 1] = ARGV[at]
end
redis.call('XADD', KEYS[1], ARGV[1] .. '-0', unpack(fields))
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
`);

/** Scripts that are loaded when the store opens. */
export const followingScripts = [publishFrames] as const;

const askedSchema = z.tuple([z.string().min(1).max(1_024), z.string().max(256)]);

export function redisFollowing(options: RedisFollowingOptions): RedisFollowing {
  const { client, prefix, timeoutMs, clock, subscriber, blockingConnections } = options;
  const { maxStreamBytes = defaults.maxStreamBytes } = options;
  const inbox = randomBytes(12).toString('base64url');
  const connections = new BlockingConnections({ client, clock, timeoutMs, most: blockingConnections });
  const published = recentMap<{ elements: number; bytes: number }>(countedStreams);
  const seal = frameSeal(options.encryption);
  const closing = new AbortController();
  const askedFor = new Listeners<[key: string, name: string]>();

  const stopListening = subscriber.listen(channelOf(prefix, inbox), {
    onMessage(message) {
      const asked = askedSchema.safeParse(tryParseJson(message));
      if (asked.success) askedFor.call(...asked.data);
    },
  });

  /** The number of the next element. Refuses frames beyond the bound. */
  function counted(stream: string, frames: readonly Uint8Array[]): number {
    const count = published.get(stream) ?? { elements: 0, bytes: 0 };
    count.bytes += frames.reduce((sum, { length }) => sum + length, 0);
    count.elements += 1;
    published.set(stream, count);
    if (count.bytes > maxStreamBytes)
      throw new AskonceError(
        'store_failed',
        `The stream of a flight would exceed ${maxStreamBytes} bytes (maxStreamBytes); it ends here.`,
      );
    return count.elements;
  }

  return {
    inbox,
    async ask(to, key, name) {
      await send(client, 'publish', [channelOf(prefix, to), JSON.stringify([key, name])], timeoutMs);
    },
    onAsked: (listener) => askedFor.add(listener),
    async publish(key, name, id, frames, expiresMs) {
      const stream = streamKey(key, name, id);
      const commands: Promise<unknown>[] = [];
      for (let at = 0; at < frames.length; at += framesAtOnce) {
        const some = frames.slice(at, at + framesAtOnce);
        const element = counted(stream, some);
        const sealed = some.map((frame, place) => seal.seal(frame, stream, element, place));
        commands.push(publishFrames.run(client, [stream], [element, expiresMs, ...sealed], timeoutMs));
      }
      await Promise.all(commands);
    },
    async *follow(key, name, id, idleMs, signal) {
      const ends = AbortSignal.any([signal, closing.signal]);
      const stream = streamKey(key, name, id);
      const reader = new StreamReader({ client, clock, timeoutMs, connections, stream, signal: ends });
      while (!ends.aborted) {
        const elements = await reader.read(idleMs);
        if (ends.aborted) return;
        yield elements.flatMap(({ number, frames }) =>
          frames.map((frame, place) => seal.open(frame, stream, number, place)),
        );
      }
    },
    close() {
      stopListening();
      closing.abort();
      connections.close();
    },
  };
}

function channelOf(prefix: string, inbox: string): string {
  return `${prefix}:v1:inbox:${inbox}`;
}

function streamKey(key: string, name: string, id: string): string {
  return [key, ...(name === '' ? [] : [name]), id, 'flight'].join(':');
}
