import { expect, it } from 'vitest';
import { keyRing } from '../entry/key-ring.ts';
import { sampleEntry } from '../testing/sample-entry.ts';
import {
  decodeVectorRecord,
  encodeVectorRecord,
  type VectorRecord,
  vectorRecordOf,
} from './vector-record.ts';

const record: VectorRecord = {
  partition: 'p1',
  frame: 'f1',
  language: 'zh-hant',
  embedder: 'mein "Modell"\nv2',
  vector: 'AB-_',
};
const ring = keyRing([`a:${'01'.repeat(32)}`]);
const other = keyRing([`b:${'02'.repeat(32)}`]);

it.each([['in the clear', undefined] as const, ['sealed', ring] as const])(
  'the record of a vector comes back as it was, %s, and a single changed bit makes it unreadable',
  (_how, keys) => {
    const bytes = encodeVectorRecord('k', record, keys);
    expect(decodeVectorRecord('k', bytes, keys)).toEqual(record);
    expect(bytes.includes(Buffer.from('AB-_', 'base64url'))).toBe(keys === undefined);
    for (const at of [0, 4, bytes.length - 1]) {
      const damaged = Buffer.from(bytes);
      damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
      expect(decodeVectorRecord('k', damaged, keys)).toBe(undefined);
    }
    expect(decodeVectorRecord('k', bytes.subarray(0, 3), keys)).toBe(undefined);
  },
);

it('a sealed record opens neither under another key of an entry, nor by another ring, nor without one', () => {
  const bytes = encodeVectorRecord('k', record, ring);
  expect(decodeVectorRecord('l', bytes, ring)).toBe(undefined);
  expect(decodeVectorRecord('k', bytes, other)).toBe(undefined);
  expect(decodeVectorRecord('k', bytes, undefined)).toBe(undefined);
  expect(decodeVectorRecord('k', encodeVectorRecord('k', record, undefined), ring)).toBe(undefined);
});

it('a record that this program would not write is not read', () => {
  for (const odd of [
    { ...record, frame: 'x'.repeat(257) },
    { ...record, vector: 'A'.repeat(16_386) },
    { ...record, language: 'x'.repeat(65) },
  ])
    expect(decodeVectorRecord('k', encodeVectorRecord('k', odd, undefined), undefined)).toBe(undefined);
});

it('an entry without a vector has no record', () => {
  const { meta } = sampleEntry({ key: 'k' });
  expect(vectorRecordOf('k', meta, undefined)).toBe(undefined);
  const bytes = vectorRecordOf('k', { ...meta, embedder: 'e', vector: 'ABCD' }, undefined);
  expect(bytes && decodeVectorRecord('k', bytes, undefined)).toEqual({
    partition: 'partition',
    frame: 'frame',
    language: 'en',
    embedder: 'e',
    vector: 'ABCD',
  });
});

it.each(['', 'A', 'AB', 'ABC', 'ABCD', 'AB-_w', 'ü', 'A'.repeat(16_384), 'A='])(
  'a vector whose text is %j comes back as it was, wherever its entry lies',
  (vector) => {
    for (const partition of ['p', '', 'elsewhere']) {
      const given = { ...record, partition, vector };
      const key = 'askonce:v1:p:en:{k}';
      expect(decodeVectorRecord(key, encodeVectorRecord(key, given, ring), ring)).toEqual(given);
    }
  },
);

it('a record takes three bytes for four characters of a vector, and no room for the partition that the key names', () => {
  const key = 'askonce:v1:p1:en:{k}';
  const bytes = (vector: string) => encodeVectorRecord(key, { ...record, vector }, undefined).length;
  expect(bytes('A'.repeat(512)) - bytes('')).toBe(384);
  expect(encodeVectorRecord('k', record, undefined).length - bytes(record.vector)).toBe(2);
});
