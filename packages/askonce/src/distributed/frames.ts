/**
 * Frames: what a flight's leader publishes for followers in other processes.
 *
 * A frame is one byte for its kind, and then its content: JSON, or an offset of six bytes and the answer's
 * own bytes from there.
 */
import { z } from 'zod';
import { tryParseJson } from '../json.ts';

const bytesKind = 0;
const controlKind = 1;
const offsetBytes = 6;

const text = z.string().max(1024);

const control = z.discriminatedUnion('kind', [
  /**
   * The first: which generation this is. Fields that a later build adds are left out, so that builds follow each other: they
   * must be ones that a follower can do without. What a follower must heed needs a `kind` of its own, which others refuse.
   */
  z.object({
    kind: z.literal('began'),
    recordingId: z.string().regex(/^[0-9a-f]{1,64}$/),
    /** Keyed digest of the leader's credential. */
    credential: text,
    /** See `FlightPlan.failsFor`. */
    failsFor: text,
    /** Position of the invalidation log when it began, and the tags that can invalidate it. */
    log: text,
    position: z.number().int().nonnegative(),
    tagDigests: z.array(text).max(4096),
    /** W3C `traceparent` of the leader's provider call, if that is traced. */
    traceparent: z.string().max(64).optional(),
  }),
  /** The beginning of the answer. Headers are those that may be shared. */
  z.strictObject({
    kind: z.literal('head'),
    status: z.number().int().min(100).max(999),
    headers: z.record(text, z.union([z.string(), z.array(z.string())])),
  }),
  /** Nothing new: the stream must not expire. */
  z.strictObject({ kind: z.literal('beat') }),
  /** The last frame of a complete answer of `length` bytes. */
  z.strictObject({ kind: z.literal('end'), length: z.number().int().nonnegative(), stored: z.boolean() }),
  /** The last frame if the provider failed. */
  z.strictObject({ kind: z.literal('failed'), code: text, message: text }),
  /** The last frame if the flight can't be followed any more, through no fault of the provider. */
  z.strictObject({ kind: z.literal('left'), why: z.enum(['outgrown', 'cancelled']) }),
]);

export type Control = z.output<typeof control>;
export type Began = Extract<Control, { kind: 'began' }>;

/** Bytes of the answer; `offset` is that of the first one, so that a gap or a repetition shows. */
interface Bytes {
  readonly kind: 'bytes';
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export type Frame = Control | Bytes;

export function controlFrame(frame: Control): Uint8Array {
  const json = Buffer.from(JSON.stringify(frame), 'utf8');
  return Buffer.concat([Uint8Array.of(controlKind), json]);
}

/** Copies `bytes`. */
export function bytesFrame(offset: number, bytes: Uint8Array): Uint8Array {
  const frame = Buffer.allocUnsafe(1 + offsetBytes + bytes.length);
  frame[0] = bytesKind;
  frame.writeUIntBE(offset, 1, offsetBytes);
  frame.set(bytes, 1 + offsetBytes);
  return frame;
}

/** Undefined if the bytes are no frame. */
export function readFrame(frame: Uint8Array): Frame | undefined {
  const raw = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  if (raw[0] === bytesKind && raw.length > offsetBytes)
    return { kind: 'bytes', offset: raw.readUIntBE(1, offsetBytes), bytes: raw.subarray(1 + offsetBytes) };
  if (raw[0] !== controlKind) return undefined;
  return control.safeParse(tryParseJson(raw.toString('utf8', 1))).data;
}
