/**
 * Gateways with a semantic tier before an embedder whose similarities a test chooses, as processes, and what a test asks
 * of each.
 */
import { expect } from 'vitest';
import { z } from 'zod';
import type { GatewayProcess } from './gateway-process.ts';
import { chatRequest } from './remembering-provider.ts';
import { polled } from './shared-gateways.ts';

/** 5 degrees apart is a similarity of 0.996; other questions lie apart from these. */
export const topics = {
  'reset my password': 0,
  'password be reset': 5,
  'swallows fly': 90,
  'whales sing': 180,
};
export const asked = 'How can I reset my password?';
export const another = 'Where do swallows fly in winter?';

const semantic = /hit.*detail="semantic"/;
export const isSemantic = ({ cacheStatus }: Answered) => semantic.test(cacheStatus);

/** Words that were not used before, so that no exact hit answers. */
let turn = 0;
function inNewWords(): string {
  turn += 1;
  return `How can my password be reset, in ${turn} steps?`;
}

const report = z.object({ indexes: z.object({ vectors: z.number() }), blocked: z.number() });
const health = z.object({ components: z.object({ redis: z.object({ status: z.string() }).optional() }) });

interface Answered {
  readonly status: number;
  readonly cacheStatus: string;
  readonly match: string;
}

interface Gateway {
  /** The present process. */
  readonly process: Pick<GatewayProcess, 'ask'>;
  admin(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ readonly status: number; readonly text: string }>;
}

/** The environment of a gateway with that embedder, which serves from a similarity of 0.95 on, without guards. */
export const semanticEnvironment = (embedder: string): Readonly<Record<string, string>> => ({
  ENABLE_SEMANTIC_CACHE: 'on',
  SEMANTIC_EMBEDDER: 'remote',
  SEMANTIC_MODEL: 'plane',
  EMBEDDINGS_BASE_URL: embedder,
  EMBEDDINGS_API_KEY: 'sk-embedder',
  SEMANTIC_UPPER: '0.95',
  SEMANTIC_GUARDS: 'none',
  SEMANTIC_EMBEDDER_MS: '30000',
});

export function semanticGateway(gateway: Gateway) {
  /** State of its Redis, if it has one. */
  async function redis(): Promise<string> {
    const { text } = await gateway.admin('GET', '/cache/health');
    return health.parse(JSON.parse(text)).components.redis?.status ?? 'ok';
  }
  const own = {
    async ask(question: string, headers: Readonly<Record<string, string>> = {}): Promise<Answered> {
      const answer = await gateway.process.ask('/v1/chat/completions', chatRequest(question), headers);
      return {
        status: answer.status,
        cacheStatus: String(answer.headers['cache-status']),
        match: String(answer.headers['askonce-match']),
      };
    },
    /**
     * Asks until the answer is stored where the others find it: while Redis cannot be reached, a gateway stores it in its
     * own memory alone, and nothing at all while it has not read the invalidation log for a second.
     */
    async stores(question: string, headers: Readonly<Record<string, string>> = {}): Promise<Answered> {
      await polled(redis, (status) => status === 'ok');
      return await polled(
        () => own.ask(question, headers),
        ({ cacheStatus }) => /hit|stored/.test(cacheStatus),
      );
    },
    /** Asks in other words whether a stored answer is served. Calls no provider and stores nothing. */
    probe: (): Promise<Answered> => own.ask(inNewWords(), { 'cache-control': 'only-if-cached' }),
    /** Waits for a semantic hit: a process that has just started loads for a while. */
    semanticHit: async (): Promise<Answered> => {
      const hit = await polled(own.probe, isSemantic);
      expect(hit.cacheStatus).toMatch(semantic);
      return hit;
    },
    async semantic() {
      return report.parse(JSON.parse((await gateway.admin('GET', '/cache/semantic')).text));
    },
    async has(vectors: number): Promise<void> {
      const now = await polled(
        async () => (await own.semantic()).indexes.vectors,
        (count) => count === vectors,
      );
      expect(now).toBe(vectors);
    },
    wrong: (match: string) => gateway.admin('POST', '/cache/feedback', { match, verdict: 'wrong' }),
  };
  return own;
}

interface Restarting {
  readonly gateway: Gateway & { restart(): Promise<void> };
}

type SemanticGateway = ReturnType<typeof semanticGateway> & Restarting;

/** Feedback at the other gateway on a hit of one that is killed: it holds at both, for the credential that got the hit. */
export async function feedbackElsewhere({
  one,
  other,
}: {
  readonly one: SemanticGateway;
  readonly other: SemanticGateway;
}): Promise<void> {
  await one.stores(asked);
  await other.has(1);
  await other.semanticHit();
  const { match } = await one.semanticHit();
  // The gateway that gave the hit is killed before its feedback comes.
  await one.gateway.restart();
  const verdict = JSON.stringify({ match, verdict: 'wrong' });
  const stranger = { authorization: 'Bearer sk-stranger' };
  expect((await other.gateway.process.ask('/cache/feedback', verdict, stranger)).status).toBe(403);
  expect((await other.semantic()).blocked).toBe(0);
  expect((await other.gateway.process.ask('/cache/feedback', verdict)).status).toBe(200);
  expect((await other.probe()).status).toBe(504);
  await one.has(1);
  const { blocked } = await polled(
    () => one.semantic(),
    (now) => now.blocked === 1,
  );
  expect(blocked).toBe(1);
  expect((await one.probe()).status).toBe(504);
  expect((await one.gateway.process.ask('/cache/feedback', verdict)).status).toBe(200);
  const forged = JSON.stringify({ match: match.slice(0, -1), verdict: 'wrong' });
  expect((await one.gateway.process.ask('/cache/feedback', forged)).status).toBe(404);
}
