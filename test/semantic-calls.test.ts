/** What the semantic tier reports of calls that are paid for: what they used, and what they cost. */
import type { ObservedEvent } from 'askonce';
import {
  type JudgedPair,
  modelVerifier,
  remoteEmbedder,
  type VerifiedPair,
  type Verifier,
} from 'askonce/semantic';
import { fakeClock } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import { openVerdicts } from '../packages/askonce/src/semantic/verifiers/verifying.ts';
import { completion } from './support/chat.ts';
import { settled } from './support/gated-provider.ts';
import { capital, capitalAgain, setUpSemantic, wordEmbedder } from './support/semantic-set-up.ts';

type SemanticCall = Extract<ObservedEvent, { type: 'semantic-call' }>;

const callsIn = (events: readonly ObservedEvent[], part?: SemanticCall['part']) =>
  events.filter(
    (event): event is SemanticCall =>
      event.type === 'semantic-call' && (part === undefined || event.part === part),
  );

const service = { provider: 'https://embeddings.test/v1', model: 'emb-1' };
const inBand = { semanticUpper: 0.95, semanticLower: 0.5 };

describe('calls of the embedder', () => {
  it('each answered call is reported once with its usage, and a remembered vector is no call', async () => {
    const words = wordEmbedder();
    const { stored, events } = setUpSemantic({
      semantic: {
        embedder: {
          ...words,
          service,
          async embed(text, _signal, onBilled) {
            const vector = await words.embed(text);
            onBilled?.({ inputTokens: text.length, outputTokens: 0 });
            return vector;
          },
        },
      },
    });
    await stored({ question: capital });
    await stored({ question: capital, directives: { noCache: true } });
    await settled();
    const usages = callsIn(events).map(({ part, provider, model, usage, usd }) => ({
      part,
      provider,
      model,
      usage,
      usd,
    }));
    const call = { part: 'embedder', ...service, usd: undefined };
    // One for the text with which the tier begins, and one for the question.
    expect(usages).toEqual([
      { ...call, usage: { inputTokens: 5, outputTokens: 0 } },
      { ...call, usage: { inputTokens: capital.length, outputTokens: 0 } },
    ]);
  });

  it('an answer that is of no use was paid for, one that failed was not, and one of this process costs nothing', async () => {
    const failing = { isBilled: true };
    const { stored, events } = setUpSemantic({
      semantic: {
        embedder: {
          ...wordEmbedder(),
          service,
          async embed(_text, _signal, onBilled) {
            if (failing.isBilled) onBilled?.(undefined);
            throw new Error('of no use');
          },
        },
      },
    });
    await stored({ question: capital });
    failing.isBilled = false;
    await stored({ question: 'Another one?' });
    expect(callsIn(events).map(({ usage }) => usage)).toEqual([undefined, undefined]);
    const own = setUpSemantic();
    await own.stored({ question: capital });
    expect(callsIn(own.events)).toEqual([]);
  });

  it('the remote embedder reads the usage of its endpoint', async () => {
    const embedder = remoteEmbedder({
      baseUrl: 'https://embeddings.test/v1/',
      model: 'emb-1',
      async fetch() {
        const answer = { data: [{ embedding: [3, 4] }], usage: { prompt_tokens: 7, total_tokens: 7 } };
        return { status: 200, body: new Blob([JSON.stringify(answer)]).stream() };
      },
    });
    const { stored, events } = setUpSemantic({ semantic: { embedder } });
    await stored({ question: capital });
    await settled();
    expect(callsIn(events).at(-1)).toMatchObject({
      part: 'embedder',
      provider: 'https://embeddings.test/v1',
      model: 'emb-1',
      usage: { inputTokens: 7, outputTokens: 0 },
    });
  });
});

describe('calls of the verifier and the judge', () => {
  const usage = { inputTokens: 400, outputTokens: 2 };

  /** A model that says yes. */
  const model = (prices?: { readonly inputUsdPerMillion: number; readonly outputUsdPerMillion: number }) =>
    modelVerifier({
      baseUrl: 'https://models.test/v1',
      model: 'judge-1',
      prices,
      async fetch() {
        const message = { role: 'assistant', content: 'yes' };
        const answer = {
          choices: [{ index: 0, message, finish_reason: 'stop' }],
          usage: { prompt_tokens: 400, completion_tokens: 2, total_tokens: 402 },
        };
        return { status: 200, body: new Blob([JSON.stringify(answer)]).stream() };
      },
    });

  it('a verdict is reported with its usage, and with its cost if the prices are known', async () => {
    const costs: (number | undefined)[] = [];
    for (const prices of [undefined, { inputUsdPerMillion: 10, outputUsdPerMillion: 100 }]) {
      const { stored, events } = setUpSemantic({
        settings: { ...inBand, semanticJudge: 'none' },
        semantic: { verifier: model(prices) },
      });
      await stored({ question: capital });
      const asking = await stored({ question: capitalAgain });
      expect(asking.cacheStatus.detail).toBe('semantic');
      const [call, ...more] = callsIn(events);
      expect(more).toEqual([]);
      expect(call).toMatchObject({
        part: 'verifier',
        provider: 'https://models.test/v1',
        model: 'judge-1',
        usage,
      });
      costs.push(call?.usd);
    }
    expect(costs[0]).toBeUndefined();
    expect(costs[1]).toBeCloseTo(0.0042, 10);
  });

  it('a verifier that judges is reported as each of the two', async () => {
    const verifier = model();
    const judge = {
      name: verifier.name,
      service: verifier.service,
      judge: verifier.judge ?? verifier.verify,
    };
    const parts: unknown[] = [];
    const { verifier: verifying, judge: judging } = openVerdicts({
      ...{ verifier, judge, clock: fakeClock() },
      settings: { semanticVerifierMs: 1, semanticVerifierCallsPerMinute: 10, semanticVerifierUsdPerDay: 1 },
      onBilled: ({ part, usage: used, model: named }) => parts.push([part, named, used]),
    });
    const pair = {
      question: capital,
      earlierQuestion: capitalAgain,
      earlierAnswer: 'Paris.',
      language: 'en',
    };
    expect(await verifying?.decide(pair, 'p')).toBe('same');
    expect(await judging?.decide({ ...pair, answer: 'It is Paris.' }, 'p')).toBe('same');
    expect(parts).toEqual([
      ['verifier', 'judge-1', usage],
      ['judge', 'judge-1', usage],
    ]);
  });

  it('a verifier of one’s own is reported if it states a cost, and one that costs nothing is not', async () => {
    for (const usd of [0.25, 0]) {
      const verifier = { name: 'mine 2', verify: () => ({ verdict: 'same', usd }) as const };
      const { stored, events } = setUpSemantic({ settings: inBand, semantic: { verifier } });
      await stored({ question: capital });
      await stored({ question: capitalAgain });
      expect(callsIn(events)).toMatchObject(
        usd === 0 ? [] : [{ part: 'verifier', provider: '', model: 'mine 2', usd }],
      );
    }
  });

  it('a call that is given up may have cost the most that it can, and a failed one has cost nothing', async () => {
    const hanging: Verifier = {
      name: 'hanging',
      service: { provider: 'https://models.test/v1', model: 'judge-1' },
      usdAtMost: () => 0.5,
      verify: () => new Promise(() => {}),
    };
    const { stored, ask, clock, events, calls } = setUpSemantic({
      settings: inBand,
      semantic: { verifier: hanging },
    });
    await stored({ question: capital });
    void ask({ question: capitalAgain }).catch(() => {});
    await settled();
    clock.advance(2_000);
    await settled();
    expect(calls).toHaveLength(2);
    expect(callsIn(events)).toEqual([]);
    clock.advance(28_000);
    await settled();
    expect(callsIn(events)).toMatchObject([
      { part: 'verifier', usd: 0.5, usage: undefined, durationMs: 30_000 },
    ]);
    const failing = setUpSemantic({
      settings: inBand,
      semantic: { verifier: { ...hanging, verify: () => Promise.reject(new Error('down')) } },
    });
    await failing.stored({ question: capital });
    await failing.stored({ question: capitalAgain });
    expect(callsIn(failing.events)).toEqual([]);
  });
});

describe('a verifier that cannot be asked', () => {
  const words = ['Which is the capital city of France?', 'And what is the capital city of France?'];

  it('is not asked for a verdict once its budget is spent, and what it has said is still served', async () => {
    const asked: VerifiedPair[] = [];
    const verifier: Verifier = {
      name: 'metered',
      verify(pair) {
        asked.push(pair);
        return 'same';
      },
    };
    const { stored, events, clock } = setUpSemantic({
      settings: { ...inBand, semanticVerifierCallsPerMinute: 1 },
      semantic: { verifier },
    });
    await stored({ question: capital });
    const verdicts = () => events.filter(({ type }) => type === 'semantic-verdict').length;
    expect((await stored({ question: words[0] })).cacheStatus.detail).toBe('semantic');
    expect((await stored({ question: words[0] })).cacheStatus.detail).toBe('semantic');
    expect((await stored({ question: words[1] })).cacheStatus.kind).toBe('forward');
    expect([asked.length, verdicts()]).toEqual([1, 2]);
    clock.advance(60_001);
    expect((await stored({ question: 'What is a capital city of France?' })).cacheStatus.detail).toBe(
      'semantic',
    );
    expect(asked).toHaveLength(2);
  });

  it('a judge whose breaker has opened is asked again once that time is over', async () => {
    const judged: JudgedPair[] = [];
    let isDown = true;
    const { stored, clock } = setUpSemantic({
      settings: { semanticAuditShare: 1 },
      semantic: {
        sameAnswer(pair) {
          judged.push(pair);
          if (isDown) throw new Error('down');
          return true;
        },
      },
    });
    await stored({ question: capital });
    const letters = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const askAgain = async (letter = '') => {
      await stored(
        { question: `${letter} what is the capital city of France?` },
        completion({ text: `Paris ${letter}.` }),
      );
      await settled();
    };
    for (const letter of letters) await askAgain(letter);
    const before = judged.length;
    isDown = false;
    clock.advance(60_001);
    await askAgain('h');
    expect(before).toBeGreaterThanOrEqual(5);
    expect(judged.length).toBeGreaterThan(before);
  });
});
