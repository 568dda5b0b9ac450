import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleEntry } from '../testing/sample-entry.ts';
import { decodeEntry, encodeEntry, openEntry } from './codec.ts';
import { compressionDefaults } from './compression.ts';
import type { Entry } from './entry.ts';
import { type KeyRing, keyRing } from './key-ring.ts';

const key = 'askonce:v1:partition:en:{fingerprint}';
const first = `first:${randomBytes(32).toString('hex')}`;
const second = `second:${randomBytes(32).toString('base64')}`;

function ring(...keys: readonly string[]): KeyRing {
  const made = keyRing(keys);
  if (made === undefined) throw new Error('no keys');
  return made;
}

const keys = ring(first);

async function encoded(entry: Entry, keys?: KeyRing, threshold = 65_536): Promise<Buffer> {
  const bytes = await encodeEntry(entry, { ...compressionDefaults, threshold, keys });
  if (bytes === undefined) throw new Error('the entry could not be encoded');
  return Buffer.from(bytes);
}

/** A change as a writer of the store would make it: with the checksum that belongs to it. */
function forged(bytes: Buffer, change: (bytes: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes);
  change(copy);
  copy.writeUInt32LE(crc32(copy.subarray(8)), 4);
  return copy;
}

const readable = {
  key,
  body: 'the answer',
  semanticText: 'the question',
  user: 'ada-lovelace',
  tags: ['own=tag'],
  recording: { headers: { 'content-type': 'text/x-readable' } },
};

describe('an encrypted entry', () => {
  it('an encrypted entry is read as it was written, compressed or not', async () => {
    const input = fc.record({
      name: fc.string({ unit: 'grapheme', maxLength: 40 }),
      body: fc.uint8Array({ maxLength: 3_000 }),
      isStream: fc.boolean(),
      threshold: fc.constantFrom(0, 100, 65_536),
    });
    await fc.assert(
      fc.asyncProperty(input, async ({ name, body, isStream, threshold }) => {
        const events = { ends: Uint32Array.of(0, body.length), at: Uint32Array.of(1, 2) };
        const recording = isStream ? ({ form: 'stream', events } as const) : {};
        const entry = sampleEntry({ key: name, body, recording, semanticText: 'the question' });
        const stored = await encoded(entry, keys, threshold);
        const opened = (await openEntry(name, stored, keys))?.read();
        for (const found of [await decodeEntry(name, stored, keys), opened]) {
          expect(found?.meta).toEqual(entry.meta);
          expect(found?.recording.headers).toEqual(entry.recording.headers);
          expect(found?.recording.events).toEqual(entry.recording.events);
          expect(Buffer.from(found?.recording.body ?? []).equals(body)).toBe(true);
        }
      }),
      { numRuns: 80 },
    );
  });

  it('an encrypted entry shows its key and its expiry, and nothing of its content', async () => {
    const bytes = await encoded(sampleEntry(readable), keys);
    const shown = bytes.toString('latin1');
    expect(shown).toContain(key);
    for (const secret of ['answer', 'question', 'ada-lovelace', 'own=tag', 'gpt-4o', 'text/x', 'recordingId'])
      expect(shown).not.toContain(secret);
    expect(openEntry(key, bytes, keys)).toMatchObject({ expires: 3_600_000 });
  });

  it('an entry is compressed before it is encrypted', async () => {
    const entry = sampleEntry({ key, body: Buffer.alloc(100_000, 'x') });
    expect((await encoded(entry, keys)).length).toBeLessThan(2_000);
  });

  it.each([0, 65_536])(
    'an encrypted entry is unreadable with any bit of it changed (compressed above %i bytes)',
    async (threshold) => {
      const bytes = await encoded(sampleEntry({ key, body: 'x'.repeat(200) }), keys, threshold);
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        // A forger corrects the bits of the checksum.
        if (bit >= 32 && bit < 64) continue;
        const changed = forged(bytes, (copy) =>
          copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3),
        );
        if ((await decodeEntry(key, changed, keys)) !== undefined) expect.unreachable(`bit ${bit}`);
      }
      expect(
        await decodeEntry(
          key,
          forged(bytes, () => {}),
          keys,
        ),
      ).toBeDefined();
    },
  );

  it('an encrypted entry is unreadable if a part is missing or added', async () => {
    const bytes = await encoded(sampleEntry({ key }), keys);
    for (let length = 0; length < bytes.length; length++)
      expect(openEntry(key, bytes.subarray(0, length), keys)).toBe(undefined);
    expect(openEntry(key, Buffer.concat([bytes, Buffer.alloc(1)]), keys)).toBe(undefined);
  });

  it('an encrypted entry is unreadable under the key of another entry, even if that is written over its own', async () => {
    const other = key.replace('fingerprint', 'fingerprimt');
    const [one, two] = [
      await encoded(sampleEntry({ key }), keys),
      await encoded(sampleEntry({ key: other }), keys),
    ];
    expect(openEntry(other, one, keys)).toBe(undefined);
    const renamed = forged(one, (copy) => copy.write(other, 44));
    expect(openEntry(other, renamed, keys)).toBe(undefined);
    const grafted = forged(two, (copy) => one.copy(copy, 44 + key.length, 44 + key.length));
    expect(openEntry(other, grafted, keys)).toBe(undefined);
  });

  it('an encrypted entry is unreadable with a later expiry, another status or another form', async () => {
    const bytes = await encoded(sampleEntry({ key }), keys);
    const changes: readonly ((copy: Buffer) => void)[] = [
      (copy) => copy.writeDoubleLE(7_200_000, 32),
      (copy) => copy.writeUInt16LE(201, 12),
      (copy) => copy.writeUInt8(1, 11),
    ];
    for (const change of changes) expect(openEntry(key, forged(bytes, change), keys)).toBe(undefined);
  });

  it('an encrypted entry is readable while its key is on the ring, and unreadable afterwards', async () => {
    const old = await encoded(sampleEntry(readable), keys);
    const rotated = ring(second, first);
    expect(await decodeEntry(key, old, rotated)).toBeDefined();
    expect(await decodeEntry(key, old, ring(second))).toBe(undefined);
    const fresh = await encoded(sampleEntry(readable), rotated);
    expect(await decodeEntry(key, fresh, ring(second))).toBeDefined();
    expect(await decodeEntry(key, fresh, keys)).toBe(undefined);
  });

  it('an encrypted entry is unreadable without keys, and one in the clear is unreadable with keys', async () => {
    const entry = sampleEntry(readable);
    const [sealed, clear] = [await encoded(entry, keys), await encoded(entry)];
    expect(openEntry(key, sealed)).toBe(undefined);
    expect(openEntry(key, clear, keys)).toBe(undefined);
    const unmarked = forged(sealed, (copy) => copy.writeUInt8(0, 10));
    expect(openEntry(key, unmarked)).toBe(undefined);
    const marked = forged(clear, (copy) => copy.writeUInt8(1, 10));
    expect(openEntry(key, marked, keys)).toBe(undefined);
  });

  it('an encrypted entry shares no memory with a pool', async () => {
    const bytes = await encodeEntry(sampleEntry({ key }), { ...compressionDefaults, keys });
    expect(bytes?.buffer.byteLength).toBe(bytes?.byteLength);
  });
});
