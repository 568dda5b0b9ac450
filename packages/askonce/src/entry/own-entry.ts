/**
 * An entry whose parts belong to it alone: tiers store it as it is instead of copying it, and encode it once.
 *
 * The cache makes its entries so, and the codec what it reads. An entry from anywhere else is copied before it is
 * stored in memory, since its maker may modify it later.
 */
import type { Entry, EntryMeta, Recording } from './entry.ts';
import { trustedMeta } from './trusted.ts';

const notEncoded = Buffer.alloc(0);

export class OwnEntry implements Entry {
  // A property of the object even if it is read on demand, so that copies and comparisons of entries see it.
  static readonly #metaOnDemand: PropertyDescriptor & ThisType<OwnEntry> = {
    enumerable: true,
    get() {
      return this.#readMeta();
    },
  };

  readonly key: string;
  declare readonly meta: EntryMeta;
  /** Replaced by an equal one when its body moves; a property of the object, as in every other entry. */
  recording: Recording;
  /** Whether the body lies in memory that nothing else uses. */
  #isCompact: boolean;
  /** Empty before it has been encoded. */
  #encoded: Buffer = notEncoded;
  #encodedBytes: number | undefined;
  /** Whether the encoded form lacks the vector of the metadata; undefined if they have none. */
  #vectorApart: boolean | undefined;
  #metaFrom = 0;
  #metaTo = 0;
  /** The metadata, or the function that decodes them when they are first read; undefined if they are in the encoded form. */
  #meta: EntryMeta | (() => EntryMeta) | undefined;

  /**
   * Nothing else may modify `meta` or `recording` from now on. A function as `meta` is called when the metadata are
   * first read: decoding them takes as long as finding the entry in a file. `isCompact`: the body's buffer belongs to
   * the entry, rather than being part of a larger one that others use, too.
   */
  constructor(key: string, meta: EntryMeta | (() => EntryMeta), recording: Recording, isCompact: boolean) {
    this.key = key;
    this.recording = recording;
    this.#isCompact = isCompact;
    this.#meta = meta;
    // For all entries alike: V8 would give each object a shape of its own if the property were changed later.
    Object.defineProperty(this, 'meta', OwnEntry.#metaOnDemand);
  }

  /** Bytes that its body keeps in memory: those of its encoded form, if the two share memory. */
  get bodyBytes(): number {
    const { body } = this.recording;
    return this.#isCompact ? body.buffer.byteLength : body.length;
  }

  /** The entry as bytes in the clear, once it has been encoded so, with its vector or without it. */
  encodedAs(vectorApart: boolean): Buffer | undefined {
    const isOther = this.#vectorApart !== undefined && this.#vectorApart !== vectorApart;
    return this.#encoded === notEncoded || isOther ? undefined : this.#encoded;
  }

  /** Bytes of the entry as a store last encoded it, compressed and encrypted; undefined before. */
  get encodedBytes(): number | undefined {
    return this.#encodedBytes;
  }

  /** Notes how many bytes its encoded form has. */
  wasEncoded(bytes: number): void {
    this.#encodedBytes = bytes;
  }

  /**
   * Takes its encoded form, which ends with its body: from now on the two share memory. The metadata are the bytes
   * from `metaFrom` to `metaTo` in it. `vectorApart`: whether they lack the entry's vector; undefined if it has none.
   */
  adopt(encoded: Buffer, metaFrom: number, metaTo: number, vectorApart?: boolean): void {
    const { body } = this.recording;
    const from = encoded.byteOffset + encoded.length - body.length;
    this.recording = { ...this.recording, body: new Uint8Array(encoded.buffer, from, body.length) };
    this.#encoded = encoded;
    this.#metaFrom = metaFrom;
    this.#metaTo = metaTo;
    this.#vectorApart = vectorApart;
    this.#isCompact = true;
  }

  /**
   * Lets go of the metadata if the encoded form has them, too: they take more memory than all else, and most entries are
   * never found. They are decoded again when they are next read, without a vector that is stored apart.
   */
  release(): void {
    if (this.#encoded !== notEncoded) this.#meta = undefined;
  }

  /** The same entry, fit to be held: it keeps no memory alive but its own. */
  compact(): this {
    if (!this.#isCompact) {
      // Metadata that are still encoded lie in the larger buffer.
      this.#readMeta();
      this.recording = compactRecording(this.recording);
      this.#isCompact = true;
    }
    return this;
  }

  #readMeta(): EntryMeta {
    if (typeof this.#meta === 'function') this.#meta = this.#meta();
    this.#meta ??= trustedMeta(this.#encoded.toString('utf8', this.#metaFrom, this.#metaTo));
    return this.#meta;
  }
}

/** The entry, fit to be held for long; a copy unless it is an {@link OwnEntry}. */
export function heldEntry(entry: Entry): OwnEntry {
  if (entry instanceof OwnEntry) return entry.compact();
  const { key, meta, recording } = entry;
  const headers = { ...recording.headers };
  return new OwnEntry(key, copyOfMeta(meta), { ...compactRecording(recording), headers }, true);
}

function compactRecording(recording: Recording): Recording {
  const { body, events } = recording;
  return {
    ...recording,
    body: compactBytes(body),
    ...(events && { events: { ends: new Uint32Array(events.ends), at: new Uint32Array(events.at) } }),
  };
}

function compactBytes(bytes: Uint8Array): Uint8Array {
  // Without the zeros that a new array is filled with first, and outside the pool that small buffers share.
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  return new Uint8Array(copy.buffer);
}

function copyOfMeta(meta: EntryMeta): EntryMeta {
  const { fields, tags, tagDigests, usage } = meta;
  return {
    ...meta,
    fields: { ...fields },
    tags: [...tags],
    ...(tagDigests && { tagDigests: [...tagDigests] }),
    ...(usage && { usage: { ...usage } }),
  };
}
