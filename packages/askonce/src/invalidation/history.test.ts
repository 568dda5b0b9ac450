import { describe, expect, it } from 'vitest';
import { maxLogRows } from '../store/shared.ts';
import { History } from './history.ts';
import type { Invalidation } from './invalidations.ts';

const row = (number: number, invalidation: Invalidation) => ({
  number,
  id: `r${number}`,
  what: JSON.stringify(invalidation),
});
const none: Invalidation = { clauses: [['unused']] };

function answerAt({ position }: History) {
  return { key: 'p:v1:x:en:{1}', began: position.number, log: position.log, tagDigests: ['aa'] };
}

describe('a history of the log', () => {
  it('a history has a bound on rows: an answer that began before the oldest is invalid, one that began there is valid', () => {
    const history = new History('g');
    const first = answerAt(history);
    history.learn([row(1, none)], 1);
    const second = answerAt(history);
    expect([history.verdict(first), history.verdict(second)]).toEqual(['valid', 'valid']);
    const answers = Array.from({ length: maxLogRows + 10 }, (_none, index) => {
      history.learn([row(index + 2, none)], 1);
      return answerAt(history);
    });
    expect(history.rows.length).toBeLessThanOrEqual(maxLogRows);
    expect(history.rows.length).toBeGreaterThan(maxLogRows / 2);
    expect([history.verdict(first), history.verdict(second)]).toEqual(['invalidated', 'invalidated']);
    const verdicts = answers.map((answer) => history.verdict(answer));
    expect(verdicts.indexOf('valid')).toBe(history.floor - 3);
    expect(verdicts.lastIndexOf('invalidated')).toBe(history.floor - 4);
  });

  it('a history has a bound on patterns, each of which is matched against every answer', () => {
    const history = new History('g');
    const answers = Array.from({ length: 1_100 }, (_none, index) => {
      const answer = answerAt(history);
      history.learn([row(index + 1, { clauses: [], pattern: 'y:*' })], 1);
      return answer;
    });
    expect(answers.map((answer) => history.verdict(answer)).lastIndexOf('invalidated')).toBe(
      1_100 - 1_024 - 1,
    );
  });

  it('a history has a bound on bytes', () => {
    const history = new History('g');
    const keys = Array.from({ length: 1_000 }, (_none, index) => `${index}${'k'.repeat(400)}`);
    for (let number = 1; number <= 100; number++) history.learn([row(number, { clauses: [], keys })], 1);
    const bytes = history.rows.reduce((sum, { what }) => sum + what.length, 0);
    expect(bytes).toBeGreaterThan(1_000_000);
    expect(bytes).toBeLessThan(64 * 1024 * 1024);
    expect(history.verdict(answerAt(history))).toBe('valid');
  });

  it('a history judges an answer again when a row arrives, and two answers with one list of tags separately', () => {
    const history = new History('g');
    const one = answerAt(history);
    const other = { ...one, key: 'p:v1:y:en:{2}' };
    expect([history.verdict(one), history.verdict(other)]).toEqual(['valid', 'valid']);
    history.learn([row(1, { clauses: [], keys: [other.key] })], 1);
    expect([history.verdict(one), history.verdict(other), history.verdict(one)]).toEqual([
      'valid',
      'invalidated',
      'valid',
    ]);
  });

  it('a history recognises an answer of another history by the row at which it began', () => {
    const [lost, valid] = [new History('g'), new History('g')];
    lost.learn([{ ...row(1, none), id: 'lost' }], 1);
    valid.learn([row(1, none), row(2, none)], 1);
    const fromLost = answerAt(lost);
    expect([valid.verdict(fromLost), lost.verdict(fromLost)]).toEqual(['invalidated', 'valid']);
    expect(lost.verdict(answerAt(valid))).toBe('ahead');
    expect(valid.verdict({ ...answerAt(valid), log: undefined })).toBe('invalidated');
  });
});
