import { hash } from 'node:crypto';
import { expect, it } from 'vitest';
import { eachDigest, packDigests, unpackDigests, writeDigests } from './digests.ts';

const one = '00112233445566778899';
const other = 'ffeeddccbbaa99887766';
const latin1 = (hex: string) => Buffer.from(hex, 'hex').toString('latin1');

it('digests are packed one after the other, and unpacked as they were', () => {
  const packed = packDigests([one, other]);
  expect(packed.toString('hex')).toBe(one + other);
  expect(unpackDigests(packed)).toEqual([latin1(one), latin1(other)]);
  expect(Array.from(eachDigest(packed), (digest) => Buffer.from(digest).toString('hex'))).toEqual([
    one,
    other,
  ]);
  expect(unpackDigests(new Uint8Array())).toEqual([]);
});

it('digests are written from an offset on, which comes back as their end', () => {
  const into = Buffer.alloc(25);
  expect(writeDigests([one, other], into, 2)).toBe(22);
  expect(into.toString('hex')).toBe(`0000${one}${other}000000`);
});

it('a digest of another shape is digested into the common one', () => {
  const packed = packDigests(['of another cache']);
  expect(packed.toString('hex')).toBe(hash('sha256', 'of another cache', 'hex').slice(0, 20));
});
