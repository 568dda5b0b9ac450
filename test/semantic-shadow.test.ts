/**
 * Shadow mode and roll-out: the semantic tier looks up, judges and counts, and the provider answers.
 */
import type { ObservedEvent } from 'askonce';
import type { JudgedPair, VerifiedPair } from 'askonce/semantic';
import { describe, expect, it } from 'vitest';
import { chat, completion } from './support/chat.ts';
import { settled } from './support/gated-provider.ts';
import { capital, capitalAgain, otherCapital, setUpSemantic } from './support/semantic-set-up.ts';

const shadow = { semanticMode: 'shadow' } as const;
const inBand = { semanticUpper: 0.95, semanticLower: 0.5 };
const forwarded = { kind: 'forward', reason: 'miss', detail: 'shadow' };
const thirdCapital = 'The capital city of France is which?';

const eventsOf = <Type extends ObservedEvent['type']>(events: readonly ObservedEvent[], type: Type) =>
  events.filter((event): event is Extract<ObservedEvent, { readonly type: Type }> => event.type === type);

/** A verifier whose verdict the test gives. */
function slowVerifier() {
  const asked: VerifiedPair[] = [];
  const { promise, resolve } = Promise.withResolvers<'same' | 'different'>();
  const verifier = {
    name: 'slow',
    verify(pair: VerifiedPair) {
      asked.push(pair);
      return promise;
    },
  };
  return { verifier, asked, say: resolve };
}

describe('in shadow', () => {
  it('a semantic hit is not served: the provider answers, and the hit is reported with what it would have saved', async () => {
    const { stored, calls, events, cache } = setUpSemantic({ settings: shadow });
    await stored({ question: capital });
    const reply = await stored({ question: capitalAgain }, completion({ text: 'It is Paris.' }));
    expect(reply.cacheStatus).toMatchObject(forwarded);
    expect([reply.match, reply.similarity]).toEqual([undefined, undefined]);
    expect(calls).toHaveLength(2);
    expect(eventsOf(events, 'hit')).toEqual([]);
    const [hit] = eventsOf(events, 'semantic-shadow');
    expect(hit).toMatchObject({ similarity: expect.closeTo(0.857, 2), savedTokens: expect.any(Number) });
    expect(hit?.savedTokens).toBeGreaterThan(0);
    // The reader's own call, as of any miss.
    expect(eventsOf(events, 'provider-call').map(({ cause }) => cause)).toEqual(['leader', 'leader']);
    expect(await cache.semantic()).toMatchObject({
      mode: 'shadow',
      rollout: { percent: 0, served: 0 },
      shadow: { hits: 1, tokens: hit?.savedTokens },
      reuse: { questions: 1, reused: 1, similar: 1 },
      recommendation:
        'Name a judge before you serve: 1 of 1 questions would have been reused, and how many of them wrongly is not known, since nothing judges them.',
      pools: [{ decisions: { serve: 0, shadow: 1 } }],
    });
  });

  it('text that is the same but for politeness is not served either', async () => {
    const { stored, calls, cache } = setUpSemantic({ settings: shadow });
    await stored({ question: capital });
    const reply = await stored({ question: `Hello! ${capital} Thank you!` });
    expect(reply.cacheStatus).toMatchObject(forwarded);
    expect(calls).toHaveLength(2);
    expect((await cache.semantic()).reuse).toMatchObject({ reused: 1, identical: 1 });
  });

  it('exact hits are served as ever', async () => {
    const { stored, calls } = setUpSemantic({ settings: shadow });
    await stored({ question: capital });
    await stored({ question: capitalAgain });
    for (const question of [capital, capitalAgain])
      expect((await stored({ question })).cacheStatus).toMatchObject({ kind: 'hit', detail: 'memory' });
    expect(calls).toHaveLength(2);
  });

  it('what would have been a hit is judged by the answer that the reader got', async () => {
    const judged: JudgedPair[] = [];
    const sameAnswer = (pair: JudgedPair) => {
      judged.push(pair);
      return true;
    };
    const { stored, events, cache } = setUpSemantic({ settings: shadow, semantic: { sameAnswer } });
    await stored({ question: capital });
    const reply = await stored({ question: capitalAgain }, completion({ text: 'It is Paris.' }));
    expect(reply.cacheStatus).toMatchObject(forwarded);
    await settled();
    expect(judged).toMatchObject([
      { question: capitalAgain, earlierQuestion: capital, earlierAnswer: 'Paris.', answer: 'It is Paris.' },
    ]);
    expect(eventsOf(events, 'semantic-label')).toMatchObject([{ verdict: 'same' }]);
    expect(eventsOf(events, 'semantic-audit')).toEqual([]);
    const { pools, recommendation } = await cache.semantic();
    expect(pools[0]?.similar.labels).toEqual({ right: 1, wrong: 0 });
    expect(recommendation).toMatch(
      /^Stay in shadow: about \d+ more labels without a wrong one are needed to certify 2 %\.$/,
    );
  });

  it('a request that must not be sent to a provider gets no answer, and is not judged', async () => {
    const { stored, ask, calls, events } = setUpSemantic({
      settings: shadow,
      semantic: { sameAnswer: () => true },
    });
    await stored({ question: capital });
    await expect(ask({ question: capitalAgain, directives: { onlyIfCached: true } })).rejects.toMatchObject({
      code: 'not_cached',
    });
    expect(calls).toHaveLength(1);
    expect(eventsOf(events, 'semantic-shadow')).toEqual([]);
  });

  it('a stale answer to another question does not stand in for a provider that fails', async () => {
    const { stored, ask, calls, clock } = setUpSemantic({
      settings: { ...shadow, staleDays: 1, ttlDays: 10 },
    });
    await stored({ question: capital });
    clock.advance(2 * 86_400_000);
    await stored({ question: 'How far is the moon from here?' });
    const asked = ask({ question: capitalAgain });
    await settled();
    calls.at(-1)?.fail(new Error('down'));
    await expect(asked).rejects.toThrow();
  });

  it('an operator may block a stored answer by a pair that was not served', async () => {
    const { stored, cache, events } = setUpSemantic({ settings: shadow });
    await stored({ question: capital });
    await stored({ question: capitalAgain });
    const { nearMisses } = await cache.semantic();
    expect(nearMisses).toMatchObject([
      { keptApartBy: { by: 'shadow' }, question: capitalAgain, earlierQuestion: capital },
    ]);
    const { match = '' } = nearMisses[0] ?? {};
    const headers = { authorization: 'Bearer alpha' };
    await expect(cache.feedback({ match, verdict: 'wrong', headers })).rejects.toMatchObject({
      code: 'feedback_forbidden',
    });
    expect(await cache.feedback({ match, verdict: 'wrong' })).toEqual({ blocked: true });
    const explained = await cache.explain(chat({ question: thirdCapital }));
    const nearest = explained.kind === 'bypass' ? [] : (explained.semantic?.nearest ?? []);
    expect(nearest.map(({ question, keptApartBy }) => [question, keptApartBy?.by]).toSorted()).toEqual([
      [capital, 'blocked'],
      [capitalAgain, 'shadow'],
    ]);
    // It was no hit, and says nothing of those that are served.
    expect(eventsOf(events, 'semantic-feedback')).toMatchObject([{ verdict: 'wrong', blocked: true }]);
    expect((await cache.semantic()).pools[0]?.threshold).toBe(0.8);
  });
});

describe('a verifier in shadow', () => {
  it('is not waited for, and what it confirms behind the reader counts, is judged, and is listed', async () => {
    const { verifier, asked, say } = slowVerifier();
    const { stored, calls, events, cache } = setUpSemantic({
      settings: { ...shadow, ...inBand },
      semantic: { verifier, sameAnswer: () => true },
    });
    await stored({ question: capital });
    const reply = await stored({ question: capitalAgain });
    expect([calls.length, reply.cacheStatus.detail]).toEqual([2, undefined]);
    await settled();
    expect(asked).toMatchObject([{ question: capitalAgain, earlierQuestion: capital }]);
    expect(eventsOf(events, 'semantic-shadow')).toEqual([]);
    // A verdict on the pair by its similarity is of use as well.
    expect(eventsOf(events, 'semantic-label')).toHaveLength(1);
    expect((await cache.semantic()).pools[0]?.verified.labels).toEqual({ right: 0, wrong: 0 });
    say('same');
    await settled();
    await settled();
    expect(eventsOf(events, 'semantic-verdict')).toMatchObject([{ verdict: 'same' }]);
    expect(eventsOf(events, 'semantic-shadow')).toHaveLength(1);
    expect(eventsOf(events, 'semantic-label')).toHaveLength(2);
    const report = await cache.semantic();
    expect(report.pools[0]).toMatchObject({
      verified: { labels: { right: 1, wrong: 0 } },
      reuse: { questions: 1, reused: 1, verified: 1 },
    });
    expect(report.nearMisses).toMatchObject([{ keptApartBy: { by: 'shadow' } }]);
  });

  it('may confirm a pair before the answer to the question is there: it is judged once that is stored', async () => {
    const { verifier, say } = slowVerifier();
    const { stored, calls, cache, ask } = setUpSemantic({
      settings: { ...shadow, ...inBand },
      semantic: { verifier, sameAnswer: () => true },
    });
    say('same');
    await stored({ question: capital });
    const asked = ask({ question: capitalAgain });
    await settled();
    await settled();
    const labels = async () => (await cache.semantic()).pools[0]?.verified.labels;
    expect(await labels()).toEqual({ right: 0, wrong: 0 });
    calls[1]?.fail(new Error('no answer'));
    await expect(asked).rejects.toThrow();
    await settled();
    expect(await labels()).toEqual({ right: 0, wrong: 0 });
    await stored({ question: thirdCapital });
    await settled();
    await settled();
    expect(await labels()).toEqual({ right: 1, wrong: 0 });
  });

  it('that says no leaves a miss, which is listed as such', async () => {
    const { verifier, say } = slowVerifier();
    const { stored, cache, events } = setUpSemantic({
      settings: { ...shadow, semanticGuards: ['names'] },
      semantic: { verifier },
    });
    say('different');
    await stored({ question: capital });
    await stored({ question: otherCapital });
    await settled();
    expect(eventsOf(events, 'semantic-shadow')).toEqual([]);
    expect((await cache.semantic()).nearMisses).toMatchObject([{ keptApartBy: { by: 'verifier' } }]);
  });
});

describe('the roll-out', () => {
  const users = Array.from({ length: 40 }, (_, at) => `user-${at}`);

  it('serves a share of the callers, by user, and none of them loses that as it grows', async () => {
    const { stored, cache } = setUpSemantic({
      settings: { semanticRollout: 0, semanticUpper: 0.3, semanticLower: 0.2, semanticGates: 'none' },
    });
    await stored({ question: capital });
    let before: readonly string[] = [];
    for (const percent of [0, 10, 50, 100]) {
      await cache.changeFlags({ semanticRollout: percent });
      const served: string[] = [];
      for (const user of users) {
        const question = `${capitalAgain} I ask for the ${percent}th time, as ${user}.`;
        const reply = await stored({ question, body: { user } });
        if (reply.cacheStatus.detail === 'semantic') served.push(user);
        else expect(reply.cacheStatus).toMatchObject(forwarded);
      }
      expect(before.filter((user) => !served.includes(user))).toEqual([]);
      if (percent === 0) expect(served).toEqual([]);
      if (percent === 50) expect(served.length > 8 && served.length < 32).toBe(true);
      if (percent === 100) expect(served).toEqual(users);
      before = served;
    }
    expect(await cache.semantic()).toMatchObject({ mode: 'serve', rollout: { percent: 100, served: 40 } });
  });

  it('is changed while requests come, and goes back to shadow at once', async () => {
    const { stored, cache } = setUpSemantic({ settings: shadow });
    await stored({ question: capital });
    await cache.changeFlags({ semanticRollout: 100 });
    expect((await stored({ question: capitalAgain })).cacheStatus.detail).toBe('semantic');
    await cache.changeFlags({ semanticRollout: null });
    expect((await stored({ question: capitalAgain })).cacheStatus.detail).toBe('shadow');
    expect((await cache.semantic()).mode).toBe('shadow');
  });

  it('explain says that a request is in shadow, and why', async () => {
    const { stored, cache } = setUpSemantic({ settings: shadow });
    await stored({ question: capital });
    const explained = async () => {
      const explanation = await cache.explain(chat({ question: capitalAgain }));
      return explanation.kind === 'bypass' ? undefined : explanation.semantic;
    };
    expect(await explained()).toMatchObject({
      shadow: { why: 'mode' },
      nearest: [{ keptApartBy: { by: 'shadow' } }],
    });
    await cache.changeFlags({ semanticRollout: 0.01 });
    expect(await explained()).toMatchObject({
      shadow: { why: 'rollout', detail: expect.stringContaining('0.01 % of callers') },
    });
    await cache.changeFlags({ semanticRollout: 100 });
    const served = await explained();
    expect([served?.shadow, served?.nearest[0]?.keptApartBy]).toEqual([undefined, undefined]);
  });
});
