/**
 * Redis in every kind of trouble, with a thousand requests in flight on two gateways: each gets its own
 * answer, and both gateways use Redis again by themselves once the trouble is over.
 */
import { Redis } from 'ioredis';
import { Agent, request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type SharingGateway, startSharingGateways } from './support/gateway-processes-on-redis.ts';
import { type RedisServer, startRedis } from './support/redis-server.ts';
import { chatAnswer, chatRequest, startProvider } from './support/remembering-provider.ts';

interface Scene {
  readonly redis: RedisServer;
  readonly gateways: readonly SharingGateway[];
  /** Sends one command past the proxies. */
  command(name: string, ...words: (string | number)[]): Promise<unknown>;
}

interface Trouble {
  begin(scene: Scene): unknown;
  end(scene: Scene): unknown;
  /** Whether commands fail for as long as it lasts, so that the breaker must open. */
  readonly lasts: boolean;
}

const each = (act: (proxy: SharingGateway['proxy']) => void) => (scene: Scene) => {
  for (const { proxy } of scene.gateways) act(proxy);
};

const troubles: Readonly<Record<string, Trouble>> = {
  'is killed': { begin: ({ redis }) => redis.kill(), end: ({ redis }) => redis.restart(), lasts: true },
  'is paused': { begin: ({ redis }) => redis.pause(), end: ({ redis }) => redis.resume(), lasts: true },
  'comes back empty': { begin: ({ redis }) => redis.restartEmpty(), end: () => undefined, lasts: false },
  'is out of memory': {
    async begin({ command }) {
      await command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
      await command('CONFIG', 'SET', 'maxmemory', 1);
    },
    end: ({ command }) => command('CONFIG', 'SET', 'maxmemory', 0),
    lasts: true,
  },
  'is cut off in the middle of an answer': {
    begin: each((proxy) => proxy.cutAfter(1234, 'to client')),
    end: each((proxy) => proxy.heal()),
    lasts: true,
  },
  'is cut off in the middle of a command': {
    begin: each((proxy) => proxy.cutAfter(1234, 'to server')),
    end: each((proxy) => proxy.heal()),
    lasts: true,
  },
  'is slow': {
    begin: each((proxy) => proxy.delay(400)),
    end: each((proxy) => proxy.heal()),
    lasts: true,
  },
  'answers garbage': {
    begin: each((proxy) => proxy.answerWith('\u0000\u00ff no such protocol\r\n*3\r\n$-9\r\n')),
    end: each((proxy) => {
      proxy.heal();
      proxy.cut();
    }),
    lasts: true,
  },
  'refuses connections': {
    begin: each((proxy) => proxy.refuse()),
    end: each((proxy) => proxy.heal()),
    lasts: true,
  },
  'refuses the password': {
    async begin(scene) {
      await scene.command('CONFIG', 'SET', 'requirepass', 'changed');
      each((proxy) => proxy.cut())(scene);
    },
    end: ({ command }) => command('CONFIG', 'SET', 'requirepass', ''),
    lasts: true,
  },
};

/** A provider that answers questions beginning with "held" only once they are released. */
async function holdingProvider() {
  let held: (() => void)[] | undefined = [];
  const url = await startProvider((asked, response) => {
    const chunks: Buffer[] = [];
    asked.on('data', (chunk: Buffer) => chunks.push(chunk));
    asked.on('end', () => {
      const { messages } = JSON.parse(Buffer.concat(chunks).toString('utf8'));
      const question = String(messages[0].content);
      const answer = () => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(chatAnswer(`answer to ${question}`));
      };
      if (held !== undefined && question.startsWith('held')) held.push(answer);
      else answer();
    });
  });
  return {
    url,
    get held() {
      return held?.length ?? 0;
    },
    release() {
      const waiting = held ?? [];
      held = undefined;
      for (const answer of waiting) answer();
    },
  };
}

describe('where Redis', () => {
  it.each(Object.entries(troubles))(
    'while Redis %s, a thousand requests in flight are all answered, and Redis is used again afterwards',
    async (_, trouble) => {
      const redis = await startRedis();
      const control = new Redis({ port: redis.port, lazyConnect: true, retryStrategy: () => 50 });
      control.on('error', () => {});
      onTestFinished(() => control.disconnect());
      const provider = await holdingProvider();
      const gateways = await startSharingGateways(2, {
        redisPort: redis.port,
        provider: provider.url,
        environment: { ASKONCE_BREAKER_MS: '300', ASKONCE_STORE_BUDGET_MS: '100' },
      });
      const scene: Scene = { redis, gateways, command: (name, ...words) => control.call(name, ...words) };
      await control.connect();
      const dispatcher = new Agent({ connections: 1000 });
      onTestFinished(() => dispatcher.destroy());

      /** Asks a question at every other gateway; the key of the answer, which must be the question's own. */
      async function ask(question: string, number: number): Promise<string> {
        const { process } = gateways[number % gateways.length] ?? {};
        const answer = await request(`${process?.url}/v1/chat/completions`, {
          method: 'POST',
          dispatcher,
          headers: { 'content-type': 'application/json', authorization: 'Bearer sk-test' },
          body: chatRequest(question),
        });
        const text = await answer.body.text();
        if (answer.statusCode !== 200 || !text.includes(`"answer to ${question}"`))
          throw new Error(`${question}: ${answer.statusCode} ${text.slice(0, 200)}`);
        return String(answer.headers['askonce-key']);
      }
      const askMany = (count: number, question: (number: number) => string) =>
        Promise.all(Array.from({ length: count }, (_, number) => ask(question(number), number)));

      await askMany(100, (number) => `known ${number >> 1}`);
      // The first two hundred are asked at both gateways: one of them follows the other.
      const inFlight = askMany(1000, (number) => `held ${number < 200 ? number >> 1 : number}`);
      await expect.poll(() => provider.held, { timeout: 15_000 }).toBeGreaterThanOrEqual(900);
      await trouble.begin(scene);
      provider.release();
      await inFlight;
      for (let round = 0; round < 5; round++)
        await askMany(40, (number) => (number % 4 === 0 ? `known ${number >> 1}` : `new ${round} ${number}`));
      const hasOpened = gateways.map(({ process }) => /left alone|breaker/i.test(process.err));
      if (trouble.lasts) expect(hasOpened).toEqual([true, true]);

      await trouble.end(scene);
      let number = 0;
      for (const [index] of gateways.entries()) {
        await expect
          .poll(async () => control.exists(await ask(`after ${++number}`, index)).catch(() => 0), {
            timeout: 15_000,
            interval: 100,
          })
          .toBe(1);
      }
    },
    60_000,
  );
});
