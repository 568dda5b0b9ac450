/**
 * An encoded entry that is proven to be intact, and is decoded on demand.
 */
import { tryParseJson } from '../json.ts';
import { type Entry, type EntryMeta, type EventMarks, isStream, type Recording } from './entry.ts';
import type { Prefix } from './layout.ts';
import { OwnEntry } from './own-entry.ts';
import { checkedHeaders, checkedMeta } from './shape.ts';
import { trustedMeta, unreadable } from './trusted.ts';

let lastHeaders: { readonly text: string; readonly headers: Recording['headers'] } = {
  text: '{}',
  headers: {},
};

/** The headers in a text; undefined if it has another shape. Most texts are the same as the one before. */
function headersIn(text: string): Recording['headers'] | undefined {
  if (text !== lastHeaders.text) {
    const headers = checkedHeaders(tryParseJson(text));
    if (headers === undefined) return undefined;
    lastHeaders = { text, headers };
  }
  return { ...lastHeaders.headers };
}

/** An encoded entry whose bytes are proven to be those that were written. */
export class SoundEntry {
  readonly key: string;
  readonly #prefix: Prefix;
  readonly #plain: Buffer;
  /** Offset of the metadata in it. */
  readonly #from: number;
  /** Ends with the payload. */
  readonly #payload: Buffer;

  constructor(key: string, prefix: Prefix, plain: Buffer, from: number, payload: Buffer) {
    this.key = key;
    this.#prefix = prefix;
    this.#plain = plain;
    this.#from = from;
    this.#payload = payload;
  }

  /** The instant in ms since the epoch at which the entry expires. */
  get expires(): number {
    return this.#prefix.expires;
  }

  /** The whole entry, with its shape checked; undefined if that is wrong. */
  check(): Entry | undefined {
    const meta = checkedMeta(tryParseJson(this.#metaText()));
    const headers = this.#headers();
    if (meta === undefined || headers === undefined || meta.expires !== this.expires) return undefined;
    const recording = this.#recording(headers);
    return recording && this.#entry(meta, recording);
  }

  /**
   * The entry, as the checksum vouches for it; its metadata are decoded when they are first read.
   * @throws AskonceError `store_failed` if it was forged together with its checksum; so does reading its metadata.
   */
  read(): Entry {
    const recording = this.#recording(this.#headers() ?? unreadable()) ?? unreadable();
    return this.#entry(() => this.#trustedMeta(), recording);
  }

  #entry(meta: EntryMeta | (() => EntryMeta), recording: Recording): Entry {
    // A driver may have received much more in the same buffer, which a small entry must not keep alive.
    const isCompact = recording.body.buffer.byteLength <= 2 * this.#plain.length;
    return new OwnEntry(this.key, meta, recording, isCompact).compact();
  }

  #trustedMeta(): EntryMeta {
    const meta = trustedMeta(this.#metaText());
    return meta.expires === this.expires ? meta : unreadable();
  }

  #metaText(): string {
    return this.#plain.toString('utf8', this.#from, this.#from + this.#prefix.metaBytes);
  }

  #headers(): Recording['headers'] | undefined {
    const from = this.#from + this.#prefix.metaBytes;
    return headersIn(this.#plain.toString('utf8', from, from + this.#prefix.headersBytes));
  }

  #recording(headers: Recording['headers']): Recording | undefined {
    const { form, status, marks, bodyBytes } = this.#prefix;
    const payload = this.#payload;
    const bodyAt = payload.length - bodyBytes;
    const body = new Uint8Array(payload.buffer, payload.byteOffset + bodyAt, bodyBytes);
    if (!isStream(form)) return marks === 0 ? { form, status, headers, body } : undefined;
    const events: EventMarks = { ends: new Uint32Array(marks), at: new Uint32Array(marks) };
    const endsAt = bodyAt - marks * 8;
    const atAt = bodyAt - marks * 4;
    for (let index = 0; index < marks; index++) {
      events.ends[index] = payload.readUInt32LE(endsAt + index * 4);
      events.at[index] = payload.readUInt32LE(atAt + index * 4);
    }
    const recording = { form, status, headers, body, events };
    return hasRightEvents(recording) ? recording : undefined;
  }
}

/** A stream has marks that ascend within its body; a plain body has none. */
export function hasRightEvents({ form, body, events }: Recording): boolean {
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
