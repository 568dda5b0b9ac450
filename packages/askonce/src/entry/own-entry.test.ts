import { expect, it } from 'vitest';
import { sampleEntry } from '../testing/sample-entry.ts';
import { decodeEntry, encodeEntry } from './codec.ts';
import { compressionDefaults } from './compression.ts';
import { keyRing } from './key-ring.ts';
import { heldEntry, OwnEntry } from './own-entry.ts';

function own(body: Uint8Array, isCompact = false): OwnEntry {
  const { key, meta, recording } = sampleEntry({ key: 'k', body });
  return new OwnEntry(key, meta, recording, isCompact);
}

/** A body that is part of a larger buffer. */
function part(): Uint8Array {
  return new Uint8Array(1024).fill(7).subarray(100, 110);
}

it('an entry of the cache is held without a copy of its metadata, and with a body of its own', () => {
  const entry = own(part());
  const held = heldEntry(entry);
  expect(held).toBe(entry);
  expect(held.recording.body).toEqual(new Uint8Array(10).fill(7));
  expect(held.recording.body.buffer.byteLength).toBe(10);
  expect(held.bodyBytes).toBe(10);
});

it('a body in memory of its own is held as it is', () => {
  const body = new Uint8Array(10);
  expect(heldEntry(own(body, true)).recording.body).toBe(body);
});

it('an entry of another maker is held as a copy, whatever its maker does with it later', () => {
  const events = { ends: Uint32Array.of(9), at: Uint32Array.of(1) };
  const headers = { a: 'b' };
  const theirs = sampleEntry({
    key: 'k',
    tags: ['a=b'],
    tagDigests: ['aa'],
    usage: { inputTokens: 1, outputTokens: 2 },
    body: new Uint8Array(9),
    recording: { form: 'stream', events, headers },
  });
  const held = heldEntry(theirs);
  expect(held.meta).toEqual(theirs.meta);
  expect(held.recording).toEqual(theirs.recording);
  for (const name of ['fields', 'tags', 'tagDigests', 'usage'] as const)
    expect(held.meta[name]).not.toBe(theirs.meta[name]);
  events.ends[0] = 5;
  headers.a = 'c';
  theirs.recording.body[0] = 1;
  expect(held.recording.events?.ends).toEqual(Uint32Array.of(9));
  expect(held.recording.headers).toEqual({ a: 'b' });
  expect(held.recording.body[0]).toBe(0);
});

it('an entry of the cache is encoded once, and its body shares memory with the encoded form', async () => {
  const entry = own(part());
  const encoded = await encodeEntry(entry);
  expect(await encodeEntry(entry)).toBe(encoded);
  expect(entry.recording.body).toEqual(part());
  expect(entry.recording.body.buffer).toBe(encoded?.buffer);
  expect(entry.bodyBytes).toBe(encoded?.length);
  expect(heldEntry(entry).recording.body.buffer).toBe(encoded?.buffer);
  expect(decodeEntry('k', encoded ?? new Uint8Array())).toEqual(entry);
  expect({ ...entry }).toEqual({ key: entry.key, meta: entry.meta, recording: entry.recording });
});

it('an encrypted or compressed form is not shared', async () => {
  const keys = keyRing([`a:${'00'.repeat(32)}`]);
  for (const settings of [
    { ...compressionDefaults, keys },
    { ...compressionDefaults, threshold: 1 },
  ]) {
    const entry = own(part());
    const encoded = await encodeEntry(entry, settings);
    expect(entry.encodedAs(false)).toBe(undefined);
    expect(entry.recording.body.buffer).not.toBe(encoded?.buffer);
    expect(await encodeEntry(entry, settings)).not.toBe(encoded);
  }
});

it('an entry notes how many bytes it was last encoded in, compressed or not', async () => {
  const entry = own(new Uint8Array(1000));
  expect(entry.encodedBytes).toBe(undefined);
  const compressed = await encodeEntry(entry, { ...compressionDefaults, threshold: 1 });
  expect(entry.encodedBytes).toBe(compressed?.length);
  const plain = await encodeEntry(entry);
  expect(plain?.length).toBeGreaterThan(1000);
  expect(entry.encodedBytes).toBe(plain?.length);
});

it('an entry that cannot be encoded has no encoded size', async () => {
  const { meta, recording } = own(new Uint8Array(1));
  const entry = new OwnEntry('k'.repeat(70_000), meta, recording, true);
  expect(await encodeEntry(entry)).toBe(undefined);
  expect(entry.encodedBytes).toBe(undefined);
});

it('metadata that are in the encoded form are let go of, and read again from there', async () => {
  const entry = own(part());
  const { meta } = entry;
  entry.release();
  expect(entry.meta).toBe(meta);
  await encodeEntry(entry);
  entry.release();
  const again = entry.meta;
  expect(again).not.toBe(meta);
  expect(again).toEqual(meta);
  expect(entry.meta).toBe(again);
  expect({ ...entry }.meta).toBe(again);
});

it('an entry is encoded once for stores that hold its vector apart, and anew for those that do not', async () => {
  const { key, meta, recording } = sampleEntry({ key: 'k', embedder: 'e', vector: 'AAAB' });
  const entry = new OwnEntry(key, meta, recording, true);
  const apart = { ...compressionDefaults, vectorApart: true };
  const encoded = await encodeEntry(entry, apart);
  expect(await encodeEntry(entry, apart)).toBe(encoded);
  const { vector, ...others } = meta;
  const metaIn = async (bytes: Uint8Array = new Uint8Array()) => (await decodeEntry('k', bytes))?.meta;
  expect(await metaIn(encoded)).toEqual(others);
  expect(entry.meta.vector).toBe(vector);
  const whole = await encodeEntry(entry);
  expect(await metaIn(whole)).toEqual(meta);
  expect(await encodeEntry(entry)).toBe(whole);
  expect(await encodeEntry(entry, apart)).toEqual(encoded);
});

it('an entry without a vector has one encoded form for all stores', async () => {
  const entry = own(part());
  const encoded = await encodeEntry(entry, { ...compressionDefaults, vectorApart: true });
  expect(await encodeEntry(entry)).toBe(encoded);
});

it('a held entry that lets go of its metadata reads them without a vector that is stored apart', async () => {
  const { key, meta, recording } = sampleEntry({ key: 'k', embedder: 'e', vector: 'AAAB' });
  const entry = new OwnEntry(key, meta, recording, true);
  await encodeEntry(entry, { ...compressionDefaults, vectorApart: true });
  entry.release();
  expect([entry.meta.embedder, entry.meta.vector]).toEqual(['e', undefined]);
});
