/**
 * Redis in every kind of trouble, while a thousand requests are on their way: each is answered with its own answer, and
 * the gateway uses Redis again by itself once the trouble is over.
 */
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { chatAnswer, chatRequest, startRememberingProvider } from '../packages/gateway/test-kit/gateway.ts';
import { type RedisServer, startRedis } from './support/redis-server.ts';
import { type SharingGateway, startSharingGateways } from './support/sharing-gateways.ts';

interface Scene {
  readonly redis: RedisServer;
  readonly proxy: SharingGateway['proxy'];
  /** Sends one command past the proxy. */
  command(name: string, ...words: (string | number)[]): Promise<unknown>;
}

interface Trouble {
  begin(scene: Scene): unknown;
  end(scene: Scene): unknown;
}

const troubles: Readonly<Record<string, Trouble>> = {
  'is killed': { begin: ({ redis }) => redis.kill(), end: ({ redis }) => redis.restart() },
  'is paused': { begin: ({ redis }) => redis.pause(), end: ({ redis }) => redis.resume() },
  'comes back empty': { begin: ({ redis }) => redis.restartEmpty(), end: () => undefined },
  'is out of memory': {
    async begin({ command }) {
      await command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
      await command('CONFIG', 'SET', 'maxmemory', 1);
    },
    end: ({ command }) => command('CONFIG', 'SET', 'maxmemory', 0),
  },
  'is cut off in the middle of an answer': {
    begin: ({ proxy }) => proxy.cutAfter(1234, 'to client'),
    end: ({ proxy }) => proxy.heal(),
  },
  'is cut off in the middle of a command': {
    begin: ({ proxy }) => proxy.cutAfter(1234, 'to server'),
    end: ({ proxy }) => proxy.heal(),
  },
  'is slow': { begin: ({ proxy }) => proxy.delay(400), end: ({ proxy }) => proxy.heal() },
  'answers garbage': {
    begin: ({ proxy }) => proxy.answerWith('\u0000\u00ff no such protocol\r\n*3\r\n$-9\r\n'),
    end({ proxy }) {
      proxy.heal();
      proxy.cut();
    },
  },
  'refuses connections': { begin: ({ proxy }) => proxy.refuse(), end: ({ proxy }) => proxy.heal() },
  'refuses the password': {
    async begin({ command, proxy }) {
      await command('CONFIG', 'SET', 'requirepass', 'changed');
      proxy.cut();
    },
    end: ({ command }) => command('CONFIG', 'SET', 'requirepass', ''),
  },
};

/** Asks `count` questions, `atOnce` at a time; every fifth has been asked before. */
async function askMany(gateway: SharingGateway, from: number, count: number, atOnce: number): Promise<void> {
  let next = 0;
  const asker = async () => {
    while (next < count) {
      const number = next++;
      const question = number % 5 === 0 ? `known ${number % 50}` : `new ${from + number}`;
      const { status, body } = await gateway.process.ask('/v1/chat/completions', chatRequest(question));
      const text = body.toString('utf8');
      if (status !== 200 || !text.includes(`"answer to ${question}"`))
        throw new Error(`${question}: ${status} ${text.slice(0, 200)}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, asker));
}

describe('where Redis', () => {
  it.each(Object.entries(troubles))(
    '%s, a thousand requests are all answered, and Redis is used again afterwards',
    async (_, trouble) => {
      const redis = await startRedis();
      const control = new Redis({ port: redis.port, lazyConnect: true, retryStrategy: () => 50 });
      control.on('error', () => {});
      onTestFinished(() => control.disconnect());
      const { url } = await startRememberingProvider(({ body }) => {
        const { messages } = JSON.parse(body);
        return { body: chatAnswer(`answer to ${messages[0].content}`) };
      });
      const [gateway] = await startSharingGateways(1, {
        redisPort: redis.port,
        provider: url,
        environment: { ASKONCE_BREAKER_MS: '300', ASKONCE_STORE_BUDGET_MS: '100' },
      });
      if (gateway === undefined) throw new TypeError('there is no gateway');
      const scene: Scene = {
        redis,
        proxy: gateway.proxy,
        command: (name, ...words) => control.call(name, ...words),
      };
      await control.connect();
      await askMany(gateway, 0, 100, 20);

      const asked = askMany(gateway, 1000, 1000, 100);
      await trouble.begin(scene);
      await asked;
      await askMany(gateway, 3000, 200, 100);

      await trouble.end(scene);
      let number = 10_000;
      await expect
        .poll(
          async () => {
            const question = `after ${number++}`;
            const answer = await gateway.process.ask('/v1/chat/completions', chatRequest(question));
            const kept = String(answer.headers['askonce-key']);
            return await control.exists(kept).catch(() => 0);
          },
          { timeout: 15_000, interval: 100 },
        )
        .toBe(1);
    },
    60_000,
  );
});
