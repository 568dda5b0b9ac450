import { expect, it } from 'vitest';
import { visibleTo, withoutQuestions, withoutText } from './visible.ts';

it('viewers see no stored text, and the versions are for admins', () => {
  expect(visibleTo('viewer')).toEqual({ text: false, versions: false });
  expect(visibleTo('operator')).toEqual({ text: true, versions: false });
  expect(visibleTo('admin')).toEqual({ text: true, versions: true });
});

it('a near miss without its questions has no reason that quotes them either', () => {
  const pair = {
    match: 'm-1',
    pool: 'p',
    similarity: 0.96,
    keptApartBy: { by: 'guard', detail: 'numbers: 7 and 8' },
    at: 1,
    language: 'en',
    question: 'Is it 7?',
    earlierQuestion: 'Is it 8?',
  } as const;
  expect(withoutQuestions(pair)).toEqual({
    match: 'm-1',
    pool: 'p',
    similarity: 0.96,
    keptApartBy: { by: 'guard' },
    at: 1,
    language: 'en',
  });
});

it('a question that is listed without its text keeps its figures', () => {
  expect(withoutText({ text: 'Is it 7?', hits: 3 })).toEqual({ hits: 3 });
});
