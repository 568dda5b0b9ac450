import { expect, it } from 'vitest';
import { sampleEntry } from '../testing/sample-entry.ts';
import { encodeEntry } from './codec.ts';
import { encodedExpiry, encodedKey } from './layout.ts';

it('key and expiry are read from the encoded form without decoding it', async () => {
  const entry = sampleEntry({ key: 'askonce:v1:chat:é', expires: 1_234.5 });
  const encoded = Buffer.from((await encodeEntry(entry)) ?? []);
  expect(encodedKey(encoded)).toBe('askonce:v1:chat:é');
  expect(encodedExpiry(encoded)).toBe(1_234.5);
});
