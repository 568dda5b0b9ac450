import fc from 'fast-check';
import { expect, it } from 'vitest';
import { countNames, countsOf } from '../counts.ts';
import { addDurations, durationClasses, noDurations } from '../durations.ts';
import { addBlob, blobOf } from './durations-blob.ts';
import { packedSums, unpackedSums } from './packed-sums.ts';

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

it('blobs one after the other are read as the sum of their histograms', () => {
  fc.assert(
    fc.property(histograms, histograms, (one, other) => {
      const expected = noDurations();
      addDurations(expected, one);
      addDurations(expected, other);
      expect(addBlob(noDurations(), Buffer.concat([blobOf(one), blobOf(other)]))).toEqual(expected);
    }),
  );
});

it('sums without durations go from thread to thread without histograms, and are read with empty ones', () => {
  const sums = [{ group: 'gpt-5', counts: countNames.map((_name, index) => index) }];
  const packed = packedSums(sums);
  expect(packed.durations).toHaveLength(0);
  expect(unpackedSums(packed)).toEqual([
    {
      group: 'gpt-5',
      counts: countsOf((_name, index) => index),
      hitDurations: noDurations(),
      missDurations: noDurations(),
    },
  ]);
});
