import { expect, it, vi } from 'vitest';
import { sampleEntry } from '../testing/sample-entry.ts';
import { decodeEntry, encodeEntry } from './codec.ts';
import { decompress } from './compression.ts';

vi.mock('node:zlib', async (load) => ({
  ...(await load<typeof import('node:zlib')>()),
  zstdCompress: undefined,
}));

it('a runtime without zstd compresses with gzip, and finds what others wrote with zstd unreadable', async () => {
  const entry = sampleEntry({ key: 'k', body: Buffer.alloc(100_000, 97) });
  const bytes = await encodeEntry(entry);
  expect(bytes?.[9]).toBe(1);
  expect((await decodeEntry('k', bytes ?? Buffer.alloc(0)))?.recording.body.length).toBe(100_000);
  expect(await decompress(Buffer.from('anything'), 'zstd', 1)).toBe(undefined);
});
