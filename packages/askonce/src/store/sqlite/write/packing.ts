/**
 * Packs a batch for the writer's thread: consecutive entries are concatenated in one buffer, which is transferred without
 * a copy. To clone each entry by itself would take longer than to write it.
 *
 * ```
 *  0 lease f64   8 created f64   16 bytes of the value u32   20 number of digests u32   24 bytes of the vector u32
 * 28 digests, 10 bytes each   … vector, if it does not stay as it is   … value
 * ```
 *
 * Numbers are little-endian. Key and expiry of an entry are read from its value (`entry/layout.ts`).
 */
import { digestBytes, writeDigests } from '../../../entry/digests.ts';
import { encodedExpiry, encodedKey } from '../../../entry/layout.ts';
import type { FileOperation, Operation, OwnVector, PackedOperation } from './messages.ts';

type Put = Extract<Operation, { type: 'put' }>;

const headBytes = 28;
/** In place of the bytes of a vector: it stays as it is. */
const stays = 0xffff_ffff;

export interface PackedBatch {
  readonly operations: readonly PackedOperation[];
  /** Buffers that are transferred with the batch. */
  readonly transfer: readonly ArrayBuffer[];
}

export function packed(operations: readonly Operation[]): PackedBatch {
  const result: PackedOperation[] = [];
  const transfer: ArrayBuffer[] = [];
  let puts: Put[] = [];
  const close = () => {
    if (puts.length === 0) return;
    const bytes = packedPuts(puts);
    result.push({ type: 'puts', bytes });
    transfer.push(bytes.buffer);
    puts = [];
  };
  for (const operation of operations) {
    if (operation.type === 'put') puts.push(operation);
    else {
      close();
      result.push(operation);
    }
  }
  close();
  return { operations: result, transfer };
}

export function unpacked(operations: readonly PackedOperation[]): readonly FileOperation[] {
  return operations.flatMap((operation) =>
    operation.type === 'puts' ? unpackedPuts(operation.bytes) : [operation],
  );
}

function packedPuts(puts: readonly Put[]): Uint8Array<ArrayBuffer> {
  let size = 0;
  for (const { value, digests, vector } of puts)
    size += headBytes + digests.length * digestBytes + vectorBytes(vector) + value.length;
  // A buffer of its own, since all of it is transferred.
  const memory = new ArrayBuffer(size);
  const bytes = Buffer.from(memory);
  let at = 0;
  for (const { value, digests, vector, lease, created } of puts) {
    bytes.writeDoubleLE(lease, at);
    bytes.writeDoubleLE(created, at + 8);
    bytes.writeUInt32LE(value.length, at + 16);
    bytes.writeUInt32LE(digests.length, at + 20);
    bytes.writeUInt32LE(vector === 'stays' ? stays : vectorBytes(vector), at + 24);
    at = writeDigests(digests, bytes, at + headBytes);
    if (vector !== undefined && vector !== 'stays') {
      bytes.set(vector, at);
      at += vector.length;
    }
    bytes.set(value, at);
    at += value.length;
  }
  return new Uint8Array(memory);
}

function unpackedPuts(packed: Uint8Array): FileOperation[] {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  const operations: FileOperation[] = [];
  for (let at = 0; at < bytes.length; ) {
    const digestsAt = at + headBytes;
    const vectorAt = digestsAt + bytes.readUInt32LE(at + 20) * digestBytes;
    const stated = bytes.readUInt32LE(at + 24);
    const valueAt = stated === stays ? vectorAt : vectorAt + stated;
    const vector = valueAt > vectorAt ? bytes.subarray(vectorAt, valueAt) : undefined;
    const end = valueAt + bytes.readUInt32LE(at + 16);
    const value = bytes.subarray(valueAt, end);
    operations.push({
      type: 'put',
      key: encodedKey(value),
      value,
      digests: bytes.subarray(digestsAt, vectorAt),
      vector: stated === stays ? 'stays' : vector,
      lease: bytes.readDoubleLE(at),
      created: bytes.readDoubleLE(at + 8),
      expires: encodedExpiry(value),
    });
    at = end;
  }
  return operations;
}

/** Bytes of a vector that is sent. */
export function vectorBytes(vector: OwnVector): number {
  return vector === undefined || vector === 'stays' ? 0 : vector.length;
}
