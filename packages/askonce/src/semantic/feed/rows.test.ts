import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change } from './contract.ts';
import { parseRow, rowsOf } from './rows.ts';

const key = fc
  .tuple(fc.constantFrom('p:v1:one:en:', 'p:v1:other:de:', '', ':'), fc.string({ maxLength: 80 }))
  .map(([start, end]) => `${start}${end}`);
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constantFrom('written', 'removed'), keys: fc.uniqueArray(key) }),
  fc.record({
    kind: fc.constant('blocked'),
    entries: fc.array(fc.record({ key, expires: fc.nat() })),
  }),
  fc.record({ kind: fc.constant('labels'), pools: fc.array(fc.string()) }),
);

/** What rows report together, in the order of the keys. */
function reportedBy(rows: readonly string[]): readonly unknown[] {
  return rows.flatMap<unknown>((row) => {
    const reported = parseRow(row)?.reported;
    if (reported === undefined || reported.kind === 'gap') throw new Error('no change');
    return 'keys' in reported ? reported.keys : 'entries' in reported ? reported.entries : reported.pools;
  });
}

describe('rows of the feed', () => {
  it('rows say what they were made of, and who wrote them', () => {
    fc.assert(
      fc.property(change, (one) => {
        const rows = rowsOf('me', one);
        const all = 'keys' in one ? one.keys.toSorted() : 'entries' in one ? one.entries : one.pools;
        const said = reportedBy(rows);
        expect('keys' in one ? said.toSorted() : said).toEqual(all);
        for (const row of rows)
          expect(parseRow(row)).toMatchObject({ by: 'me', reported: { kind: one.kind } });
      }),
    );
  });

  it('a row stays within some KB, and many keys of a partition take less than their characters', () => {
    const keys = Array.from(
      { length: 5_000 },
      (_, at) => `askonce:v1:${'p'.repeat(32)}:en:{${`${at}`.padStart(64, '0')}}`,
    );
    const rows = rowsOf('0123456789abcdef', { kind: 'removed', keys });
    expect(Math.max(...rows.map(({ length }) => length))).toBeLessThanOrEqual(4_200);
    expect(rows.length).toBeLessThan((keys.length * 115) / 4_096);
    expect(reportedBy(rows)).toHaveLength(5_000);
  });

  it.each([
    ['no JSON', 'row'],
    ['another version', '{"v":2,"by":"x","kind":"gap"}'],
    ['no writer', '{"v":1,"kind":"gap"}'],
    ['keys of another form', '{"v":1,"by":"x","kind":"written","keys":["a"]}'],
    ['an instant that is none', '{"v":1,"by":"x","kind":"blocked","entries":[["a","soon"]]}'],
  ])('a row with %s is none', (_, what) => {
    expect(parseRow(what)).toBeUndefined();
  });

  it('a row of a kind that this release does not know reports nothing', () => {
    expect(parseRow('{"v":1,"by":"x","kind":"later","keys":7}')).toEqual({ by: 'x', reported: undefined });
  });

  it('a row with further fields is read', () => {
    const what = '{"v":1,"by":"x","kind":"labels","pools":["a"],"since":1}';
    expect(parseRow(what)?.reported).toEqual({ kind: 'labels', pools: ['a'] });
  });
});
