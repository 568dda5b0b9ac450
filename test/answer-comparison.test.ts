import { staticEmbedder } from '@askonce/embedder-static';
import { describe, expect, it } from 'vitest';
import type { JudgedPair } from '../packages/askonce/src/semantic/contract.ts';
import { comparison } from '../packages/askonce/src/semantic/judges/comparison.ts';

const embedder = staticEmbedder();

/** Objects to other digits, and to a negation, as the guards of the same names do. */
function objections(one: string, other: string): readonly string[] {
  const found: string[] = [];
  const digits = (text: string) => (text.match(/\d+/g) ?? []).join(' ');
  if (digits(one) !== digits(other)) found.push('numbers');
  if (/\bnot\b/.test(one) !== /\bnot\b/.test(other)) found.push('negation');
  if (one.length !== other.length) found.push('length');
  if (one.includes('lends') !== other.includes('lends')) found.push('word-order');
  return found;
}

const judge = comparison({ embedder: 'static-256', embed: (text) => embedder.embed(text), objections });
const verdictOn = async (earlierAnswer: string, answer: string, by = judge) => {
  const pair: JudgedPair = { question: 'q', earlierQuestion: 'e', earlierAnswer, answer, language: 'en' };
  return [
    await by.judge(pair, AbortSignal.any([])),
    await by.judge({ ...pair, earlierAnswer: answer, answer: earlierAnswer }, AbortSignal.any([])),
  ];
};

const refund =
  'The refund takes 14 days. It is paid to the card that you paid with. The shop does not charge a fee.';

describe('the comparison of two answers', () => {
  it.each([
    ['the same text', refund],
    [
      'marks of Markdown',
      `- **The refund takes 14 days.**\n- It is paid to the card that you paid with.\n\n- The shop does *not* charge a fee.`,
    ],
    [
      'another order',
      'The shop does not charge a fee. The refund takes 14 days. It is paid to the card that you paid with.',
    ],
    [
      'nearly the same words',
      'A refund takes 14 days. It is paid to the card that you have paid with. The shop does not charge any fee.',
    ],
    ['a greeting', `Sure!\n${refund}`],
  ])('two answers are the same with %s', async (_what, other) => {
    expect(await verdictOn(refund, other)).toEqual(['same', 'same']);
  });

  it.each([
    ['another number', refund.replace('14', '15')],
    ['a negation more', refund.replace('It is paid', 'It is not paid')],
    ['a negation less', refund.replace('does not charge', 'does charge')],
    ['another subject', 'Bees gather nectar in spring, and make honey of it in the hive.'],
  ])('two answers are different with %s', async (_what, other) => {
    expect(await verdictOn(refund, other)).toEqual(['different', 'different']);
  });

  it.each([
    ['a statement that the other lacks', `${refund} The refund of a voucher is paid as a voucher.`],
    ['a figure that the other lacks', `${refund} 30 bees.`],
    [
      'other words',
      'Money comes back within 14 days, and goes to the card used at the checkout, free of charge.',
    ],
    ['code', `${refund}\n\`\`\`js\nrefund();\n\`\`\``],
    ['nothing to read', '…'],
    ['a few words', 'Bees make honey.'],
  ])('the comparison is unsure of two answers with %s', async (_what, other) => {
    expect(await verdictOn(refund, other)).toEqual(['unsure', 'unsure']);
  });

  it('a guard that sees another sentence, not another fact, makes the comparison unsure', async () => {
    expect(await verdictOn('The bank lends money to the firm.', 'The bank gives money to the firm.')).toEqual(
      ['unsure', 'unsure'],
    );
  });

  it('with an embedder whose similarities were not measured, only the same words are the same', async () => {
    const other = comparison({ embedder: 'other', embed: (text) => embedder.embed(text), objections });
    expect(await verdictOn(refund, `**${refund}**`, other)).toEqual(['same', 'same']);
    expect(await verdictOn(refund, refund.replace('14', '15'), other)).toEqual(['unsure', 'unsure']);
  });

  it('an embedder that knows no vector makes the comparison unsure, or rejects', async () => {
    const blind = comparison({ embedder: 'static-256', embed: () => undefined, objections });
    expect(await verdictOn(refund, refund.replace('14', '15'), blind)).not.toContain('same');
  });

  it('the name of the judge names the embedder and the rules', () => {
    expect(judge.name).toBe('answers by static-256, rules 1');
  });
});
