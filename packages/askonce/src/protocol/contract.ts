/**
 * What a protocol is: how to read requests and answers of one kind. Pure; it knows nothing of keys, stores
 * or sockets.
 */
import type { Form, Recording, Usage } from '../entry/entry.ts';
import type { ErrorCode } from '../errors.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import type { BypassReason } from '../observe/events.ts';
import type { ErrorAnswer, ErrorKind } from './error-kind.ts';
import type { HeaderTable } from './headers.ts';

export type ProtocolName =
  | 'openai-chat'
  | 'openai-completions'
  | 'openai-embeddings'
  | 'openai-responses'
  | 'anthropic-messages'
  | 'function';

/**
 * Whether a top-level field of the body counts for the fingerprint, and how it is written.
 * A field that a protocol's table does not name counts as `value`.
 *
 * `default` is the documented default: where the upstream is known to have it, a field that holds it is the
 * same as one left out (and null is the same as left out where `default` is null).
 */
export type FieldRule =
  /** Written in canonical form; property order counts only beneath the protocol's `schemaKeys`. */
  | {
      readonly counts: 'value';
      readonly default?: JsonValue;
      /** The default holds only beside this other field (`tool_choice` is refused where there are no `tools`). */
      readonly defaultNeeds?: string;
    }
  /** A sampling parameter: counts by its bucket. */
  | { readonly counts: 'bucket'; readonly bucket: 'temperature' | 'topP'; readonly default?: number }
  /** A structured payload: nulls dropped, percentages (by the settings' paths) in steps. */
  | { readonly counts: 'profile' }
  /** Prompt content: written by the protocol's `writeContent`. */
  | { readonly counts: 'content' }
  /** Read elsewhere: in the partition, the form, or the ceiling on output tokens. */
  | { readonly counts: 'apart'; readonly as: 'subject' | 'form' | 'ceiling' }
  /** Does not change the answer. */
  | { readonly counts: 'ignored'; readonly because: string };

/**
 * The canonical writer that identity hands to a protocol: each method returns canonical text, in which two
 * values that mean the same are the same, and two that differ are not.
 */
export interface CanonicalWriter {
  /** Properties sorted, strings in Unicode NFC, long strings by their digest. */
  value(value: JsonValue): string;
  /** As `value`, but the order of properties counts, at every depth. */
  ordered(value: JsonValue): string;
  /** An object as `value` writes it, with the named properties written by the given functions instead. */
  object(value: JsonObject, writers: Readonly<Record<string, (value: JsonValue) => string>>): string;
  list(values: readonly JsonValue[], write: (value: JsonValue, index: number) => string): string;
  /** Prompt text: as `value`, after the masks of the settings. Trim before, where white space does not count. */
  text(text: string): string;
  /**
   * The text of the last user turn: counts for the fingerprint as `text` does, but not for the frame. At most one
   * a request. Not to be called where tools have answered since, or where the turn is more than text.
   */
  semanticText(text: string): string;
  /** Inline media: counts by its type and the digest of the decoded bytes. Falls back on the text where it is not base64. */
  inlineMedia(mediaType: string, base64: string): string;
  /** Media by URL or file id: counts by its text, and keeps the request within its own credential's partition. */
  mediaReference(reference: JsonValue): string;
}

/** What a protocol reads off a request body besides the fields that count. */
export interface Reading {
  /** The model, as the request names it. */
  readonly subject: string;
  readonly form: Form;
  /** The request's limit on output tokens, where it states one. */
  readonly ceiling?: number | undefined;
  /** How many parts `parts.split` would make of the body, where that is more than one. */
  readonly parts?: number | undefined;
  /** The end user that the body names (OpenAI's `user`, Anthropic's `metadata.user_id`). */
  readonly user?: string | undefined;
  /** Set where the request must not meet the cache: it has state or side effects. */
  readonly bypass?: BypassReason | undefined;
}

/** Why generation ended, in words common to all protocols. Only `natural` may be kept, unless a gate rule is off. */
export type Finish =
  /** The model ended by itself, or called the caller's tools. */
  | 'natural'
  /** Cut by a limit on tokens or by the context window. */
  | 'length'
  /** Cut by a content filter. */
  | 'filtered'
  /** The model declined to answer. */
  | 'refused'
  /** The provider wants to be called again to go on (`pause_turn`). */
  | 'paused'
  /** An error in the answer's place, also under status 200 or in the middle of a stream. */
  | 'failed'
  /** The stream or body ended before its end. */
  | 'incomplete'
  /** Not an answer of this protocol. */
  | 'unreadable';

/** What a finished recording holds. */
export interface Assessment {
  readonly finish: Finish;
  /** The protocol's own word for it (`stop`, `tool_calls`, `end_turn` …), or '' where there is none. */
  readonly finishReason: string;
  /** No text, no tool call, no reasoning, no vector: nothing worth keeping. */
  readonly empty: boolean;
  /** `invalid` where the arguments of some tool call are not JSON. */
  readonly toolCalls: 'none' | 'valid' | 'invalid';
  /** As the provider told it; undefined where it did not. */
  readonly usage?: Usage | undefined;
  /** The model that the answer names. */
  readonly model?: string | undefined;
}

export interface ErrorInfo {
  readonly status: number;
  readonly code: ErrorCode;
  /** One line for the client: what happened, and what to change. */
  readonly message: string;
  /** Goes where the protocol has a place for it. */
  readonly requestId?: string | undefined;
}

/**
 * How to take a request apart into requests that are answered alone (a batch of embeddings, input by input).
 * Identity, lookup, flight and entry belong to a part.
 */
export interface Parts {
  /** The body of each part, or undefined where the body is one part already, or cannot be taken apart. */
  split(body: JsonObject): readonly JsonObject[] | undefined;
  /** The body that asks for some of the parts only (`indexes` ascending), for the one call to the provider. */
  select(body: JsonObject, indexes: readonly number[]): JsonObject;
  /**
   * One recording a part, or undefined where the answer does not hold exactly `count` parts. `asked` is the body
   * that it answers: usage is shared out in proportion to its inputs, and evenly without it.
   */
  divide(answer: Recording, count: number, asked?: JsonObject | undefined): readonly Recording[] | undefined;
  /**
   * What requests of one part each must have in common to be asked as one: all of the body but the part. Undefined
   * where the body can't be asked so.
   */
  common(body: JsonObject): string | undefined;
  /** The body that asks for the parts of all these bodies, which have `common` in common; undefined where it can't be. */
  merge(bodies: readonly JsonObject[]): JsonObject | undefined;
  /** The answer that the provider would have given to all parts at once; each part's own characters are kept. */
  join(parts: readonly Recording[]): Recording;
}

export interface Protocol {
  readonly name: ProtocolName;
  /** Raised when a change of this file makes old entries unfit. Part of every partition. */
  readonly version: number;
  /** Header rules of this protocol, before the common ones. */
  readonly headers: HeaderTable;
  /** Response headers that belong to a recording, besides `content-type`; lower case. */
  readonly keptHeaders: readonly string[];
  /** True where nobody is asked for a credential, so that there is none to be accepted: the caller's own functions. */
  readonly isOpen?: boolean | undefined;
  /** The response header in which the provider tells its request id. */
  readonly requestIdHeader: string;
  /** Rules for the body's top-level fields. */
  readonly fields: Readonly<Record<string, FieldRule>>;
  /** Names of properties beneath which a JSON Schema lies, in which property order counts. */
  readonly schemaKeys: ReadonlySet<string>;
  /**
   * Checks the body against the protocol's schema (loose: unknown fields pass) and reads it.
   * @throws AskonceError `invalid_request`, naming the field.
   */
  read(body: JsonObject): Reading;
  /** Writes a field whose rule is `content`. The whole body is there for what depends on other fields. */
  writeContent(field: string, value: JsonValue, body: JsonObject, write: CanonicalWriter): string;
  /** Reads a finished recording of status 2xx; never throws, whatever the bytes are. */
  assess(recording: Recording): Assessment;
  /**
   * The same answer in another form, or undefined where the recording lacks what that form must have
   * (usage, say). Never invents: ids, usage, model, fingerprints are the original's.
   */
  convert(recording: Recording, to: Form): Recording | undefined;
  /** What an answer of status 2xx says, as the JSON of its body form, whatever form it came in: to be read, not replayed. */
  readAnswer(recording: Recording): JsonValue | undefined;
  /** Whether a request that wants `wanted` may wait for a flight that leads in form `leading` (never equal). */
  mayFollow(leading: Form, wanted: Form): boolean;
  /**
   * What kind of error an answer of another status than 2xx is; never throws, whatever the bytes are. Absent where
   * errors are not to be remembered at all.
   */
  errorKind?(answer: ErrorAnswer): ErrorKind;
  /** The protocol's error body, as JSON text. */
  errorBody(error: ErrorInfo): string;
  /** The error as the last event of a stream that broke off, as SSE text with its blank line. */
  errorEvent(error: ErrorInfo): string;
  readonly parts?: Parts | undefined;
}
