import { describe, expect, it } from 'vitest';
import { sampleVectors } from '../../testing/sample-vectors.ts';
import { type NearestFew, nearestFew } from './order.ts';
import { type ScanIndex, scanIndex } from './scan.ts';
import { loadUsearch } from './usearch.ts';

const usearch = await loadUsearch();
/** So many components that a full block has 256 rows. */
const dimension = 4_096;
const rows = 256;

function vectors(count: number, seed = 1): readonly Float32Array[] {
  const source = sampleVectors({ dimension, clusters: 20, seed });
  return Array.from({ length: count }, () => source.next().value ?? new Float32Array());
}

/** Two scans of the same vectors: one by usearch, one without it. */
function both(held: readonly Float32Array[]): readonly [ScanIndex, ScanIndex] {
  const [fast, plain] = [scanIndex(dimension, () => usearch), scanIndex(dimension)];
  for (const [number, vector] of held.entries())
    for (const one of [fast, plain]) one.add(`v${number}`, vector);
  return [fast, plain];
}

describe('a scan of several blocks', () => {
  it('finds by usearch what it finds without it, with the same similarities', () => {
    const all = vectors(1_000);
    const [fast, plain] = both(all.slice(0, 960));
    for (const question of all.slice(960))
      for (const count of [1, 6, 300])
        expect(fast.nearest(question, count)).toEqual(plain.nearest(question, count));
  });

  it('compares a full block by usearch, and rows of it alone by all bits', () => {
    let compared = 0;
    const counting = {
      ...usearch,
      exactSearch: (...given: Parameters<typeof usearch.exactSearch>) => {
        compared += 1;
        return usearch.exactSearch(...given);
      },
    };
    const index = scanIndex(dimension, () => counting);
    const [question = new Float32Array(), ...all] = vectors(rows * 2 + 1);
    for (const [number, vector] of all.slice(0, rows / 2).entries()) index.add(`v${number}`, vector);
    index.nearest(question, 5);
    expect(compared).toBe(0);
    for (const [number, vector] of all.entries()) index.add(`v${number}`, vector);
    index.nearest(question, 5);
    expect(compared).toBe(2);
  });

  it('finds what is left after removals from every block, and releases their room', () => {
    const all = vectors(1_000);
    const [fast, plain] = both(all);
    const { bytes } = fast;
    for (let number = 0; number < 1_000; number++)
      if (number % 5 !== 0) for (const one of [fast, plain]) expect(one.remove(`v${number}`)).toBe(true);
    expect(fast.size).toBe(200);
    expect(fast.bytes).toBeLessThan(bytes / 2);
    for (let number = 0; number < 1_000; number += 5) {
      const [nearest] = fast.nearest(all[number] ?? new Float32Array(), 1);
      expect(nearest?.id).toBe(`v${number}`);
    }
    expect(fast.nearest(all[1] ?? new Float32Array(), 20)).toEqual(
      plain.nearest(all[1] ?? new Float32Array(), 20),
    );
  });

  it('gives vectors away from its last block until it is empty', () => {
    const all = vectors(600);
    const [index] = both(all);
    const taken = new Float32Array(dimension);
    const seen = new Map<string, number>();
    for (let id = index.take(taken); id !== undefined; id = index.take(taken)) {
      const vector = all[Number(id.slice(1))] ?? new Float32Array();
      seen.set(
        id,
        vector.reduce((sum, component, at) => sum + component * (taken[at] ?? 0), 0),
      );
    }
    expect(seen.size).toBe(600);
    expect(Math.min(...seen.values())).toBeGreaterThan(0.9999);
    expect([index.size, index.blocks, index.bytes]).toEqual([0, 0, 0]);
  });

  it('searched block by block from the last one, finds a vector that moves meanwhile', () => {
    const all = vectors(rows * 3);
    const [index] = both(all);
    const question = index.asked(all[700] ?? new Float32Array());
    const few: NearestFew = nearestFew(3);
    index.offer(2, question, few);
    // The last row moves into the place of the first.
    index.remove('v0');
    for (const block of [1, 0]) index.offer(block, question, few);
    expect(few.found()[0]?.id).toBe('v700');
    const ids = few.found().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
