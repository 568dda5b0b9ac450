import { describe, expect, it } from 'vitest';
import { plainAnswer, statementsOf } from './statements.ts';

describe('the statements of an answer', () => {
  it('are its sentences and the items of its lists, without marks', () => {
    const text =
      '# Refunds\n\n1. It takes **14 days**, e.g. for cards.\n2) Ask us! Who? `You`.\n\n> *Note*: snake_case stays.';
    expect(statementsOf(text, 'en')?.map((each) => each.text)).toEqual([
      'Refunds',
      'It takes 14 days, e.g. for cards.',
      'Ask us!',
      'Who?',
      'You.',
      'Note: snake_case stays.',
    ]);
  });

  it('an answer of too many statements has none', () => {
    expect(statementsOf('One. '.repeat(64), 'en')?.length).toBe(64);
    expect(statementsOf('One. '.repeat(65), 'en')).toBe(undefined);
  });

  it('an answer of any marks takes no longer than its length allows', () => {
    for (const text of ['*'.repeat(12_000), '. "'.repeat(4_000), ' '.repeat(12_000), '```'.repeat(4_000)])
      expect([typeof plainAnswer(text), statementsOf(text, 'en') ?? []]).toEqual(['string', []]);
  });
});
