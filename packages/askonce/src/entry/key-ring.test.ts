import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { derivedRing, type KeyRing, keyRing, sealBytes } from './key-ring.ts';

const keys = { a: 'aa'.repeat(32), b: 'bb'.repeat(32) } as const;

function ring(...encryptionKeys: readonly string[]): KeyRing {
  const made = keyRing(encryptionKeys);
  if (made === undefined) throw new Error('no keys');
  return made;
}

const both = ring(`b:${keys.b}`, `a:${keys.a}`);
const onlyA = ring(`a:${keys.a}`);
const onlyB = ring(`b:${keys.b}`);
const name = fc.string({ unit: 'grapheme', maxLength: 40 });
const bytes = fc.uint8Array({ maxLength: 200 });

describe('what is sealed', () => {
  it('a sealed value opens unchanged under the same name', () => {
    fc.assert(
      fc.property(bytes, name, bytes, (plain, name, beside) => {
        const sealed = onlyA.seal(plain, { name, beside });
        expect(sealed.length).toBe(plain.length + sealBytes);
        expect(onlyA.open(sealed, { name, beside })).toEqual(Buffer.from(plain));
      }),
    );
  });

  it('a sealed value does not open under another name, with other associated data, or with a single bit changed', () => {
    const text = fc.record({ plain: bytes, name, beside: bytes });
    fc.assert(
      fc.property(text, text, fc.nat(), ({ plain, name, beside }, other, at) => {
        const sealed = onlyA.seal(plain, { name, beside });
        fc.pre(other.name !== name && !Buffer.from(other.beside).equals(Buffer.from(beside)));
        expect(onlyA.open(sealed, { name: other.name, beside })).toBe(undefined);
        expect(onlyA.open(sealed, { name, beside: other.beside })).toBe(undefined);
        const bit = at % (sealed.length * 8);
        sealed.writeUInt8(sealed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        expect(onlyA.open(sealed, { name, beside })).toBe(undefined);
      }),
    );
  });

  it('a sealed value does not open if a part of it is missing', () => {
    const seal = { name: 'n', beside: Buffer.from('beside') };
    const sealed = onlyA.seal(Buffer.from('plain'), seal);
    for (let length = 0; length < sealed.length; length++)
      expect(onlyA.open(sealed.subarray(0, length), seal)).toBe(undefined);
  });

  it('the same value never looks the same twice once sealed', () => {
    const seal = { name: 'n', beside: Buffer.alloc(0) };
    const plain = Buffer.alloc(64);
    const looks = Array.from({ length: 500 }, () => onlyA.seal(plain, seal).toString('hex', 8));
    expect(new Set(looks).size).toBe(500);
    expect(looks.join('')).not.toContain(plain.toString('hex'));
  });
});

describe('rotation', () => {
  const seal = { name: 'n', beside: Buffer.alloc(0) };
  const old = onlyA.seal(Buffer.from('old'), seal);

  it('the ring opens with any of its keys, and seals with the first', () => {
    expect(both.open(old, seal)?.toString()).toBe('old');
    const fresh = both.seal(Buffer.from('new'), seal);
    expect(onlyB.open(fresh, seal)?.toString()).toBe('new');
    expect(onlyA.open(fresh, seal)).toBe(undefined);
  });

  it('a value of a removed key does not open', () => {
    expect(onlyB.open(old, seal)).toBe(undefined);
  });

  it('a key is recognised whatever its name, in hex and in base64', () => {
    const bytes = Buffer.from(keys.a, 'hex');
    const spellings = [bytes.toString('base64'), bytes.toString('base64url'), keys.a.toUpperCase()];
    for (const spelling of spellings)
      expect(ring(`other:${spelling}`).open(old, seal)?.toString()).toBe('old');
  });

  it('another key under the same name is another key', () => {
    expect(ring(`a:${keys.b}`).open(old, seal)).toBe(undefined);
  });
});

describe('the setting `encryptionKeys`', () => {
  it('without keys there is no ring', () => {
    expect(keyRing([])).toBe(undefined);
  });

  it.each([
    ['a name twice', [`a:${keys.a}`, `a:${keys.b}`]],
    ['a key twice', [`a:${keys.a}`, `b:${keys.a}`]],
    ['no name', [keys.a]],
    ['an empty name', [`:${keys.a}`]],
    ['a short key', ['a:abcd']],
  ])('the setting `encryptionKeys` is refused with %s, without showing the key', (_what, encryptionKeys) => {
    const cacheStatus = () => keyRing(encryptionKeys);
    expect(cacheStatus).toThrow('encryptionKeys');
    expect(cacheStatus).not.toThrow(/aaaa|abcd/);
  });
});

describe('a ring that is derived from a secret', () => {
  const seal = { name: 'a value', beside: Buffer.of() };

  it('each ring of the same secret and purpose opens what another has sealed', () => {
    const sealed = derivedRing('a secret', 'notes').seal(Buffer.from('hello'), seal);
    expect(derivedRing('a secret', 'notes').open(sealed, seal)?.toString()).toBe('hello');
  });

  it('a ring of another secret or another purpose opens nothing', () => {
    const sealed = derivedRing('a secret', 'notes').seal(Buffer.from('hello'), seal);
    expect(derivedRing('another secret', 'notes').open(sealed, seal)).toBe(undefined);
    expect(derivedRing('a secret', 'letters').open(sealed, seal)).toBe(undefined);
  });
});
