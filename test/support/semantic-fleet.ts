/**
 * Four gateway processes with semantic tiers, on one Redis that is harmed, as places of random histories.
 */
import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import { type SharingGateway, startSharingGateways, troubledBudget } from './gateway-processes-on-redis.ts';
import { type RedisServer, startRedis } from './redis-server.ts';
import { clientOf } from './redis-stores.ts';
import { chatAnswer, chatRequest, startRememberingProvider } from './remembering-provider.ts';
import { semanticEnvironment } from './semantic-gateways.ts';
import type { Wish } from './semantic-histories.ts';
import { type Place, type SemanticModel, spreadMs } from './semantic-model.ts';
import { startEmbedder } from './semantic-services.ts';
import { polled } from './shared-gateways.ts';

/** Lifetime of answers to requests that ask for a short one. */
export const shortMs = 1_000;

/** Names the request to the provider, and means nothing to the cache. */
const requestNumber = 'x-correlation-id';
const isSemantic = /hit.*detail="semantic"/;
const isHit = /^askonce; hit/;

/** `topics`: degrees of the words that place a question. */
export async function startSemanticFleet(count: number, topics: Readonly<Record<string, number>>) {
  const redis = await startRedis();
  const embedder = await startEmbedder(topics);
  const wishes: (() => string)[] = [];
  const provider = await startRememberingProvider(({ headers }) => {
    const make = wishes[Number(headers[requestNumber])];
    return { body: chatAnswer(make?.() ?? 'An answer of its own.') };
  });
  const gateways = await startSharingGateways(count, {
    redisPort: redis.port,
    provider: provider.url,
    environment: {
      ...troubledBudget,
      ...semanticEnvironment(embedder.url),
      SEMANTIC_GATES: 'none',
      ENABLE_LEDGER: 'false',
    },
  });

  const placeOf = (gateway: SharingGateway): Place => {
    async function admin(method: string, path: string, body?: unknown): Promise<void> {
      const { status, text } = await gateway.admin(method, path, body);
      if (status !== 200) throw new Error(`${path} was answered ${status}: ${text}`);
    }
    return {
      async ask(wish, make) {
        const { life, process } = gateway;
        if (life === undefined) return undefined;
        const headers = { ...headersOf(wish), [requestNumber]: String(wishes.push(make) - 1) };
        const body = chatRequest(wish.wording, { model: wish.walls.model });
        const answer = await process.ask('/v1/chat/completions', body, headers).catch((error: unknown) => {
          if (gateway.life === life) throw error;
          return undefined;
        });
        if (answer === undefined) return undefined;
        const text = answer.body.toString('utf8');
        if (answer.status !== 200) throw new Error(`it was answered ${answer.status}: ${text}`);
        const status = String(answer.headers['cache-status']);
        const match = isSemantic.test(status) ? String(answer.headers['askonce-match']) : undefined;
        return { text, isHit: isHit.test(status), match };
      },
      invalidate: (selector) => admin('POST', '/cache/invalidate', selector),
      erase: (user) => admin('DELETE', `/cache/users/${user}`),
      wrong: (match) => admin('POST', '/cache/feedback', { match, verdict: 'wrong' }),
    };
  };

  return { redis, gateways, places: gateways.map(placeOf) };
}

export type SemanticFleet = Awaited<ReturnType<typeof startSemanticFleet>>;

function headersOf({ walls, team, category, isShort }: Wish): Readonly<Record<string, string>> {
  const { key, tenant, user, language } = walls;
  const all = {
    authorization: `Bearer sk-${key}`,
    'askonce-tenant': tenant,
    'askonce-user': user,
    'askonce-language': language,
    'askonce-category': category,
    'askonce-tags': team === undefined ? undefined : `team=${team}`,
    'askonce-ttl': isShort ? String(shortMs / 1_000) : undefined,
  };
  return Object.fromEntries(Object.entries(all).flatMap(([name, value]) => (value ? [[name, value]] : [])));
}

const constant = <Name extends string>(name: Name) => fc.record({ do: fc.constant(name) });

/** Faults, and time that passes while they last. */
export const harmAt = (place: fc.Arbitrary<number>) =>
  fc.oneof(
    { weight: 2, arbitrary: fc.record({ do: fc.constant('kill' as const), at: place }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('stop' as const),
        at: place,
        ms: fc.constantFrom(200, 600, 1_300),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('messages' as const), at: place, dropped: fc.boolean() }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('cut' as const), at: place }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('flush' as const), restarts: fc.boolean() }) },
    { weight: 2, arbitrary: constant('unfeed' as const) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(300, 2_100) }),
    },
    { weight: 3, arbitrary: constant('chase' as const) },
  );

export type HarmStep = ReturnType<typeof harmAt> extends fc.Arbitrary<infer Step> ? Step : never;

/** What does the harm of a step. */
export function harming({ redis, gateways }: SemanticFleet, model: SemanticModel) {
  const admin = clientOf(redis.url);

  async function flush(server: RedisServer, restarts: boolean): Promise<void> {
    if (restarts) await server.restartEmpty();
    await polled(
      () => admin.flushall().catch(() => ''),
      (reply) => reply === 'OK',
    );
  }

  async function stopAndGoOn({ process }: SharingGateway, ms: number): Promise<void> {
    process.child.kill('SIGSTOP');
    await setTimeout(ms);
    process.child.kill('SIGCONT');
  }

  return async (step: HarmStep): Promise<void> => {
    if (step.do === 'wait') await setTimeout(step.ms);
    else if (step.do === 'chase') {
      // What was removed or blocked is so everywhere by then.
      await setTimeout(spreadMs + 50);
      await model.chase();
    } else if (step.do === 'flush') await model.lose(() => flush(redis, step.restarts));
    else if (step.do === 'unfeed') await admin.del('askonce:v1:{feed}:head', 'askonce:v1:{feed}:rows');
    else {
      const gateway = gateways[step.at];
      if (gateway?.life === undefined) return;
      if (step.do === 'kill') model.beside(gateway.restart());
      else if (step.do === 'stop') model.beside(stopAndGoOn(gateway, step.ms));
      else if (step.do === 'messages') gateway.proxy.dropMessages(step.dropped);
      else gateway.proxy.cut();
    }
  };
}
