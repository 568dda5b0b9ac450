/**
 * The verifier, audits and feedback: who says that a stored answer answers a question in other words.
 */
import { AskonceError } from 'askonce';
import type { JudgedPair, VerifiedPair } from 'askonce/semantic';
import { describe, expect, it } from 'vitest';
import { chat, completion } from './support/chat.ts';
import { settled } from './support/gated-provider.ts';
import { capital, capitalAgain, otherCapital, setUpSemantic } from './support/semantic-set-up.ts';

/** A verifier that says what the test tells it to, and remembers what it was asked. */
function saying(...verdicts: ('same' | 'different' | 'unsure' | 'failure')[]) {
  const asked: VerifiedPair[] = [];
  return {
    name: 'test-verifier',
    asked,
    async verify(pair: VerifiedPair) {
      asked.push(pair);
      const verdict = verdicts[Math.min(asked.length, verdicts.length) - 1] ?? 'unsure';
      if (verdict === 'failure') throw new Error('no verdict');
      return verdict;
    },
  };
}

const inBand = { semanticUpper: 0.95, semanticLower: 0.5 };

describe('the verifier', () => {
  it('a candidate between the thresholds is served if the verifier says that it is the same', async () => {
    const verifier = saying('same');
    const { stored, calls, events } = setUpSemantic({ settings: inBand, semantic: { verifier } });
    await stored({ question: capital });
    const reply = await stored({ question: capitalAgain });
    expect(reply.cacheStatus.detail).toBe('semantic');
    expect(calls).toHaveLength(1);
    expect(verifier.asked).toEqual([
      { question: capitalAgain, earlierQuestion: capital, earlierAnswer: 'Paris.', language: 'en' },
    ]);
    expect(events.filter(({ type }) => type === 'semantic-verdict')).toMatchObject([{ verdict: 'same' }]);
  });

  it.each(['different', 'unsure', 'failure'] as const)(
    'a candidate is a miss if the verifier says: %s',
    async (verdict) => {
      const { stored, calls, events } = setUpSemantic({
        settings: inBand,
        semantic: { verifier: saying(verdict) },
      });
      await stored({ question: capital });
      await stored({ question: capitalAgain });
      expect(calls).toHaveLength(2);
      const said = verdict === 'failure' ? 'failed' : verdict;
      expect(events.filter(({ type }) => type === 'semantic-verdict')).toMatchObject([{ verdict: said }]);
    },
  );

  it('a vetoed candidate is served only if the verifier says that it is the same', async () => {
    for (const verdict of ['same', 'different'] as const) {
      const { stored, calls } = setUpSemantic({
        settings: { semanticGuards: ['names'] },
        semantic: { verifier: saying(verdict) },
      });
      await stored({ question: capital });
      await stored({ question: otherCapital });
      expect(calls).toHaveLength(verdict === 'same' ? 1 : 2);
    }
  });

  it('a verifier that does not answer costs its budget and no more, and no time of the stores', async () => {
    const { stored, ask, calls, clock, events } = setUpSemantic({
      settings: { ...inBand, semanticVerifierMs: 1_000 },
      semantic: { verifier: { name: 'silent', verify: () => new Promise(() => {}) } },
    });
    await stored({ question: capital });
    const asked = ask({ question: capitalAgain });
    await settled();
    expect(calls).toHaveLength(1);
    clock.advance(1_000);
    await settled();
    await settled();
    expect(calls).toHaveLength(2);
    expect(events.filter(({ type }) => type === 'store-trouble')).toEqual([]);
    calls[1]?.fail(new Error('over'));
    await expect(asked).rejects.toThrow();
  });

  it('an answer that was invalidated while the verifier was asked is not served', async () => {
    let say = (_: 'same') => {};
    const verdict = new Promise<'same'>((resolve) => {
      say = resolve;
    });
    const { stored, replied, calls, cache } = setUpSemantic({
      settings: inBand,
      semantic: { verifier: { name: 'slow', verify: () => verdict } },
    });
    await stored({ question: capital });
    const asked = replied(chat({ question: capitalAgain }));
    await settled();
    await cache.invalidate({ all: true });
    say('same');
    await settled();
    expect(calls).toHaveLength(2);
    calls[1]?.fail(new Error('over'));
    await expect(asked).rejects.toThrow();
  });
});

describe('audits', () => {
  const judging = (verdict: (pair: JudgedPair) => boolean) => {
    const judged: JudgedPair[] = [];
    const sameAnswer = (pair: JudgedPair) => {
      judged.push(pair);
      return verdict(pair);
    };
    return { judged, sameAnswer };
  };

  it('with a judge, a would-be hit gets the answer of the provider, and the two answers are judged behind it', async () => {
    const { judged, sameAnswer } = judging(() => true);
    const { stored, calls, events, cache } = setUpSemantic({ semantic: { sameAnswer } });
    await stored({ question: capital });
    const reply = await stored({ question: capitalAgain }, completion({ text: 'It is Paris.' }));
    expect(reply.cacheStatus).toMatchObject({ kind: 'forward', reason: 'miss', detail: 'audit' });
    expect(calls).toHaveLength(2);
    const causes = events.flatMap((event) =>
      event.type === 'provider-call' || event.type === 'provider-answer' ? [event.cause] : [],
    );
    expect(causes).toEqual(['leader', 'leader', 'audit', 'audit']);
    await settled();
    expect(judged).toEqual([
      {
        question: capitalAgain,
        earlierQuestion: capital,
        earlierAnswer: 'Paris.',
        answer: 'It is Paris.',
        language: 'en',
      },
    ]);
    expect(events.filter(({ type }) => type === 'semantic-label')).toMatchObject([{ verdict: 'same' }]);
    const [pool] = (await cache.semantic()).pools;
    expect(pool?.similar.labels).toEqual({ right: 1, wrong: 0 });
  });

  it('a judge that fails, or an answer that is not stored, makes no label', async () => {
    const { stored, cache, events } = setUpSemantic({
      semantic: {
        sameAnswer: () => {
          throw new Error('no verdict');
        },
      },
    });
    await stored({ question: capital });
    await stored({ question: capitalAgain });
    await stored({ question: 'The capital city of France is which?' }, completion({ finish: 'length' }));
    await settled();
    expect(events.filter(({ type }) => type === 'semantic-label')).toEqual([]);
    expect((await cache.semantic()).pools[0]?.similar.labels).toEqual({ right: 0, wrong: 0 });
  });

  it('only-if-cached is never audited', async () => {
    const { stored, ask, calls, events } = setUpSemantic({ semantic: { sameAnswer: () => true } });
    await stored({ question: capital });
    await expect(ask({ question: capitalAgain, directives: { onlyIfCached: true } })).rejects.toMatchObject({
      code: 'not_cached',
    });
    expect(calls).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'semantic-audit')).toEqual([]);
  });
});

describe('feedback', () => {
  it('wrong blocks the entry as a candidate at once, and leaves the exact hit', async () => {
    const { stored, calls, cache, events } = setUpSemantic();
    await stored({ question: capital });
    const { match = '' } = await stored({ question: capitalAgain });
    expect(await cache.feedback({ match, verdict: 'wrong' })).toEqual({ blocked: true });
    await stored({ question: 'The capital city of France is what?' });
    expect(calls).toHaveLength(2);
    expect((await stored({ question: capital })).cacheStatus.detail).toBe('memory');
    expect((await cache.semantic()).blocked).toBe(1);
    expect(events.filter(({ type }) => type === 'semantic-feedback')).toMatchObject([
      { verdict: 'wrong', blocked: true },
    ]);
  });

  it('right blocks nothing and lowers nothing', async () => {
    const { stored, calls, cache } = setUpSemantic();
    await stored({ question: capital });
    const { match = '' } = await stored({ question: capitalAgain });
    const before = (await cache.semantic()).pools[0]?.threshold;
    expect(await cache.feedback({ match, verdict: 'right' })).toEqual({ blocked: false });
    expect((await cache.semantic()).pools[0]?.threshold).toBe(before);
    expect((await stored({ question: capitalAgain })).cacheStatus.detail).toBe('semantic');
    expect(calls).toHaveLength(1);
  });

  it('only the credential that got the hit is heard, or an operator', async () => {
    const { stored, cache } = setUpSemantic();
    await stored({ question: capital });
    const { match = '' } = await stored({ question: capitalAgain });
    const from = (key: string) => ({
      match,
      verdict: 'right' as const,
      headers: { authorization: `Bearer ${key}` },
    });
    await expect(cache.feedback(from('beta'))).rejects.toMatchObject({ code: 'feedback_forbidden' });
    expect(await cache.feedback(from('alpha'))).toEqual({ blocked: false });
    expect(await cache.feedback({ match, verdict: 'right' })).toEqual({ blocked: false });
  });

  it('a match that was never given, or is older than a day, is unknown', async () => {
    const { stored, cache, clock } = setUpSemantic();
    await stored({ question: capital });
    const { match = '' } = await stored({ question: capitalAgain });
    const unknown = (error: unknown) => AskonceError.isInstance(error) && error.code === 'match_unknown';
    await expect(cache.feedback({ match: 'A'.repeat(22), verdict: 'wrong' })).rejects.toSatisfy(unknown);
    clock.advance(86_400_000);
    await expect(cache.feedback({ match, verdict: 'wrong' })).rejects.toSatisfy(unknown);
  });

  it('a pair that was kept apart has an id for operators, and for no caller', async () => {
    const { stored, cache } = setUpSemantic({ settings: inBand });
    await stored({ question: capital });
    await stored({ question: capitalAgain });
    const { nearMisses } = await cache.semantic();
    expect(nearMisses).toMatchObject([
      { keptApartBy: { by: 'threshold' }, question: capitalAgain, earlierQuestion: capital, language: 'en' },
    ]);
    const { match = '' } = nearMisses[0] ?? {};
    const headers = { authorization: 'Bearer alpha' };
    await expect(cache.feedback({ match, verdict: 'wrong', headers })).rejects.toMatchObject({
      code: 'feedback_forbidden',
    });
    expect(await cache.feedback({ match, verdict: 'wrong' })).toEqual({ blocked: true });
  });
});
