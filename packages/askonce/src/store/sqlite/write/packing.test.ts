import { expect, it } from 'vitest';
import { encodeEntry } from '../../../entry/codec.ts';
import { packDigests } from '../../../entry/digests.ts';
import { sampleEntry } from '../../../testing/sample-entry.ts';
import type { Operation } from './messages.ts';
import { packed, unpacked } from './packing.ts';

async function put(
  key: string,
  digests: readonly string[],
  vector?: Uint8Array<ArrayBuffer> | 'stays',
): Promise<Operation> {
  const value = await encodeEntry(sampleEntry({ key, body: `answer of ${key}`, now: 5 }));
  if (value === undefined) throw new Error('the sample could not be encoded');
  const lease = 2 ** 52 + 1;
  return { type: 'put', key, value, digests, vector, lease, created: 5.5, expires: 3_600_005 };
}

it('a batch arrives in the writer as it was queued, each run of entries in one buffer', async () => {
  const operations: readonly Operation[] = [
    await put('a', ['0123456789abcdef0123', 'another shape']),
    await put('ключ', []),
    { type: 'remove', key: 'a' },
    { type: 'barrier' },
    await put('b', ['0123456789abcdef0123'], Uint8Array.of(1, 2, 3)),
    await put('c', [], Uint8Array.of(4)),
    await put('d', ['0123456789abcdef0123'], 'stays'),
    await put('e', []),
  ];
  const batch = packed(operations);
  expect(batch.operations.map(({ type }) => type)).toEqual(['puts', 'remove', 'barrier', 'puts']);
  const sent = structuredClone(batch.operations, { transfer: [...batch.transfer] });
  const plain = (bytes: Uint8Array | 'stays' | undefined) => bytes && [...bytes];
  const received = unpacked(sent).map((operation) =>
    operation.type === 'put'
      ? {
          ...operation,
          value: plain(operation.value),
          digests: plain(operation.digests),
          vector: plain(operation.vector),
        }
      : operation,
  );
  expect(received).toEqual(
    operations.map((operation) =>
      operation.type === 'put'
        ? {
            ...operation,
            value: plain(operation.value),
            digests: plain(packDigests(operation.digests)),
            vector: plain(operation.vector),
          }
        : operation,
    ),
  );
});

it('what is packed stays as it is here: a read may still want it', async () => {
  const one = await put('a', []);
  const { transfer } = packed([one]);
  structuredClone(null, { transfer: [...transfer] });
  expect(one.type === 'put' && one.value.length).toBeGreaterThan(0);
});
