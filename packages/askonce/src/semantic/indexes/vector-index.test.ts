import { describe, expect, it } from 'vitest';
import { fakeClock } from '../../testing/fake-clock.ts';
import { normalNumbers, sampleVectors } from '../../testing/sample-vectors.ts';
import { describeVectorIndexContract } from '../../testing/vector-index-contract.ts';
import type { VectorIndex } from '../contract.ts';
import { type GrowingIndex, growingIndex } from './growing.ts';
import { scanIndex } from './scan.ts';
import { turns } from './turns.ts';
import { loadUsearch, usearchIndex, usearchOnce } from './usearch.ts';

const runner = { describe, it, expect };
const usearch = await loadUsearch();
const growing = new WeakMap<VectorIndex, GrowingIndex>();
const absent = () => Promise.reject(new Error('not installed'));
const settled = async (index: VectorIndex) => growing.get(index)?.settled();

function growingOf(dimension: number, load: () => Promise<typeof usearch>): GrowingIndex {
  const index = growingIndex({ dimension, usearch: usearchOnce(load, () => {}), turns: turns(fakeClock()) });
  growing.set(index, index);
  return index;
}

describeVectorIndexContract({ name: 'scan', runner, createIndex: scanIndex });
describeVectorIndexContract({
  name: 'usearch',
  runner,
  createIndex: (dimension) => usearchIndex(usearch, dimension),
});
describeVectorIndexContract({
  name: 'growing',
  runner,
  createIndex: (dimension) => growingOf(dimension, async () => usearch),
  settled,
});
describeVectorIndexContract({
  name: 'growing without usearch',
  runner,
  createIndex: (dimension) => growingOf(dimension, absent),
  settled,
});

const dimension = 16;

function filled(index: VectorIndex, count: number): readonly Float32Array[] {
  const vectors: Float32Array[] = [];
  for (const vector of sampleVectors({ dimension })) {
    if (vectors.length === count) break;
    index.add(`v${vectors.length}`, vector);
    vectors.push(vector);
  }
  return vectors;
}

describe('the growing vector index', () => {
  it('loads usearch only for more than 512 vectors, and once', async () => {
    let loads = 0;
    const index = growingOf(dimension, async () => {
      loads += 1;
      return usearch;
    });
    filled(index, 512);
    await index.settled();
    expect(loads).toBe(0);
    filled(index, 3_000);
    await index.settled();
    expect(loads).toBe(1);
    expect(index.size).toBe(3_000);
  });

  it('moves a bounded number of vectors in each turn of the event loop', async () => {
    const moves: number[] = [];
    const index: GrowingIndex = growingIndex({
      dimension: 256,
      usearch: usearchOnce(
        async () => usearch,
        () => {},
      ),
      turns: turns(fakeClock()),
      onMoved: () => moves.push(index.size),
    });
    const next = normalNumbers(3);
    for (let number = 0; number < 1_000; number++)
      index.add(`v${number}`, Float32Array.from({ length: 256 }, next));
    await index.settled();
    // 8 at a time, and each is in the index all the while.
    expect(moves).toEqual(Array.from({ length: 125 }, () => 1_000));
  });

  it('finds and removes vectors while others move', async () => {
    const index = growingOf(dimension, async () => usearch);
    const vectors = filled(index, 2_000);
    const away = vectors.filter((_vector, number) => number % 7 === 0);
    const moving = index.settled();
    for (const [number, vector] of vectors.entries()) {
      if (number % 50 === 0) await new Promise(setImmediate);
      expect((await index.nearest(vector, 1))[0]?.id).toBe(`v${number}`);
      if (number % 7 === 0) expect(index.remove(`v${number}`)).toBe(true);
    }
    await moving;
    expect(index.size).toBe(2_000 - away.length);
  });

  it('stops to move once it is closed', async () => {
    const index = growingOf(dimension, async () => usearch);
    filled(index, 2_000);
    index.close();
    await index.settled();
    expect(index.size).toBe(0);
  });

  it('scans what usearch does not take, and says so', async () => {
    const troubles: string[] = [];
    let added = 0;
    class Full extends usearch.Index {
      override add(...given: Parameters<InstanceType<typeof usearch.Index>['add']>) {
        added += 1;
        if (added > 700) throw new Error('Failed to reserve memory');
        super.add(...given);
      }
    }
    const index = growingIndex({
      dimension,
      usearch: usearchOnce(
        async () => ({ ...usearch, Index: Full }),
        () => {},
      ),
      turns: turns(fakeClock()),
      onTrouble: (message) => troubles.push(message),
    });
    const vectors = filled(index, 1_000);
    await index.settled();
    for (const [number, vector] of vectors.entries())
      expect((await index.nearest(vector, 1))[0]?.id).toBe(`v${number}`);
    expect(troubles).toEqual([
      'usearch took no further vector (Failed to reserve memory); the index grows no more',
    ]);
    expect(index.most).toBe(20_000);
  });

  it('has a limit only where there is no usearch', async () => {
    const without = growingOf(dimension, absent);
    expect(without.most).toBe(Number.POSITIVE_INFINITY);
    filled(without, 600);
    await without.settled();
    expect(without.most).toBe(20_000);
    const wide = growingOf(3_072, absent);
    for (let number = 0; number < 513; number++)
      wide.add(`v${number}`, new Float32Array(3_072).fill(1 + (number % 2)));
    await wide.settled();
    expect(wide.most).toBe(1_667);
  });
});
