import { randomBytes } from 'node:crypto';
import { crc32, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleEntry } from '../testing/sample-entry.ts';
import { decodeEntry, encodeEntry, openEntry } from './codec.ts';
import type { Compression } from './compression.ts';
import { compress, decompress } from './compression.ts';
import type { Entry } from './entry.ts';
import { largestPayloadBytes, prefixBytes } from './layout.ts';

const key = 'askonce:v1:partition:en:{fingerprint}';
const settings = (compression: Compression, threshold = 65_536) => ({ compression, threshold, level: 3 });

async function encoded(entry: Entry, how = settings('zstd')): Promise<Buffer> {
  const bytes = await encodeEntry(entry, how);
  if (bytes === undefined) throw new Error('the entry could not be encoded');
  return Buffer.from(bytes);
}

/** The bytes after a change, with a checksum that says that nothing was changed. */
function forged(bytes: Buffer, change: (bytes: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes);
  change(copy);
  copy.writeUInt32LE(crc32(copy.subarray(8)), 4);
  return copy;
}

describe('the codec of entries', () => {
  it('an entry decodes to what was encoded, whatever it holds and however it is compressed', async () => {
    const marks = fc.array(fc.nat(1_000), { maxLength: 20 }).map((steps) => {
      let sum = 0;
      return Uint32Array.from(steps, (step) => {
        sum += step;
        return sum;
      });
    });
    const input = fc.record({
      name: fc.string({ unit: 'grapheme', maxLength: 40 }),
      body: fc.uint8Array({ maxLength: 5_000 }),
      ends: marks,
      semanticText: fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined }),
      isStream: fc.boolean(),
      compression: fc.constantFrom<Compression>('none', 'gzip', 'zstd'),
    });
    await fc.assert(
      fc.asyncProperty(input, async ({ name, body, ends, semanticText, isStream, compression }) => {
        const last = ends.at(-1) ?? 0;
        const bytes = isStream ? Buffer.concat([body, Buffer.alloc(last)]) : body;
        const recording = isStream ? ({ form: 'stream', events: { ends, at: ends } } as const) : {};
        const entry = sampleEntry({ key: name, body: bytes, recording, semanticText });
        const stored = await encoded(entry, settings(compression, 100));
        const checked = await decodeEntry(name, stored);
        const opened = (await openEntry(name, stored))?.read();
        for (const found of [checked, opened]) {
          expect(found?.key).toBe(name);
          expect(found?.meta).toEqual(entry.meta);
          expect(found?.recording.form).toBe(entry.recording.form);
          expect(found?.recording.headers).toEqual(entry.recording.headers);
          expect(found?.recording.events).toEqual(entry.recording.events);
          expect(Buffer.from(found?.recording.body ?? []).equals(bytes)).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('a payload is compressed only above the threshold, and only if that makes it smaller', async () => {
    const entry = (body: Buffer) => sampleEntry({ key, body });
    const at = await encoded(entry(Buffer.alloc(65_536)));
    const above = await encoded(entry(Buffer.alloc(65_537)));
    const noise = await encoded(entry(randomBytes(65_537)));
    const gzip = await encoded(entry(Buffer.alloc(65_537)), settings('gzip'));
    const never = await encoded(entry(Buffer.alloc(65_537)), settings('none'));
    expect([at[9], above[9], noise[9], gzip[9], never[9]]).toEqual([0, 2, 0, 1, 0]);
    expect(above.length).toBeLessThan(2_000);
    expect(await compress(Buffer.alloc(10), settings('none'))).toEqual({
      bytes: Buffer.alloc(10),
      compression: 'none',
    });
  });

  it('every changed byte, truncation and addition makes a value unreadable', async () => {
    const bytes = await encoded(sampleEntry({ key, body: 'body' }));
    for (let index = 0; index < bytes.length; index++) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8((bytes[index] ?? 0) ^ 0x10, index);
      expect(decodeEntry(key, changed), `byte ${index}`).toBe(undefined);
      expect(openEntry(key, bytes.subarray(0, index))).toBe(undefined);
    }
    expect(decodeEntry(key, Buffer.concat([bytes, Buffer.alloc(1)]))).toBe(undefined);
    expect(decodeEntry(`${key}x`, bytes)).toBe(undefined);
  });

  it('a value of another version, compression, encryption or form, or with wrong sizes, is unreadable', async () => {
    const bytes = await encoded(sampleEntry({ key, body: 'body' }));
    expect(
      decodeEntry(
        key,
        forged(bytes, () => {}),
      ),
    ).toBeDefined();
    for (const [offset, value] of [
      [8, 2],
      [9, 3],
      [10, 1],
      [11, 6],
    ] as const) {
      expect(
        decodeEntry(
          key,
          forged(bytes, (copy) => copy.writeUInt8(value, offset)),
        ),
      ).toBe(undefined);
    }
    for (const offset of [16, 20, 24, 28, 40]) {
      for (const value of [1, 1_000_000, 0xffff_ffff]) {
        expect(
          decodeEntry(
            key,
            forged(bytes, (copy) => copy.writeUInt32LE(value, offset)),
          ),
        ).toBe(undefined);
      }
    }
  });

  it('metadata and headers out of shape are unreadable, or fail when they are first read', async () => {
    const entry = sampleEntry({ key, body: 'body' });
    const bytes = await encoded(entry);
    const replaced = (from: string, to: string) =>
      forged(bytes, (copy) => copy.write(to, copy.indexOf(from), to.length));
    const wrong = [
      replaced('"version":1', '"version":7'),
      replaced('{"version"', '["version"'),
      forged(bytes, (copy) => copy.writeDoubleLE(7, 32)),
    ];
    for (const each of wrong) {
      expect(decodeEntry(key, each)).toBe(undefined);
      expect(() => openedNow(each).meta).toThrow('shape of an entry');
    }
    const headers = replaced('{"content-type"', '["content-type"');
    expect(decodeEntry(key, headers)).toBe(undefined);
    expect(() => openedNow(headers).recording).toThrow('shape of an entry');
    const tooMany = forged(bytes, (copy) =>
      copy.write('"tags":7777777777', copy.indexOf('"tags":["lang=en"]')),
    );
    expect(decodeEntry(key, tooMany)).toBe(undefined);
  });

  it('events that descend, or end behind the body, are unreadable', async () => {
    const recording = {
      form: 'stream',
      events: { ends: Uint32Array.of(2, 4), at: Uint32Array.of(0, 1) },
    } as const;
    const bytes = await encoded(sampleEntry({ key, body: 'abcd', recording }));
    for (const wrong of [1, 5]) {
      const changed = forged(bytes, (copy) => copy.writeUInt32LE(wrong, copy.length - 4 - 8 - 4));
      expect(decodeEntry(key, changed)).toBe(undefined);
      expect(() => openedNow(changed).recording).toThrow('shape of an entry');
    }
    const bodyWithMarks = forged(bytes, (copy) => copy.writeUInt8(0, 11));
    expect(decodeEntry(key, bodyWithMarks)).toBe(undefined);
  });

  it('a payload never decompresses to more or fewer bytes than the prefix says', async () => {
    const bytes = await encoded(sampleEntry({ key, body: Buffer.alloc(100_000) }));
    for (const size of [99_999, 100_001, 0, largestPayloadBytes + 1]) {
      expect(
        await decodeEntry(
          key,
          forged(bytes, (copy) => copy.writeUInt32LE(size, 40)),
        ),
      ).toBe(undefined);
    }
    const broken = forged(bytes, (copy) => copy.fill(0xff, copy.length - 8));
    expect(await decodeEntry(key, broken)).toBe(undefined);
    expect(await decompress(zstdCompressSync(Buffer.alloc(5_000_000)), 'zstd', 1_000)).toBe(undefined);
  });

  it('an entry that could not be read again is not encoded', () => {
    const none = (entry: Entry) => expect(encodeEntry(entry)).toBe(undefined);
    none(sampleEntry({ key, expires: Number.NaN }));
    none(sampleEntry({ key, lease: -1 }));
    none(
      sampleEntry({
        key,
        fields: Object.fromEntries(Array.from({ length: 1_025 }, (_none, i) => [`f${i}`, 'd'])),
      }),
    );
    none(sampleEntry({ key: 'k'.repeat(70_000) }));
    none(sampleEntry({ key, recording: { status: 70_000 } }));
    none(sampleEntry({ key, recording: { form: 'stream' } }));
    none(sampleEntry({ key, recording: { events: { ends: Uint32Array.of(), at: Uint32Array.of() } } }));
    none(
      sampleEntry({
        key,
        recording: { form: 'stream', events: { ends: Uint32Array.of(1), at: Uint32Array.of() } },
      }),
    );
    none(sampleEntry({ key, recording: { headers: { 'x-a': 'v'.repeat(65_537) } } }));
    const many = Object.fromEntries(Array.from({ length: 129 }, (_none, index) => [`x-${index}`, 'v']));
    none(sampleEntry({ key, recording: { headers: many } }));
    none(sampleEntry({ key, body: Buffer.alloc(largestPayloadBytes + 1) }));
  });

  it('an encoded entry does not keep the buffer alive that its body was cut from', async () => {
    const body = Buffer.alloc(10, 97);
    const bytes = await encoded(sampleEntry({ key, body }));
    body.fill(98);
    const found = await decodeEntry(key, bytes);
    expect(Buffer.from(found?.recording.body ?? []).toString()).toBe('a'.repeat(10));
    expect(bytes.length).toBeGreaterThan(prefixBytes);
  });
});

function openedNow(bytes: Uint8Array): Entry {
  const sound = openEntry(key, bytes);
  if (sound === undefined || sound instanceof Promise) throw new Error('not readable at once');
  return sound.read();
}
