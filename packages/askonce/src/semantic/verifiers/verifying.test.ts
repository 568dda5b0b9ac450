import { describe, expect, it } from 'vitest';
import { fakeClock } from '../../testing/fake-clock.ts';
import { describeVerifierContract } from '../../testing/verifier-contract.ts';
import type { JudgedPair, VerifiedPair, Verifier } from '../contract.ts';
import { judgeOf } from '../judges/judge.ts';
import { functionJudge, functionVerifier, verifierOf } from './function.ts';
import { openVerdicts, type VerdictSources } from './verifying.ts';

const pair: VerifiedPair = {
  question: 'How do I reset my password?',
  earlierQuestion: 'How can I reset the password?',
  earlierAnswer: 'Open the settings, and choose “Reset”.',
  language: 'en',
};
const judged: JudgedPair = { ...pair, answer: 'Choose “Reset” in the settings.' };
const settings = {
  semanticVerifierMs: 2_000,
  semanticVerifierCallsPerMinute: 2,
  semanticVerifierUsdPerDay: 1,
};

const open = (sources: Partial<VerdictSources>) => openVerdicts({ clock: fakeClock(), settings, ...sources });

/** Says yes to everything, and costs 0.1 USD a verdict. */
function paidVerifier(asked: VerifiedPair[] = []): Verifier {
  const say = (one: VerifiedPair) => {
    asked.push(one);
    return { verdict: 'same', usd: 0.1 } as const;
  };
  return { name: 'paid', verify: say, judge: say, usdAtMost: () => 0.1 };
}

describe('a function of the caller', () => {
  it('true is the same, false is different, and a verdict is itself', async () => {
    const signal = AbortSignal.any([]);
    const answers = [true, false, 'unsure', 'different'] as const;
    for (const [index, verdict] of (['same', 'different', 'unsure', 'different'] as const).entries()) {
      const decide = () => answers[index] ?? false;
      expect(await functionVerifier(decide).verify(pair, signal)).toBe(verdict);
      expect(await functionJudge(decide).judge(judged, signal)).toBe(verdict);
    }
  });

  it('a verifier is given as itself or as a function', async () => {
    const verifier = functionVerifier(() => true);
    expect(verifierOf(verifier)).toBe(verifier);
    expect(verifierOf(undefined)).toBe(undefined);
    expect(await verifierOf(() => true)?.verify(pair, AbortSignal.any([]))).toBe('same');
  });

  it('a verifier of a function is given the pair and a signal', async () => {
    const controller = new AbortController();
    const given: unknown[] = [];
    await functionVerifier((...args) => {
      given.push(...args);
      return true;
    }).verify(pair, controller.signal);
    expect(given).toEqual([pair, controller.signal]);
  });
});

describeVerifierContract({
  name: 'of a function',
  runner: { describe, it, expect },
  createVerifier: () =>
    functionVerifier(({ question, earlierQuestion }) => question.slice(0, 8) === earlierQuestion.slice(0, 8)),
  same: [{ ...pair, earlierQuestion: 'How do I reset it?' }],
  different: [pair],
});

describe('verdicts', () => {
  it('without a verifier there is none, and without a judge there is none', () => {
    expect(open({})).toMatchObject({ verifier: undefined, judge: undefined });
  });

  it('a verifier that judges has one budget for both, and reports what it has spent', async () => {
    const verifier = paidVerifier();
    const judge = judgeOf({ verifier }, { semanticJudge: 'verifier' }, notCompared);
    const verdicts = open({ verifier, judge });
    expect(await verdicts.verifier?.decide(pair, 'p')).toBe('same');
    expect(await verdicts.judge?.decide(judged, 'p')).toBe('same');
    expect(verdicts.judge?.decide({ ...judged, answer: 'No.' }, 'p')).toBe('over-budget');
    expect(verdicts.verifier?.decide({ ...pair, question: 'And now?' }, 'p')).toBe('over-budget');
    const report = verdicts.verifier?.report();
    expect(report).toMatchObject({ name: 'paid', open: false, calls: 1, failures: 0 });
    expect(report?.usdToday).toBeCloseTo(0.2);
    expect(report?.decided).toMatchObject({ same: 1, different: 0, unsure: 0, overBudget: 1 });
  });

  it('a function that judges has no share in the budget of the verifier', async () => {
    const verdicts = open({ verifier: paidVerifier(), judge: functionJudge(() => false) });
    for (const answer of ['a', 'b', 'c', 'd'])
      expect(await verdicts.judge?.decide({ ...judged, answer }, 'p')).toBe('different');
    expect(await verdicts.verifier?.decide(pair, 'p')).toBe('same');
    expect(verdicts.judge?.report().decided).toMatchObject({ different: 4, overBudget: 0 });
  });

  it('a verdict depends on the question, the earlier question, the earlier answer and the language', async () => {
    const asked: VerifiedPair[] = [];
    const many = { ...settings, semanticVerifierCallsPerMinute: 60 };
    const { verifier } = open({ verifier: paidVerifier(asked), settings: many });
    const others = [
      { question: 'x' },
      { earlierQuestion: 'x' },
      { earlierAnswer: 'x' },
      { language: 'x' },
      // The texts of two pairs are never joined to the same text.
      { question: `${pair.question}${pair.earlierQuestion}`, earlierQuestion: '' },
    ];
    for (const each of [{}, ...others, ...others]) await verifier?.decide({ ...pair, ...each }, 'p');
    expect(asked.length).toBe(1 + others.length);
  });

  it('the verifier reads the beginning and the end of a long answer', async () => {
    const asked: VerifiedPair[] = [];
    const { verifier } = open({ verifier: paidVerifier(asked) });
    const earlierAnswer = `Begin.${'🙂'.repeat(50_000)}End.`;
    expect(await verifier?.decide({ ...pair, earlierAnswer }, 'p')).toBe('same');
    const shown = asked[0]?.earlierAnswer ?? '';
    expect(shown).toMatch(/^Begin\..*\n\[…\]\n.*End\.$/su);
    expect([shown.length < 4_100, shown.isWellFormed()]).toEqual([true, true]);
  });

  it('nothing is asked of questions that are too long, nor judged of answers that are', async () => {
    const asked: VerifiedPair[] = [];
    const verifier = paidVerifier(asked);
    const judge = judgeOf({ verifier }, { semanticJudge: 'verifier' }, notCompared);
    const verdicts = open({ verifier, judge });
    const long = 'word '.repeat(2_500);
    expect(verdicts.verifier?.decide({ ...pair, question: long }, 'p')).toBe('unsure');
    expect(verdicts.verifier?.decide({ ...pair, earlierQuestion: long }, 'p')).toBe('unsure');
    expect(verdicts.judge?.decide({ ...judged, answer: long }, 'p')).toBe('unsure');
    expect(verdicts.judge?.decide({ ...judged, earlierAnswer: long }, 'p')).toBe('unsure');
    expect(asked).toEqual([]);
    expect(verdicts.verifier?.report().decided).toMatchObject({ tooLong: 2, unsure: 0 });
    expect(verdicts.judge?.report().decided).toMatchObject({ tooLong: 2, unsure: 0 });
  });

  it('the operator hears of a breaker that opens, without a text, and a listener that throws costs nothing', async () => {
    const broken = functionVerifier(() => Promise.reject(new Error('no')), 'mine');
    const many = { ...settings, semanticVerifierCallsPerMinute: 60 };
    const messages: string[] = [];
    const onTrouble = (message: string) => {
      messages.push(message);
      throw new Error('no');
    };
    const { verifier } = open({ verifier: broken, settings: many, onTrouble });
    for (let call = 0; call < 5; call++) expect(await verifier?.decide(pair, 'p')).toBe('failed');
    expect(messages).toEqual([
      'The verifier mine has failed five times in a row and is not called for a minute; check it.',
    ]);
  });

  it('an open breaker is reported', async () => {
    const broken = functionVerifier(() => Promise.reject(new Error('no')));
    const many = { ...settings, semanticVerifierCallsPerMinute: 60 };
    const { verifier } = open({ verifier: broken, settings: many });
    for (let call = 0; call < 5; call++) await verifier?.decide(pair, 'p');
    expect(verifier?.report()).toMatchObject({ open: true, calls: 5, failures: 5 });
  });
});

function notCompared(): never {
  throw new Error('no comparison of answers was asked for');
}

describe('which judge the tier learns from', () => {
  const compare = () => functionJudge(() => true, 'answers');
  const sameAnswer = () => true;
  const judge = functionJudge(() => true, 'mine');
  const silent = functionVerifier(() => true);

  it.each([
    ['the caller’s judge', { judge, sameAnswer, verifier: paidVerifier() }, 'answers', 'mine'],
    ['the caller’s function', { sameAnswer, verifier: paidVerifier() }, 'answers', 'same-answer'],
    ['the verifier, if it can judge', { verifier: paidVerifier() }, 'verifier', 'paid'],
    ['the comparison, if it is switched on', { verifier: paidVerifier() }, 'answers', 'answers'],
    ['none, if the verifier cannot judge', { verifier: silent }, 'verifier', undefined],
    ['none, if there is no verifier', {}, 'verifier', undefined],
    ['none, if the settings say so', { verifier: paidVerifier() }, 'none', undefined],
  ] as const)('it is %s', (_what, options, semanticJudge, name) => {
    expect(judgeOf(options, { semanticJudge }, compare)?.name).toBe(name);
  });
});
