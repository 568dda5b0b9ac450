/**
 * An entry: the recording of a provider's answer, and its metadata.
 */
import { randomBytes } from 'node:crypto';
import type { TokenCounts } from '../observe/token-counts.ts';

/** Tokens that an answer used: as the provider reports them, or an estimate if it reports none. */
export type Usage = TokenCounts;

/** The version of {@link EntryMeta}; an entry of another version is a miss. */
export const entrySchemaVersion = 1;

export interface EntryMeta {
  readonly version: typeof entrySchemaVersion;
  /** Random id of the recording (16 hex digits); event ids are `recordingId:n`. */
  readonly recordingId: string;
  readonly protocol: string;
  /** Origin and base path of the provider. */
  readonly upstream: string;
  /** Model, route or function name. */
  readonly subject: string;
  /** Digest of the partition, as in the key. */
  readonly partition: string;
  /** Digest of everything that counts except the semantic text. */
  readonly frame: string;
  /** The text to embed, in its language's one spelling; absent if the request has none, or if text is not stored (`keepText`). */
  readonly semanticText?: string | undefined;
  /**
   * The question as it was written, where another text would be embedded without it: another embedder makes its vector from
   * the same text. Only of questions that the semantic tier takes.
   */
  readonly questionText?: string | undefined;
  /** Each counted field by name, as a short digest or a known value: shows why two requests differ. */
  readonly fields: Readonly<Record<string, string>>;
  /** BCP 47 tag in lower case: the caller's, else the detected one, else `und`. The key holds the caller's only. */
  readonly language: string;
  readonly engineVersion?: string | undefined;
  readonly promptHash?: string | undefined;
  /** The model that the answer names. */
  readonly model?: string | undefined;
  readonly category?: string | undefined;
  /** `name=value` pairs of at most 128 bytes: those that askonce adds, and at most 32 of the request's own. */
  readonly tags: readonly string[];
  /**
   * A digest of each tag, keyed by the secret (20 hex digits): stores index it and the invalidation log names it.
   * Absent in entries that cannot be invalidated by tag.
   */
  readonly tagDigests?: readonly string[] | undefined;
  readonly tenant?: string | undefined;
  readonly user?: string | undefined;
  readonly session?: string | undefined;
  /** The reason for which the generation ended, in the protocol's own word. */
  readonly finish: string;
  readonly usage?: Usage | undefined;
  /** The request's limit on output tokens; counts only if usage is unknown. */
  readonly ceiling?: number | undefined;
  /** From 0 to 1; absent if neither the answer nor the caller states one. */
  readonly confidence?: number | undefined;
  /** Cost of the answer in US dollars, if prices are known. */
  readonly cost?: number | undefined;
  /**
   * Fingerprint of the embedder that made the entry's vector. Without `vector`, that lies where the store has it
   * (`Store.vectors`), and a write leaves it there; or it is still to be made, since the embedder failed. Present if the
   * semantic tier has taken the question.
   */
  readonly embedder?: string | undefined;
  /** The question's vector as text (`vector.ts`), if the semantic tier may find the entry. Absent if the store holds it apart. */
  readonly vector?: string | undefined;
  /** Position of the invalidation log when the generation began; 0 if there is no log. */
  readonly began: number;
  /** The log that `began` is a position in; an entry of another log is invalidated. */
  readonly log?: string | undefined;
  /**
   * Number of the lease under which the answer was generated: microseconds, by the shared store's clock or else by this
   * machine's; 0 if no store has leases. An entry never replaces one with a higher number.
   */
  readonly lease: number;
  /** Instants in milliseconds since the epoch. `created` is that of the first answer, `refreshed` that of this one. */
  readonly created: number;
  readonly refreshed: number;
  readonly staleAfter: number;
  readonly expires: number;
}

export interface Entry {
  readonly key: string;
  readonly meta: EntryMeta;
  readonly recording: Recording;
}

/** Random for the process, then counted: as unlikely to collide as a random id, and cheaper. */
const processPart = randomBytes(5).toString('hex');
let recordings = 0;

/** The id of a new recording: 16 hex digits. */
export function newRecordingId(): string {
  recordings = (recordings + 1) % 0x1000000;
  return processPart + recordings.toString(16).padStart(6, '0');
}

/** Whether the status of an answer is 2xx. */
export function isSuccess({ status }: { readonly status: number }): boolean {
  return status >= 200 && status <= 299;
}

/**
 * The form in which an answer is wanted or was given. `stream+usage` is a stream that ends with a usage event
 * (`stream_options.include_usage`); `+unpadded` is a stream whose events must not be padded to hide their length
 * (`include_obfuscation: false`); `body+base64` is a body whose vectors are base64.
 */
export type Form = (typeof forms)[number];

/** Entries hold a form by its place in this list: append to it, and never change its order. */
export const forms = [
  'body',
  'body+base64',
  'stream',
  'stream+usage',
  'stream+unpadded',
  'stream+usage+unpadded',
] as const;

export function isStream(form: Form): form is Exclude<Form, 'body' | 'body+base64'> {
  return form !== 'body' && form !== 'body+base64';
}

/** The ends of a stream's events and the times of their arrival. Both arrays have one element for each event. */
export interface EventMarks {
  /** Offset in bytes after each event, its blank line included, ascending. */
  readonly ends: Uint32Array;
  /** Milliseconds from the start of the generation to the arrival of the event, never descending. */
  readonly at: Uint32Array;
}

/** A provider's answer as it arrived, with its content decoded. */
export interface Recording {
  readonly form: Form;
  readonly status: number;
  /** Only headers on the allow-list (`content-type` and what the protocol names), names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The whole body, decoded, in one buffer. Never modified. */
  readonly body: Uint8Array;
  /** Present exactly when `form` is a stream. */
  readonly events?: EventMarks | undefined;
}
