/**
 * An entry: a recording and all that is known about it.
 */
import { randomBytes } from 'node:crypto';

/** Tokens that an answer used: as the provider reports them, or an estimate where it reports none. */
export interface Usage {
  /** All input tokens, cached ones included. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Input tokens that the provider read from its own prompt cache; absent where it reports none. */
  readonly cachedInputTokens?: number | undefined;
  /** Input tokens that the provider wrote to its own prompt cache; absent where it reports none. */
  readonly cacheWriteTokens?: number | undefined;
  /** True where the numbers are askonce's own estimate. */
  readonly estimated?: boolean | undefined;
}

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
  /** Digest of all that counts but the semantic text. */
  readonly frame: string;
  /** What would be embedded, in its language's one spelling; absent where the request has none, or where keeping text is off. */
  readonly semanticText?: string | undefined;
  /** Short digest of each counted field, by name: tells later why two requests differ. */
  readonly fields: Readonly<Record<string, string>>;
  /** BCP 47 tag in lower case, as the caller named it or as it was detected, or `und`. The key holds the caller's only. */
  readonly language: string;
  readonly engineVersion?: string | undefined;
  readonly promptHash?: string | undefined;
  /** The model that the answer names. */
  readonly model?: string | undefined;
  readonly category?: string | undefined;
  /** `name=value` pairs of at most 128 bytes: those that come by themselves, and at most 32 of the request's own. */
  readonly tags: readonly string[];
  /**
   * A digest of each tag, keyed by the secret (20 hex digits): what stores index and the invalidation log names.
   * Absent in entries that nobody can take back by tag.
   */
  readonly tagDigests?: readonly string[] | undefined;
  readonly tenant?: string | undefined;
  readonly user?: string | undefined;
  readonly session?: string | undefined;
  /** Why generation ended, in the protocol's own word. */
  readonly finish: string;
  readonly usage?: Usage | undefined;
  /** The request's limit on output tokens; counts only where usage is unknown. */
  readonly ceiling?: number | undefined;
  /** From 0 to 1, where somebody stated one. */
  readonly confidence?: number | undefined;
  /** Dollars that the answer cost, where prices are known. */
  readonly cost?: number | undefined;
  /** The embedder's name and version, and the id of the vector, where the semantic tier keeps one. */
  readonly embedder?: string | undefined;
  readonly vector?: string | undefined;
  /** Position of the invalidation log when the generation began; 0 where there is no log. */
  readonly began: number;
  /** The log that `began` is a position in; an entry of another log is dead. */
  readonly log?: string | undefined;
  /**
   * When the right to lead was granted, in microseconds: by a lease of the shared store, else by this machine's
   * clock; 0 where no store has leases. A lower never replaces a higher.
   */
  readonly lease: number;
  /** Three absolute instants and a fourth, in milliseconds since the epoch. */
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

/* MERGED recording.ts:
 * A recording: the provider's answer as it came, with its content decoded.
 */
/** Random for the process, then counted: as unlikely to come twice as a random one, and cheaper. */
const processPart = randomBytes(5).toString('hex');
let recordings = 0;

/** The id of a new recording: 16 hex digits. */
export function newRecordingId(): string {
  recordings = (recordings + 1) % 0x1000000;
  return processPart + recordings.toString(16).padStart(6, '0');
}

/**
 * How an answer is wanted, or was given. `stream+usage` is a stream that ends with a usage event
 * (`stream_options.include_usage`); `body+base64` is a body whose vectors are base64.
 */
export type Form = 'body' | 'body+base64' | 'stream' | 'stream+usage';

export const forms = ['body', 'body+base64', 'stream', 'stream+usage'] as const satisfies readonly Form[];

export function isStream(form: Form): boolean {
  return form === 'stream' || form === 'stream+usage';
}

/** Where the events of a stream end, and when they came. Both arrays have one element an event. */
export interface EventMarks {
  /** Offset in bytes just behind each event (its blank line included), ascending. */
  readonly ends: Uint32Array;
  /** Milliseconds from the start of the generation to the event's arrival, never descending. */
  readonly at: Uint32Array;
}

export interface Recording {
  readonly form: Form;
  readonly status: number;
  /** Only headers on the allow-list (`content-type` and what the protocol names), names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The whole decoded body in one buffer. Never modified. */
  readonly body: Uint8Array;
  /** Present exactly when `form` is a stream. */
  readonly events?: EventMarks | undefined;
}
