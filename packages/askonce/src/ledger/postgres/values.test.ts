import { describe, expect, it } from 'vitest';
import { sampleCounter, sampleDimensions, samplePattern } from '../../testing/sample-batch.ts';
import { durationClasses, noDurations } from '../durations.ts';
import { finiteNumber, wholeNumber } from '../sound-batch.ts';
import { mergedCounters, mergedPatterns, mergedTags } from './merged.ts';
import { arrayOf, digestOf, durationsOf, textOf } from './values.ts';

describe('values for PostgreSQL', () => {
  it('text has no zero character and no half of a pair, which a database refuses', () => {
    expect(textOf('a\0b\uD800c')).toBe('a\uFFFDb\uFFFDc');
    expect(textOf('Grüße 🙂')).toBe('Grüße 🙂');
  });

  it('long text is cut to what an index takes, and stays apart from others', () => {
    const long = '€'.repeat(5_000);
    expect(Buffer.byteLength(textOf(long))).toBeLessThan(2_704);
    expect(textOf(`${long}a`)).not.toBe(textOf(`${long}b`));
    expect(textOf('x'.repeat(800))).toBe('x'.repeat(800));
  });

  it('numbers are whole and in range', () => {
    expect([1.5, Number.NaN, Number.POSITIVE_INFINITY, -1e300].map(wholeNumber)).toEqual([
      2,
      0,
      Number.MAX_SAFE_INTEGER,
      Number.MIN_SAFE_INTEGER,
    ]);
    expect([0.25, Number.NaN, Number.POSITIVE_INFINITY].map(finiteNumber)).toEqual([0.25, 0, 0]);
  });

  it('a histogram is read as it was written, without the classes after its last', () => {
    const durations = noDurations();
    durations[2] = 7;
    expect(arrayOf(durations)).toEqual([0, 0, 7]);
    expect(arrayOf(noDurations())).toEqual([]);
    expect(durationsOf('{NULL,0,7}')).toEqual(durations);
    expect(durationsOf('{5000000000}')[0]).toBe(5_000_000_000);
    expect(durationsOf(`{${'1,'.repeat(99)}1}`).length).toBe(durationClasses);
  });

  it('each name counts in the digest of dimensions', () => {
    const digests = [{}, { model: 'gpt-5support' }, { category: '' }, { tenant: '' }].map((own) =>
      digestOf(sampleDimensions(own)),
    );
    expect(new Set(digests).size).toBe(digests.length);
  });
});

describe('changes of one batch that concern the same row', () => {
  it('are added up', () => {
    const one = sampleCounter({ counts: { requests: 2, hits: 1 }, hitsTook: [1] });
    const other = sampleCounter({ counts: { requests: 3 }, hitsTook: [1], missesTook: [900] });
    const elsewhere = sampleCounter({ dimensions: { tenant: 'other' } });
    const merged = mergedCounters([one, elsewhere, other]);
    expect(merged.length).toBe(2);
    const sum = merged.find(({ counts }) => counts.requests === 5);
    expect(sum?.counts.hits).toBe(1);
    expect([arrayOf(sum?.hitDurations ?? noDurations()).at(-1), arrayOf(other.missDurations).at(-1)]).toEqual(
      [2, 1],
    );

    const tag = { bucket: 1, tag: 'a\0', requests: 1, hits: 1, savedNano: 5 };
    expect(mergedTags([tag, { ...tag, tag: 'a\uFFFD' }])).toMatchObject([
      { requests: 2, hits: 2, savedNano: 10 },
    ]);
  });

  it('leave of a question what they do not know, and its text goes with its user', () => {
    const known = samplePattern('k1', { text: 'first', user: 'u1', hits: 1, lastAsked: 9 });
    const unknown = samplePattern('k1', { language: '', hits: 2, lastAsked: 5 });
    expect(mergedPatterns([known, unknown])).toEqual([{ ...known, hits: 3 }]);
    const other = samplePattern('k1', { text: 'second', user: 'u2', hits: 0, lastAsked: 11 });
    expect(mergedPatterns([known, unknown, other])).toMatchObject([
      { text: 'second', user: 'u2', hits: 3, lastAsked: 11 },
    ]);
  });

  it('are in the order of their keys, in which every process locks them', () => {
    const keys = ['k3', 'k1', 'k2'];
    expect(mergedPatterns(keys.map((key) => samplePattern(key))).map(({ key }) => key)).toEqual([
      'k1',
      'k2',
      'k3',
    ]);
  });
});
