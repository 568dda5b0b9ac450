import { expect, it } from 'vitest';
import { openGuards } from './guards.ts';

const { veto } = openGuards({ names: ['numbers', 'names'] });

it.each([
  ['How much is .5 of a cup?', 'How much is 5 of a cup?'],
  ['What is (2+3)*4?', 'What is 2+(3*4)?'],
  ['What is 2*(3+4)?', 'What is 2*3+4?'],
  ['How do I polish silver?', 'How do I Polish silver?'],
  ['How do I cook turkey?', 'How do I cook Turkey?'],
])('"%s" and "%s" are two questions', (one, other) => {
  expect(veto(one, other, 'en')).toBeDefined();
  expect(veto(other, one, 'en')).toBeDefined();
});

it.each([
  ['What is (2+3)*4?', 'What is (2 + 3) * 4?'],
  ['How do I polish silver?', 'how do i polish silver'],
  ['Is Turkey in Europe?', 'Is Turkey a part of Europe?'],
  ['Call 555-0100 (ext. 5)', 'call 555-0100 (ext. 5)'],
])('"%s" and "%s" may be one question', (one, other) => {
  expect(veto(one, other, 'en')).toBeUndefined();
});
