/**
 * Random histories over four gateway processes and one Redis: writes, reads, joins, invalidations, lost messages, cut
 * connections, gateways that are killed, a Redis that comes back empty. A request that begins after an invalidation has
 * been answered is not served an answer that it removed: at that gateway at once, at the others a second later.
 */
import { setTimeout as after } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { json } from './support/gateway.ts';
import {
  type SharingGateway,
  startSharingGateways,
  troubledBudget,
} from './support/gateway-processes-on-redis.ts';
import { type RedisServer, startRedis } from './support/redis-server.ts';
import { chatAnswer, chatRequest, startProvider } from './support/remembering-provider.ts';

/** A seeded generator, so that a failing history can be run again. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const topics = ['red', 'green', 'blue'];
const questions = ['one?', 'two?', 'three?'];
/** Some requests bring one of these, others of the same question bring none. */
const teams = ['a', 'b'];

/** An invalidation that was confirmed: of a topic, of a team, or of everything. */
interface Invalidated {
  readonly gateway: number;
  readonly topic?: string | undefined;
  readonly team?: string | undefined;
  readonly sent: number;
  readonly answered: number;
}

interface Served {
  readonly gateway: number;
  readonly topic: string;
  readonly team: string | undefined;
  readonly asked: number;
  readonly received: number;
  /** When the provider was called for the answer that was served. */
  readonly began: number;
  readonly how: string;
}

const now = () => performance.now();

/** A provider whose answers say when they began. */
async function timingProvider(random: (below: number) => number) {
  let calls = 0;
  const url = await startProvider((request, response) => {
    const began = now();
    calls++;
    request.resume();
    request.on('end', () => {
      setTimeout(
        () => {
          response.writeHead(200, { 'content-type': 'application/json' });
          response.end(chatAnswer(`began ${began}`));
        },
        random(5) === 0 ? 400 : random(40),
      );
    });
  });
  return {
    url,
    get calls() {
      return calls;
    },
  };
}

class History {
  readonly invalidated: Invalidated[] = [];
  readonly served: Served[] = [];
  readonly failures: string[] = [];
  readonly #gateways: readonly SharingGateway[];
  readonly #redis: RedisServer;
  readonly #random: (below: number) => number;

  constructor(gateways: readonly SharingGateway[], redis: RedisServer, random: (below: number) => number) {
    this.#gateways = gateways;
    this.#redis = redis;
    this.#random = random;
  }

  async ask(): Promise<void> {
    const [index, gateway] = this.#pick();
    const topic = topics[this.#random(topics.length)] ?? '';
    const question = questions[this.#random(questions.length)] ?? '';
    const team = teams[this.#random(2 * teams.length)];
    const asked = now();
    const { life } = gateway;
    try {
      const answer = await gateway.process.ask('/v1/chat/completions', chatRequest(`${topic} ${question}`), {
        ...json,
        'askonce-tags': team === undefined ? `topic=${topic}` : `topic=${topic}, team=${team}`,
      });
      const text = answer.body.toString('utf8');
      const began = Number(/began ([\d.]+)/.exec(text)?.[1]);
      if (answer.status === 200 && Number.isFinite(began))
        this.served.push({
          gateway: index,
          topic,
          team,
          asked,
          received: now(),
          began,
          how: String(answer.headers['cache-status']),
        });
      else this.failures.push(`${answer.status} ${text.slice(0, 200)}`);
    } catch (error) {
      // A killed gateway does not answer.
      if (life !== undefined && life === gateway.life) this.failures.push(String(error));
    }
  }

  async invalidate(): Promise<void> {
    const [index, gateway] = this.#pick();
    const what = this.#random(6);
    const topic = what === 0 || what > 3 ? undefined : topics[this.#random(topics.length)];
    const team = what > 3 ? teams[this.#random(teams.length)] : undefined;
    const sent = now();
    const tags = [
      ...(topic === undefined ? [] : [`topic=${topic}`]),
      ...(team === undefined ? [] : [`team=${team}`]),
    ];
    const selector = tags.length === 0 ? { all: true } : { tags };
    try {
      const { status, text } = await gateway.admin('POST', '/cache/invalidate', selector);
      if (status === 200) this.invalidated.push({ gateway: index, topic, team, sent, answered: now() });
      else if (status !== 503) this.failures.push(`${status} ${text}`);
    } catch {
      // Killed before it confirmed the invalidation: nothing was promised.
    }
  }

  async trouble(): Promise<void> {
    const [, gateway] = this.#pick();
    const { proxy } = gateway;
    switch (this.#random(6)) {
      case 0:
        proxy.dropMessages(true);
        break;
      case 1:
        proxy.cut();
        break;
      case 2:
        proxy.hold();
        await after(this.#random(2500));
        proxy.release();
        break;
      case 3:
        proxy.refuse();
        await after(this.#random(2500));
        proxy.heal();
        break;
      case 4:
        await gateway.restart();
        break;
      default:
        await this.#redis.restartEmpty();
    }
  }

  /** Answers that were served although they had been invalidated. */
  violations(): readonly string[] {
    const answers = Map.groupBy(this.served, ({ began }) => began);
    /** Whether the answer is served to the team now, or was before the invalidation was sent. */
    const isTeams = (team: string, { began, ...one }: Served, sent: number) =>
      one.team === team ||
      (answers.get(began) ?? []).some((other) => other.team === team && other.received < sent);
    return this.served.flatMap((one) => {
      const by = this.invalidated.find(
        ({ gateway, topic, team, sent, answered }) =>
          (topic === undefined || topic === one.topic) &&
          (team === undefined || isTeams(team, one, sent)) &&
          one.began < sent &&
          one.asked > answered + (gateway === one.gateway ? 0 : 1000),
      );
      return by === undefined ? [] : [`${JSON.stringify(one)} after ${JSON.stringify(by)}`];
    });
  }

  /** The number of answers that were served both to a team and to requests without one, or to two teams. */
  get sharedWithTeams(): number {
    const answers = Map.groupBy(this.served, ({ began }) => began);
    const isShared = (all: readonly Served[]) => new Set(all.map(({ team }) => team)).size > 1;
    return [...answers.values()].filter(isShared).length;
  }

  #pick(): readonly [number, SharingGateway] {
    const index = this.#random(this.#gateways.length);
    const gateway = this.#gateways[index];
    if (gateway === undefined) throw new TypeError('there is no such gateway');
    return [index, gateway];
  }
}

async function repeat(until: number, action: () => Promise<void>, pauseMs: () => number): Promise<void> {
  while (now() < until) {
    await action();
    await after(pauseMs());
  }
}

describe('four gateways that share a Redis', () => {
  it.each([1, 2, 3])(
    'four gateways never serve an answer invalidated before the request began, whatever happens to messages, connections, processes and Redis (history %i)',
    async (seed) => {
      const random = randomOf(seed);
      const redis = await startRedis();
      const provider = await timingProvider(random);
      const gateways = await startSharingGateways(4, {
        redisPort: redis.port,
        provider: provider.url,
        environment: {
          ...troubledBudget,
          ASKONCE_BREAKER_MS: '500',
          ASKONCE_LEASE_MS: '2000',
          ASKONCE_PROGRESS_MS: '1000',
        },
      });
      const history = new History(gateways, redis, random);
      const end = now() + 12_000;
      await Promise.all([
        ...Array.from({ length: 12 }, () =>
          repeat(
            end,
            () => history.ask(),
            () => random(30),
          ),
        ),
        ...Array.from({ length: 2 }, () =>
          repeat(
            end,
            () => history.invalidate(),
            () => 50 + random(250),
          ),
        ),
        repeat(
          end,
          () => history.trouble(),
          () => 200 + random(600),
        ),
      ]);
      expect(history.violations()).toEqual([]);
      expect(history.failures).toEqual([]);
      expect(history.invalidated.length).toBeGreaterThan(10);
      expect(history.sharedWithTeams).toBeGreaterThan(10);
      // The history exercises the cache: many requests were served answers that others had caused.
      expect(history.served.length).toBeGreaterThan(1.3 * provider.calls);
    },
    60_000,
  );
});
