/**
 * An entry as one binary value, for the tiers that keep bytes, and back.
 *
 * Whatever cannot be read is undefined, never an error: the store counts it, removes it and calls it a miss.
 */
import { crc32 } from 'node:zlib';
import { AskonceError } from '../errors.ts';
import { tryParseJson } from '../json.ts';
import type { Compression, CompressionSettings } from './compression.ts';
import { compress, compressionDefaults, decompress, isCompressible } from './compression.ts';
import type { Entry } from './entry.ts';
import type { EntryHead } from './entry-schema.ts';
import { entryHeadSchema } from './entry-schema.ts';
import type { Prefix } from './layout.ts';
import { checked, largestPayloadBytes, prefixBytes, readPrefix, writePrefix } from './layout.ts';
import type { EventMarks, Recording } from './recording.ts';
import { isStream } from './recording.ts';

/**
 * The entry as bytes of its own, or undefined where it could not be read again (metadata out of shape, a payload of
 * more than 64 MiB, a stream without its events). A promise only where the payload is compressed.
 */
export function encodeEntry(
  entry: Entry,
  settings: CompressionSettings = compressionDefaults,
): Uint8Array | undefined | Promise<Uint8Array | undefined> {
  const { recording } = entry;
  const marks = recording.events?.ends.length ?? 0;
  const head = entryHeadSchema.safeParse({ meta: entry.meta, headers: recording.headers });
  if (!head.success || !hasRightEvents(recording) || !fits(entry)) return undefined;
  const text = JSON.stringify(head.data);
  const payload = marks * 8 + recording.body.length;
  if (!isCompressible(payload, settings)) {
    const bytes = allocate(entry, text, payload, 'none');
    writePayload(recording, bytes, bytes.length - payload);
    return sealed(bytes);
  }
  const plain = Buffer.allocUnsafeSlow(payload);
  writePayload(recording, plain, 0);
  return compress(plain, settings).then((packed) => {
    const bytes = allocate(entry, text, packed.bytes.length, packed.compression);
    bytes.set(packed.bytes, bytes.length - packed.bytes.length);
    return sealed(bytes);
  });
}

/**
 * The entry that `bytes` hold, checked from first to last byte, if it is the one of `key`. What is returned shares
 * memory with `bytes` where they are not compressed. A promise only where they are.
 */
export function decodeEntry(key: string, bytes: Uint8Array): Entry | undefined | Promise<Entry | undefined> {
  return unpacked(key, bytes, (prefix, view, payload) => {
    const head = readHead(prefix, view);
    const recording = head && readRecording(prefix, head, payload);
    return head && recording && { key, meta: head.meta, recording };
  });
}

/**
 * As {@link decodeEntry}, but head and marks are read only when asked for.
 *
 * A local file answers in about 3 µs, of which parsing the head would take as much again, and the checksum already
 * proves that the bytes are those that {@link encodeEntry} wrote, which writes nothing out of shape. Hence only for
 * what this machine wrote itself: bytes forged together with their checksum make the accessors throw `store_failed`.
 */
export function openEntry(key: string, bytes: Uint8Array): Entry | undefined | Promise<Entry | undefined> {
  return unpacked(key, bytes, (prefix, view, payload) => {
    let head: EntryHead | undefined;
    let recording: Recording | undefined;
    return {
      key,
      get meta() {
        head ??= readHead(prefix, view) ?? unreadable();
        return head.meta;
      },
      get recording() {
        head ??= readHead(prefix, view) ?? unreadable();
        recording ??= readRecording(prefix, head, payload) ?? unreadable();
        return recording;
      },
    };
  });
}

type Read = (prefix: Prefix, view: Buffer, payload: Buffer) => Entry | undefined;

function unpacked(
  key: string,
  bytes: Uint8Array,
  read: Read,
): Entry | undefined | Promise<Entry | undefined> {
  const view = viewOf(bytes);
  const prefix = readPrefix(view);
  if (prefix === undefined || view.readUInt32LE(4) !== crc32(checked(view))) return undefined;
  if (view.toString('utf8', prefixBytes, prefixBytes + prefix.keyBytes) !== key) return undefined;
  const packed = view.subarray(view.length - prefix.payloadBytes);
  if (prefix.compression === 'none') return read(prefix, view, packed);
  return decompress(packed, prefix.compression, prefix.marks * 8 + prefix.bodyBytes).then(
    (payload) => payload && read(prefix, view, viewOf(payload)),
  );
}

function readHead(prefix: Prefix, view: Buffer): EntryHead | undefined {
  const from = prefixBytes + prefix.keyBytes;
  const head = entryHeadSchema.safeParse(tryParseJson(view.toString('utf8', from, from + prefix.headBytes)));
  return head.success && head.data.meta.expires === prefix.expires ? head.data : undefined;
}

function readRecording(prefix: Prefix, head: EntryHead, payload: Buffer): Recording | undefined {
  const { form, status, marks } = prefix;
  const body = new Uint8Array(payload.buffer, payload.byteOffset + marks * 8, prefix.bodyBytes);
  if (!isStream(form)) return marks === 0 ? { form, status, headers: head.headers, body } : undefined;
  const events: EventMarks = { ends: new Uint32Array(marks), at: new Uint32Array(marks) };
  for (let index = 0; index < marks; index++) {
    events.ends[index] = payload.readUInt32LE(index * 4);
    events.at[index] = payload.readUInt32LE((marks + index) * 4);
  }
  const recording = { form, status, headers: head.headers, body, events };
  return hasRightEvents(recording) ? recording : undefined;
}

/** A stream has marks that ascend within its body; a body has none. */
function hasRightEvents({ form, body, events }: Recording): boolean {
  if (events === undefined) return !isStream(form);
  if (!isStream(form) || events.ends.length !== events.at.length) return false;
  return ascends(events.ends, body.length) && ascends(events.at, 0xffff_ffff);
}

function ascends(values: Uint32Array, highest: number): boolean {
  let last = 0;
  for (const value of values) {
    if (value < last) return false;
    last = value;
  }
  return last <= highest;
}

function fits({ key, recording }: Entry): boolean {
  const { status, body, events } = recording;
  if (!Number.isInteger(status) || status < 0 || status > 0xffff) return false;
  return (
    body.length + (events?.ends.length ?? 0) * 8 <= largestPayloadBytes && Buffer.byteLength(key) <= 0xffff
  );
}

/** Memory for the whole value, with all but payload and checksum written. */
function allocate(entry: Entry, head: string, payloadBytes: number, compression: Compression): Buffer {
  const { recording } = entry;
  const keyBytes = Buffer.byteLength(entry.key);
  const headBytes = Buffer.byteLength(head);
  const bytes = Buffer.allocUnsafeSlow(prefixBytes + keyBytes + headBytes + payloadBytes);
  writePrefix(bytes, {
    compression,
    form: recording.form,
    status: recording.status,
    keyBytes,
    headBytes,
    marks: recording.events?.ends.length ?? 0,
    bodyBytes: recording.body.length,
    payloadBytes,
    expires: entry.meta.expires,
  });
  bytes.write(entry.key, prefixBytes);
  bytes.write(head, prefixBytes + keyBytes);
  return bytes;
}

function writePayload(recording: Recording, into: Buffer, from: number): void {
  let offset = from;
  for (const marks of [recording.events?.ends, recording.events?.at]) {
    for (const mark of marks ?? []) offset = into.writeUInt32LE(mark, offset);
  }
  into.set(recording.body, offset);
}

function sealed(bytes: Buffer): Uint8Array {
  bytes.writeUInt32LE(crc32(checked(bytes)), 4);
  return bytes;
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function unreadable(): never {
  throw new AskonceError(
    'store_failed',
    'A kept entry has the right checksum but not the shape of an entry.',
  );
}
