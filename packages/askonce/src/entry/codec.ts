/**
 * An entry as one binary value, for the tiers that keep bytes, and back.
 *
 * Whatever cannot be read is undefined, never an error: the store counts it, removes it and calls it a miss.
 */
import { crc32 } from 'node:zlib';
import { AskonceError } from '../errors.ts';
import { isJsonObject, tryParseJson } from '../json.ts';
import type { Compression, CompressionSettings } from './compression.ts';
import { compress, compressionDefaults, decompress, isCompressible } from './compression.ts';
import type { Entry, EntryMeta } from './entry.ts';
import { entrySchemaVersion } from './entry.ts';
import { entryMetaSchema, recordingHeadersSchema } from './entry-schema.ts';
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
  const meta = entryMetaSchema.safeParse(entry.meta);
  const headers = recordingHeadersSchema.safeParse(recording.headers);
  if (!meta.success || !headers.success || !hasRightEvents(recording) || !fits(entry)) return undefined;
  const head = { meta: JSON.stringify(meta.data), headers: JSON.stringify(headers.data) };
  const payload = (recording.events?.ends.length ?? 0) * 8 + recording.body.length;
  if (!isCompressible(payload, settings)) {
    const bytes = allocate(entry, head, payload, 'none');
    writePayload(recording, bytes, bytes.length - payload);
    return sealed(bytes);
  }
  const plain = Buffer.allocUnsafeSlow(payload);
  writePayload(recording, plain, 0);
  return compress(plain, settings).then((packed) => {
    const bytes = allocate(entry, head, packed.bytes.length, packed.compression);
    bytes.set(packed.bytes, bytes.length - packed.bytes.length);
    return sealed(bytes);
  });
}

/**
 * The entry that `bytes` hold, checked from first to last byte, if it is the one of `key`. What is returned shares
 * memory with `bytes` where they are not compressed. A promise only where they are.
 */
export function decodeEntry(key: string, bytes: Uint8Array): Entry | undefined | Promise<Entry | undefined> {
  const sound = openEntry(key, bytes);
  return sound instanceof Promise ? sound.then((unpacked) => unpacked?.check()) : sound?.check();
}

/**
 * As {@link decodeEntry}, but only prefix, checksum and key are checked, and the rest is read when asked for.
 *
 * A local file answers in about 3.5 µs, and parsing and checking the metadata takes longer than that. The checksum
 * proves that the bytes are those that {@link encodeEntry} wrote, which writes nothing out of shape. Hence only for
 * what this machine wrote itself.
 */
export function openEntry(
  key: string,
  bytes: Uint8Array,
): SoundEntry | undefined | Promise<SoundEntry | undefined> {
  const view = viewOf(bytes);
  const prefix = readPrefix(view);
  if (prefix === undefined || view.readUInt32LE(4) !== crc32(checked(view))) return undefined;
  if (view.toString('utf8', prefixBytes, prefixBytes + prefix.keyBytes) !== key) return undefined;
  if (prefix.compression === 'none') return new SoundEntry(key, prefix, view, view);
  const packed = view.subarray(view.length - prefix.payloadBytes);
  return decompress(packed, prefix.compression, prefix.marks * 8 + prefix.bodyBytes).then(
    (payload) => payload && new SoundEntry(key, prefix, view, viewOf(payload)),
  );
}

/** Encoded bytes that are as they were written. */
export class SoundEntry {
  readonly key: string;
  readonly #prefix: Prefix;
  readonly #view: Buffer;
  /** Ends with the payload. */
  readonly #payload: Buffer;

  constructor(key: string, prefix: Prefix, view: Buffer, payload: Buffer) {
    this.key = key;
    this.#prefix = prefix;
    this.#view = view;
    this.#payload = payload;
  }

  /** The instant in ms since the epoch at which the entry expires. */
  get expires(): number {
    return this.#prefix.expires;
  }

  /** The whole entry, checked by its schema; undefined where it does not hold. */
  check(): Entry | undefined {
    const meta = entryMetaSchema.safeParse(tryParseJson(this.#metaText()));
    const headers = recordingHeadersSchema.safeParse(tryParseJson(this.#headersText()));
    if (!meta.success || !headers.success || meta.data.expires !== this.expires) return undefined;
    const recording = this.#recording(headers.data);
    return recording && { key: this.key, meta: meta.data, recording };
  }

  /**
   * The entry, as the checksum vouches for it.
   * @throws AskonceError `store_failed` where somebody forged it together with its checksum.
   */
  read(): Entry {
    const recording = this.#recording(this.#trustedHeaders()) ?? unreadable();
    return { key: this.key, meta: this.#trustedMeta(), recording };
  }

  #trustedMeta(): EntryMeta {
    const meta = tryParseJson(this.#metaText());
    return isMeta(meta) && meta.expires === this.expires ? meta : unreadable();
  }

  #trustedHeaders(): Recording['headers'] {
    const headers = tryParseJson(this.#headersText());
    return isHeaders(headers) ? headers : unreadable();
  }

  #metaText(): string {
    const from = prefixBytes + this.#prefix.keyBytes;
    return this.#view.toString('utf8', from, from + this.#prefix.metaBytes);
  }

  #headersText(): string {
    const from = prefixBytes + this.#prefix.keyBytes + this.#prefix.metaBytes;
    return this.#view.toString('utf8', from, from + this.#prefix.headersBytes);
  }

  #recording(headers: Recording['headers']): Recording | undefined {
    const { form, status, marks, bodyBytes } = this.#prefix;
    const payload = this.#payload.subarray(this.#payload.length - marks * 8 - bodyBytes);
    const body = new Uint8Array(payload.buffer, payload.byteOffset + marks * 8, bodyBytes);
    if (!isStream(form)) return marks === 0 ? { form, status, headers, body } : undefined;
    const events: EventMarks = { ends: new Uint32Array(marks), at: new Uint32Array(marks) };
    for (let index = 0; index < marks; index++) {
      events.ends[index] = payload.readUInt32LE(index * 4);
      events.at[index] = payload.readUInt32LE((marks + index) * 4);
    }
    const recording = { form, status, headers, body, events };
    return hasRightEvents(recording) ? recording : undefined;
  }
}

/** Only the outline: within it, it is as the codec wrote it, which the checksum says. */
function isMeta(value: unknown): value is EntryMeta {
  return isJsonObject(value) && value['version'] === entrySchemaVersion;
}

function isHeaders(value: unknown): value is Recording['headers'] {
  return isJsonObject(value);
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
function allocate(
  entry: Entry,
  head: { readonly meta: string; readonly headers: string },
  payloadBytes: number,
  compression: Compression,
): Buffer {
  const { recording } = entry;
  const keyBytes = Buffer.byteLength(entry.key);
  const metaBytes = Buffer.byteLength(head.meta);
  const headersBytes = Buffer.byteLength(head.headers);
  const bytes = Buffer.allocUnsafeSlow(prefixBytes + keyBytes + metaBytes + headersBytes + payloadBytes);
  writePrefix(bytes, {
    compression,
    form: recording.form,
    status: recording.status,
    keyBytes,
    metaBytes,
    headersBytes,
    marks: recording.events?.ends.length ?? 0,
    bodyBytes: recording.body.length,
    payloadBytes,
    expires: entry.meta.expires,
  });
  bytes.write(entry.key, prefixBytes);
  bytes.write(head.meta, prefixBytes + keyBytes);
  bytes.write(head.headers, prefixBytes + keyBytes + metaBytes);
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
