/**
 * The contract of a protocol: how to read requests and answers of one kind. Protocols are pure and do not depend on
 * keys, stores or sockets.
 */
import type { Form, Recording, Usage } from '../entry/entry.ts';
import type { ErrorCode } from '../errors.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import type { BypassReason } from '../observe/causes.ts';
import type { AnswerRules } from './answer-rules.ts';
import type { ErrorAnswer, ErrorKind } from './error-kind.ts';
import type { FieldRule } from './field-rule.ts';
import type { EndMark, Framing, SentEvents } from './framing.ts';
import type { HeaderTable } from './headers.ts';
import type { ProtocolName } from './names.ts';
import type { SideEffects } from './side-effects/side-effects.ts';
import type { Structured } from './structured.ts';

export type { FieldRule, OptionRule } from './field-rule.ts';
export type {
  BuiltInProtocolName,
  CommonProtocolName,
  ProtocolName,
  ProviderProtocolName,
} from './names.ts';

/**
 * The canonical writer that identity passes to a protocol. Each method returns canonical text: equal for values that
 * mean the same, different for values that differ.
 */
export interface CanonicalWriter {
  /**
   * Properties are sorted, strings are in Unicode NFC (but for runs of more than thirty marks), long strings are replaced
   * by their digest.
   */
  value(value: JsonValue): string;
  /** As `value`, but strings count as they are spelt: two Unicode forms of one text differ. For data. */
  verbatim(value: JsonValue): string;
  /** As `value`, but the order of properties counts, at every depth. */
  ordered(value: JsonValue): string;
  /** An object as `value` writes it, with the named properties written by the given functions instead. */
  object(value: JsonObject, writers: Readonly<Record<string, (value: JsonValue) => string>>): string;
  list(values: readonly JsonValue[], write: (value: JsonValue, index: number) => string): string;
  /** Prompt text: as `value`, after the masks of the settings. Trim it first if white space does not count. */
  text(text: string): string;
  /**
   * The text of the last user turn: counts for the fingerprint as `text` does, but not for the frame. At most one per
   * request. Do not call it if tools have answered since, or if the turn has more than text.
   */
  semanticText(text: string): string;
  /** Inline media: counts by its type and the digest of the decoded bytes, or by its text if it is not base64. */
  inlineMedia(mediaType: string, base64: string): string;
  /** Media by URL or file id: counts by its text, and limits the request to its own credential's partition. */
  mediaReference(reference: JsonValue): string;
}

/** The parts of a request besides its body that a protocol may read. */
export interface RequestLine {
  /** Path below the upstream, as the caller gave it. */
  readonly route: string;
  /** Raw query string without its `?`; '' if there is none. */
  readonly query: string;
  /** A header by its name in lower case. Only headers whose rule is `counts` are visible. */
  header(name: string): string | readonly string[] | undefined;
  /** Whether the provider acts while it answers, by the settings. Default: by the built-in table alone. */
  readonly sideEffects?: SideEffects | undefined;
}

/** What a protocol reads from a request besides the fields that count. */
export interface Reading {
  /** The model, as the request names it in its body or its route. */
  readonly subject: string;
  readonly form: Form;
  /** The request's limit on output tokens, if it states one. */
  readonly ceiling?: number | undefined;
  /** How many parts `parts.split` makes of the body, if that is more than one. */
  readonly parts?: number | undefined;
  /** The end user that the body names (OpenAI's `user`, Anthropic's `metadata.user_id`). */
  readonly user?: string | undefined;
  /** Set if the request must not use the cache: it has state or side effects. */
  readonly bypass?: BypassReason | undefined;
  /**
   * Route and query as they count. A protocol sets them if the request's own name the model or the form, which
   * count elsewhere; then a body and a stream of one question are one entry. Default: the request's own.
   */
  readonly route?: string | undefined;
  readonly query?: string | undefined;
  /** Set if the request asks for another framing than the protocol's. Answers in two framings are never shared. */
  readonly framing?: Framing | undefined;
  /**
   * Whether the credential parts answers (`part`), or requests with different ones share them (`shared`), whatever the
   * scope. Default: as the scope says.
   */
  readonly credentials?: 'part' | 'shared' | undefined;
}

/** A request body as the object that `read` and the field rules see. */
export interface ParsedBody {
  readonly body: JsonObject;
  /** False if parsing hid something: a property given twice, a number that a double cannot hold. Then the request bypasses. */
  readonly isFaithful: boolean;
}

/** How bytes of one media type become fields. */
export interface BodyKind {
  /** In lower case, without parameters. */
  readonly mediaType: string;
  /** @throws AskonceError `invalid_request` for bytes that are not of this kind. */
  parse(bytes: Uint8Array, contentType: string): ParsedBody;
}

/** Why generation ended, in words common to all protocols. Only a `natural` end is stored, unless a gate rule is off. */
export type Finish =
  /** The model ended by itself, or called the caller's tools. */
  | 'natural'
  /** Cut off by a limit on tokens or by the context window. */
  | 'length'
  /** Cut off by a content filter. */
  | 'filtered'
  /** The model declined to answer. */
  | 'refused'
  /** The provider expects another call to continue (`pause_turn`). */
  | 'paused'
  /** An error in place of the answer, also with status 200 or in the middle of a stream. */
  | 'failed'
  /** The stream or body ended early. */
  | 'incomplete'
  /** Not an answer of this protocol. */
  | 'unreadable';

/** The user's own finish words (in lower case, with `_` between words) and what they mean. */
export type FinishWords = ReadonlyMap<string, Finish>;

/** The assessment of a finished recording. */
export interface Assessment {
  readonly finish: Finish;
  /** The protocol's own word for the finish (`stop`, `tool_calls`, `end_turn` …); '' if there is none. */
  readonly finishReason: string;
  /** The words of all choices, in their order, if there are several. */
  readonly finishReasons?: readonly string[] | undefined;
  /** The id that the provider gave to the answer. */
  readonly id?: string | undefined;
  /** No text, no tool call, no vector: nothing that answers. Reasoning alone is no answer, nor is white space. */
  readonly empty: boolean;
  /** `invalid` if the arguments of some tool call are not JSON. */
  readonly toolCalls: 'none' | 'valid' | 'invalid';
  /** As the provider reports it; undefined if it reports none. */
  readonly usage?: Usage | undefined;
  /** The model that the answer names. */
  readonly model?: string | undefined;
  /** Whether the answer itself says that another model than the one asked for gave it. */
  readonly isFallback?: boolean | undefined;
  /**
   * Set if `finish` is `incomplete` for one reason alone, that the stream ended without its end mark: the finish that the
   * answer has if the provider writes none. The setting `missingEndMark` decides whether it counts.
   */
  readonly unmarked?: Finish | undefined;
}

export interface ErrorInfo {
  readonly status: number;
  readonly code: ErrorCode;
  /** One line for the client: what happened, and what to change. */
  readonly message: string;
  /** Included if the protocol has a place for it. */
  readonly requestId?: string | undefined;
}

/**
 * Splitting a request into parts that are answered on their own (a batch of embeddings, input by input). Identity,
 * lookup, flight and entry belong to a part.
 */
export interface Parts {
  /** The body of each part; undefined if the body is a single part or cannot be split. */
  split(body: JsonObject): readonly JsonObject[] | undefined;
  /** The body that asks for some of the parts (`indexes` ascending) in one call to the provider. */
  select(body: JsonObject, indexes: readonly number[]): JsonObject;
  /**
   * How many parts an answer to several has; undefined if that can't be read. Without this function, no answer is
   * stored whole that cannot be divided.
   */
  count?(answer: Recording): number | undefined;
  /**
   * One recording per part; undefined if the answer does not have exactly `count` parts, or it is not certain which
   * belongs to which. `asked` is the body that it
   * answers: usage is divided in proportion to its inputs, and evenly without it.
   */
  divide(answer: Recording, count: number, asked?: JsonObject | undefined): readonly Recording[] | undefined;
  /**
   * What requests must have in common to be merged into one call: all of the body but the parts, of which there may be
   * several. Undefined if the body cannot be merged.
   */
  common(body: JsonObject): string | undefined;
  /** The body that asks for the parts of all these bodies, whose `common` is equal; undefined if there is none. */
  merge(bodies: readonly JsonObject[]): JsonObject | undefined;
  /** The answer that the provider would have given to all parts at once; each part keeps its own bytes. */
  join(parts: readonly Recording[]): Recording;
}

export interface Protocol {
  /** Lower-case letters, digits and hyphens, at most 64: part of partitions and of entries. */
  readonly name: ProtocolName;
  /** Raised when a change of the protocol's reading makes old entries unfit. Part of every partition. */
  readonly version: number;
  /** Rules for this protocol's headers; they take precedence over the common ones. */
  readonly headers: HeaderTable;
  /** Whether a header, by its name in lower case, is part of the credential, whatever the tables say. Default: only by the tables. */
  readonly isCredential?: ((name: string) => boolean) | undefined;
  /** Response headers that belong to a recording, besides `content-type`; lower case. */
  readonly recordedHeaders: readonly string[];
  /**
   * Whether the provider asks for a credential. Then stored answers are served only to a credential that the provider
   * has accepted recently. False for the caller's own functions.
   */
  readonly requiresCredential: boolean;
  /**
   * Whether the provider stores an answer under its `id`, where it can be deleted: unless the request or the answer says
   * `"store": false`, or only if the request says `"store": true`. Default: never.
   */
  readonly storesAnswers?: 'by-default' | 'if-asked' | undefined;
  /** The response header in which the provider reports its request id. */
  readonly requestIdHeader: string;
  /** How the events of streams are framed, unless a request asks for another framing. */
  readonly framing: Framing;
  /**
   * The event that ends a stream. Absent if only the end of the body does; a framing may have an end of its own besides
   * (the closing bracket of a JSON array).
   */
  readonly endMark?: EndMark | undefined;
  /** Kinds of request body besides JSON, chosen by the request's `content-type`. */
  readonly bodies?: readonly BodyKind[] | undefined;
  /** Rules for the body's top-level fields; a field that is not named counts as `value`. */
  readonly fields: Readonly<Record<string, FieldRule>>;
  /** Names of properties that hold a JSON Schema, in which property order counts. */
  readonly schemaKeys: ReadonlySet<string>;
  /**
   * Checks the request against the protocol's schema (loose: unknown fields pass) and reads it. The result depends on
   * the arguments alone, since it is remembered by them.
   * @throws AskonceError `invalid_request`, naming the field.
   */
  read(body: JsonObject, line: RequestLine): Reading;
  /**
   * Writes a field whose rule is `content`. The whole body is there for what depends on other fields. `knownDefaults`:
   * the upstream is known to have the documented defaults, so that a value at its default equals an absent one.
   */
  writeContent(
    field: string,
    value: JsonValue,
    body: JsonObject,
    write: CanonicalWriter,
    knownDefaults?: boolean,
  ): string;
  /**
   * Reads a finished recording of status 2xx; never throws, whatever the bytes are. `words` are the user's own finish words,
   * which take precedence over the protocol's.
   */
  assess(recording: Recording, words?: FinishWords | undefined): Assessment;
  /** Whether an answer calls tools as the body of its request demands; one that does not is not stored. Default: each does. */
  calledAsAsked?(recording: Recording, body: Uint8Array | string): boolean;
  /**
   * The same answer in another form, or undefined if the recording lacks what that form must have
   * (usage, say). Never invents: ids, usage, model and fingerprints are the original's.
   */
  convert(recording: Recording, to: Form): Recording | undefined;
  /** What an answer of status 2xx says, as the JSON of its body form, whatever form it came in; for reading, not for replay. */
  readAnswer(recording: Recording): JsonValue | undefined;
  /**
   * The text of an answer that `readAnswer` has read, if text is all that it says. Undefined if it calls a tool, declines, has
   * media or several choices, or says nothing besides thoughts. Without this function the semantic tier can neither
   * verify nor compare answers of the protocol.
   */
  answerText?(answer: JsonValue): string | undefined;
  /** Whether a request that wants `wanted` may follow a flight whose leader asked for `leading` (never equal). */
  mayFollow(leading: Form, wanted: Form): boolean;
  /**
   * The kind of an error answer (any status but 2xx); never throws, whatever the bytes are. Absent if errors are
   * not remembered.
   */
  errorKind?(answer: ErrorAnswer): ErrorKind;
  /** The protocol's error body, of the type `errorType`. */
  errorBody(error: ErrorInfo): string;
  /** Content type of `errorBody`. Default: `application/json`. */
  readonly errorType?: string | undefined;
  /**
   * The error as the last event of a stream that broke off, written by the stream's framing. With `sent`, which a protocol gets
   * if it sets `continuesErrors`, it may be several events that continue those.
   */
  errorEvent(error: ErrorInfo, framing: Framing, sent?: SentEvents | undefined): string;
  /** Whether `errorEvent` reads `sent`. Default: false, and events are not held for it. */
  readonly continuesErrors?: boolean | undefined;
  readonly parts?: Parts | undefined;
  /**
   * Set if answers say themselves what may become of them. Then those rules decide in place of the write gate's and the
   * settings' lifetimes, and `recordedHeaders` is not read. Default: the protocol's own rules.
   */
  readonly answers?: AnswerRules | undefined;
  /** `route` gives entries keys that name their route: `{prefix}:api:{route}:{digest}`. Default: keys name the partition. */
  readonly keyedBy?: 'partition' | 'route' | undefined;
  /** Absent if requests of the protocol can't ask for JSON as the content of their answers. */
  readonly structured?: Structured | undefined;
}
