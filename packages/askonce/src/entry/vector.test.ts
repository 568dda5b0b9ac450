import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleEntry } from '../testing/sample-entry.ts';
import { decodeEntry, encodeEntry } from './codec.ts';
import { hasMetaShape } from './shape.ts';
import { decodeVector, encodeVector, mostComponents } from './vector.ts';

function unit(components: readonly number[]): Float32Array {
  const length = Math.hypot(...components);
  return Float32Array.from(components, (component) => component / length);
}

function cosine(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum / (Math.hypot(...a) * Math.hypot(...b));
}

/** Normally distributed numbers, the same ones for each seed. */
function normal(seed: number): () => number {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 1) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
}

describe('vectors as text', () => {
  it('a decoded vector has the length 1, its dimension, and nearly its direction', () => {
    const component = fc.float({ min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(component, { minLength: 1, maxLength: 400 }), (components) => {
        fc.pre(components.some((each) => Math.abs(each) > 1e-6));
        const vector = unit(components);
        const decoded = decodeVector(encodeVector(vector)) ?? new Float32Array();
        expect(decoded.length).toBe(vector.length);
        expect(Math.hypot(...decoded)).toBeCloseTo(1, 5);
        expect(cosine(decoded, vector)).toBeGreaterThan(0.9999);
      }),
    );
  });

  it.each([256, 384])('the cosine of two vectors of %i components changes by 0.0003 at most', (dimension) => {
    const next = normal(dimension);
    const noise = () => Array.from({ length: dimension }, next);
    for (let pair = 0; pair < 4_000; pair++) {
      const asked = unit(noise());
      // From unrelated pairs to nearly equal ones.
      const share = (pair % 20) / 20;
      const far = noise();
      const stored = unit(far.map((each, at) => each * (1 - share) + (asked[at] ?? 0) * share * 16));
      const decoded = decodeVector(encodeVector(stored)) ?? new Float32Array();
      expect(Math.abs(cosine(asked, decoded) - cosine(asked, stored))).toBeLessThanOrEqual(0.0003);
    }
  });

  it('a decoded vector has the same text again', () => {
    const next = normal(7);
    const vector = unit(Array.from({ length: 256 }, next));
    const text = encodeVector(vector);
    expect(encodeVector(decodeVector(text) ?? new Float32Array())).toBe(text);
    expect(text.length).toBe(512);
  });

  it('a vector is written where the caller wants it, if it fits there', () => {
    const text = encodeVector(unit([3, 4]));
    const [fitting, other] = [new Float32Array(2), new Float32Array(3)];
    expect(decodeVector(text, fitting)).toBe(fitting);
    expect(fitting).toEqual(decodeVector(text));
    expect(decodeVector(text, other)).toEqual(fitting);
    expect(other).toEqual(new Float32Array(3));
  });

  it('a text without a direction holds no vector', () => {
    for (const text of [
      '',
      'gA',
      'gAgA',
      'AAA',
      'AA=A',
      '€AAA',
      encodeVector(new Float32Array(8)),
      encodeVector(new Float32Array()),
    ])
      expect(decodeVector(text)).toBe(undefined);
  });

  it('an entry brings its vector back from its encoded form, up to the longest one', async () => {
    const vector = encodeVector(unit(Array.from({ length: mostComponents }, (_none, at) => 1 + (at % 3))));
    const entry = sampleEntry({ key: 'k', embedder: 'static-256', vector });
    const bytes = (await encodeEntry(entry)) ?? new Uint8Array();
    expect((await decodeEntry('k', bytes))?.meta).toEqual(entry.meta);
    expect(hasMetaShape({ ...entry.meta, vector: `${vector}AA` })).toBe(false);
  });
});
