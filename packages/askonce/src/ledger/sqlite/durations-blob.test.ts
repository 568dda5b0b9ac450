import fc from 'fast-check';
import { expect, it } from 'vitest';
import { addDurations, durationClasses, noDurations } from '../durations.ts';
import { addBlob, blobOf } from './durations-blob.ts';

const histograms = fc
  .array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 2 ** 51 })), {
    minLength: durationClasses,
    maxLength: durationClasses,
  })
  .map((counts) => Float64Array.from(counts));

it('the blob of a histogram adds what the histogram has', () => {
  fc.assert(
    fc.property(histograms, histograms, (one, other) => {
      const sum = addBlob(addBlob(noDurations(), blobOf(one)), blobOf(other));
      const expected = noDurations();
      addDurations(expected, one);
      addDurations(expected, other);
      expect(sum).toEqual(expected);
    }),
  );
});

it('a histogram without durations is an empty blob, and what is no histogram adds nothing that was not there', () => {
  expect(blobOf(noDurations())).toHaveLength(0);
  for (const value of [null, 7, 'text', Uint8Array.of(), Uint8Array.of(200, 1)])
    expect(addBlob(noDurations(), value)).toEqual(noDurations());
  expect(addBlob(noDurations(), Uint8Array.of(3, 0x85))[3]).toBe(5);
});
