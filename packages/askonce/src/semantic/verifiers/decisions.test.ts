import { describe, expect, it } from 'vitest';
import { fakeClock } from '../../testing/fake-clock.ts';
import type { PricedVerdict, Verdict } from '../contract.ts';
import { type BudgetLimits, callBudget } from './budget.ts';
import { type DecisionOptions, decisions } from './decisions.ts';

interface Call {
  readonly text: string;
  readonly signal: AbortSignal;
  answer(verdict: Verdict | PricedVerdict): void;
  fail(): void;
}

function setUp(over: Partial<DecisionOptions<string>> = {}, limits: Partial<BudgetLimits> = {}) {
  const clock = fakeClock();
  const calls: Call[] = [];
  const budget = callBudget(clock, { callsPerMinute: 6_000, usdPerDay: 1_000, ...limits });
  const made = decisions<string>({
    ask: (text, signal) =>
      new Promise((resolve, reject) => {
        calls.push({ text, signal, answer: resolve, fail: () => reject(new Error('lost')) });
      }),
    textsOf: (text) => [text],
    budget,
    clock,
    waitMs: 2_000,
    ...over,
  });
  return { clock, calls, budget, made };
}

/** Turns of the event loop in which all that is due happens. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe('decisions', () => {
  it('a verdict is remembered for a day, for its own texts and its own partition', async () => {
    const { clock, calls, made } = setUp();
    const decide = async (text: string, partition: string, verdict: Verdict) => {
      const decision = made.decide(text, partition);
      calls.at(-1)?.answer(verdict);
      return await decision;
    };
    expect(await decide('a', 'p', 'same')).toBe('same');
    expect(made.decide('a', 'p')).toBe('same');
    expect(calls.length).toBe(1);
    expect(await decide('b', 'p', 'different')).toBe('different');
    expect(await decide('a', 'q', 'unsure')).toBe('unsure');
    expect(calls.length).toBe(3);
    clock.advance(86_400_001);
    expect(await decide('a', 'p', 'same')).toBe('same');
    expect(calls.length).toBe(4);
    expect(made.counts()).toMatchObject({ calls: 4, same: 2, different: 1, unsure: 1, remembered: 1 });
  });

  it('the memo holds no more than its bytes allow, however many verdicts there are', async () => {
    const { made } = setUp({ ask: () => 'same' }, { callsPerMinute: Number.POSITIVE_INFINITY });
    const texts = Array.from({ length: 5_000 }, (_, index) => `text ${index}`);
    for (const text of texts) await made.decide(text, 'p');
    const known = texts.filter((text) => made.decide(text, 'p') === 'same').length;
    expect(known).toBeLessThanOrEqual(4_096);
    expect(known).toBeGreaterThan(1_000);
  });

  it('identical pairs in flight share one call', async () => {
    const { calls, made } = setUp();
    const all = Promise.all([made.decide('a', 'p'), made.decide('a', 'p'), made.decide('a', 'q')]);
    for (const call of calls) call.answer('same');
    expect(await all).toEqual(['same', 'same', 'same']);
    expect(calls.length).toBe(2);
  });

  it('a verdict that comes too late is a miss for its caller, and is remembered for the next one', async () => {
    const { clock, calls, made } = setUp();
    const decision = made.decide('a', 'p');
    clock.advance(1_999);
    await turns();
    expect(made.counts().late).toBe(0);
    clock.advance(1);
    expect(await decision).toBe('late');
    expect(await made.decide('a', 'p')).toBe('late');
    calls[0]?.answer('same');
    await turns();
    expect(made.decide('a', 'p')).toBe('same');
    expect([calls.length, made.counts().late, made.counts().same]).toEqual([1, 1, 1]);
  });

  it('a call that never ends is aborted after 30 s, and another can be made', async () => {
    const { clock, calls, made } = setUp();
    const decision = made.decide('a', 'p');
    clock.advance(2_000);
    await turns();
    clock.advance(28_000);
    await turns();
    expect([await decision, calls[0]?.signal.aborted]).toEqual(['late', true]);
    void made.decide('a', 'p');
    expect(calls.length).toBe(2);
  });

  it('five failures in a row, errors and late verdicts alike, open the breaker for 60 s', async () => {
    const { clock, calls, made } = setUp();
    for (let call = 0; call < 3; call++) {
      const decision = made.decide(`failing ${call}`, 'p');
      calls.at(-1)?.fail();
      expect(await decision).toBe('failed');
    }
    for (let call = 0; call < 2; call++) {
      const decision = made.decide(`late ${call}`, 'p');
      clock.advance(2_000);
      expect(await decision).toBe('late');
    }
    expect(made.decide('a', 'p')).toBe('open');
    clock.advance(59_999);
    expect(made.decide('a', 'p')).toBe('open');
    expect([calls.length, made.counts().circuit, made.counts().refused]).toEqual([5, 'open', 2]);
    clock.advance(1);
    const trial = made.decide('a', 'p');
    expect(made.decide('b', 'p')).toBe('open');
    calls.at(-1)?.answer('same');
    expect(await trial).toBe('same');
    expect(made.counts().circuit).toBe('closed');
  });

  it('a verifier that never answers as it was asked is not asked for ever, and its answers are not remembered', async () => {
    const { made } = setUp({ ask: () => ({ verdict: 'unsure', usd: 0, isGarbled: true }) });
    for (let call = 0; call < 5; call++) expect(await made.decide('a', 'p')).toBe('unsure');
    expect(await made.decide('a', 'p')).toBe('open');
    expect(made.counts()).toMatchObject({ calls: 5, unsure: 5, failures: 0 });
  });

  it('a verifier that is unsure by itself opens no breaker', async () => {
    const { made } = setUp({ ask: () => 'unsure' });
    for (let call = 0; call < 20; call++) expect(await made.decide(`text ${call}`, 'p')).toBe('unsure');
    expect(made.counts()).toMatchObject({ calls: 20, circuit: 'closed' });
  });

  it.each([
    ['throws', () => Promise.reject(new Error('no'))],
    [
      'throws at once',
      () => {
        throw new Error('no');
      },
    ],
    ['returns nothing', () => JSON.parse('null')],
    ['returns another word', () => JSON.parse('"yes"')],
    ['returns a negative price', () => ({ verdict: 'same', usd: -1 }) as const],
  ] as const)('a verifier that %s gives no verdict', async (_what, ask) => {
    const { made } = setUp({ ask });
    expect(await made.decide('a', 'p')).toBe('failed');
    expect(made.counts().failures).toBe(1);
  });

  it('past the calls of a minute nothing is asked, and a remembered verdict costs none', async () => {
    const { clock, made } = setUp({ ask: () => 'same' }, { callsPerMinute: 2 });
    expect(await made.decide('a', 'p')).toBe('same');
    expect(await made.decide('b', 'p')).toBe('same');
    expect(made.decide('c', 'p')).toBe('over-budget');
    expect(made.decide('a', 'p')).toBe('same');
    clock.advance(60_000);
    expect(await made.decide('c', 'p')).toBe('same');
    expect(made.counts()).toMatchObject({ calls: 3, overBudget: 1, remembered: 1 });
  });

  it('money is counted as it was spent, and in full for a call that was aborted', async () => {
    const { clock, calls, budget, made } = setUp(
      { usdAtMost: (characters) => characters / 10 },
      { usdPerDay: 1 },
    );
    const first = made.decide('12345', 'p');
    expect(made.decide('123456', 'p')).toBe('over-budget');
    calls[0]?.answer({ verdict: 'same', usd: 0.1 });
    expect(await first).toBe('same');
    expect(budget.usdToday()).toBeCloseTo(0.1);
    void made.decide('123456', 'p');
    clock.advance(30_000);
    await turns();
    expect(budget.usdToday()).toBeCloseTo(0.7);
    const failed = made.decide('123', 'p');
    calls.at(-1)?.fail();
    expect(await failed).toBe('failed');
    expect(budget.usdToday()).toBeCloseTo(0.7);
    expect(made.decide('1234', 'p')).toBe('over-budget');
  });

  it('at most 64 calls are in flight', () => {
    const { calls, made } = setUp();
    const decided = Array.from({ length: 100 }, (_, index) => made.decide(`text ${index}`, 'p'));
    expect(calls.length).toBe(64);
    expect(decided.filter((decision) => decision === 'over-budget').length).toBe(36);
  });

  it('closing ends the calls in flight', async () => {
    const { calls, made } = setUp();
    const decision = made.decide('a', 'p');
    made.close();
    expect([await decision, calls[0]?.signal.aborted]).toEqual(['failed', true]);
  });
});
