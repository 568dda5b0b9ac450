/**
 * Reads a body: the part of an identity that depends on nothing but the body, and so may be remembered by its bytes.
 */
import { hash } from 'node:crypto';
import type { Form } from '../entry/entry.ts';
import { AskonceError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import type { BypassReason } from '../observe/causes.ts';
import type { ParsedBody, Protocol, Reading, RequestLine } from '../protocol/contract.ts';
import { type Framing, mediaTypeOf } from '../protocol/framing.ts';
import type { HeaderRule } from '../protocol/headers.ts';
import type { SideEffects } from '../protocol/side-effects/side-effects.ts';
import type { WantedJson } from '../protocol/structured.ts';
import type { Settings } from '../settings/table.ts';
import { CanonicalText, type Masks } from './canonical.ts';
import { type CountedField, type CountingRules, countedFields } from './counted.ts';
import { parseBody } from './json-body.ts';
import { normalizeQuestion } from './language/normalize.ts';
import type { CacheRequest, HeaderFields } from './request.ts';

/** Limits on the names that entries hold; a body beyond them bypasses the cache. */
const maxFields = 256;
const maxNameLength = 256;
const maxSubjectLength = 1024;
/** Characters; no embedder accepts longer texts. */
const maxSemanticLength = 262_144;

export interface BodyIdentity {
  readonly subject: string;
  readonly form: Form;
  readonly framing: Framing;
  /** The route as it counts; undefined if it is the request's own. */
  readonly route: string | undefined;
  readonly ceiling: number | undefined;
  readonly parts: number;
  readonly user: string | undefined;
  readonly bypass: BypassReason | undefined;
  readonly frame: string;
  /** The semantic text in canonical form, as it counts. */
  readonly semantic: string;
  readonly semanticText: string | undefined;
  readonly media: CanonicalText['media'];
  readonly credentials: Reading['credentials'];
  /** Whether the content of the answer must be JSON. What it must fit is not remembered: {@link wantedJson}. */
  readonly wantsJson: boolean;
}

/** A request, and the facts about it that decide how its body is read. */
export interface BodySource {
  readonly request: CacheRequest;
  readonly protocol: Protocol;
  readonly ruleOf: (name: string) => HeaderRule;
  /** The headers that count. */
  readonly counted: string;
  /** The language whose spelling rules apply to the question; '' if it counts as it is. */
  readonly spelledIn: string;
}

export interface BodyRules extends CountingRules {
  readonly masks: Masks;
  readonly sideEffects: SideEffects;
}

/** The counted fields in canonical text: as long as the body itself, and so not remembered. */
export interface WrittenFields {
  readonly writer: CanonicalText;
  readonly fields: readonly CountedField[];
}

export interface BodyRead {
  readonly identity: BodyIdentity;
  readonly written: WrittenFields;
}

/**
 * Reads a body. One that its protocol cannot interpret bypasses the cache (`unrepresentable`): the provider may know
 * more of its dialect, or else explains the fault better.
 * @throws AskonceError `invalid_json` or `request_too_deep`.
 */
export function readBody(source: BodySource, rules: BodyRules): BodyRead {
  try {
    return interpreted(source, rules);
  } catch (error) {
    if (AskonceError.isInstance(error) && error.code === 'invalid_request')
      return uninterpreted(source.protocol, rules);
    throw error;
  }
}

function uninterpreted({ framing, schemaKeys }: Protocol, { settings, masks }: BodyRules): BodyRead {
  const identity: BodyIdentity = {
    subject: '',
    form: 'body',
    framing,
    route: undefined,
    ceiling: undefined,
    parts: 1,
    user: undefined,
    bypass: 'unrepresentable',
    frame: '',
    semantic: '',
    semanticText: undefined,
    media: 'none',
    credentials: undefined,
    wantsJson: false,
  };
  return { identity, written: { writer: new CanonicalText(settings, masks(), schemaKeys), fields: [] } };
}

function interpreted(source: BodySource, rules: BodyRules): BodyRead {
  const { request, protocol, counted } = source;
  const parsed = parsedBody(source);
  const reading = protocol.read(parsed.body, lineOf(source, rules));
  const written = writeFields(source, parsed.body, reading, rules);
  const { writer, fields } = written;
  const { semantic } = writer;
  const isEmbeddable = writer.media === 'none' && (semantic?.plain.length ?? 0) <= maxSemanticLength;
  const identity: BodyIdentity = {
    subject: reading.subject,
    form: reading.form,
    framing: reading.framing ?? protocol.framing,
    route: reading.route,
    ceiling: isLimit(reading.ceiling) ? reading.ceiling : undefined,
    parts: reading.parts ?? 1,
    user: reading.user,
    bypass: isRepresentable(parsed, reading, writer, fields)
      ? bypassOf(reading, rules.settings)
      : 'unrepresentable',
    frame: hash('sha256', frameText(reading.query ?? request.query, counted, fields), 'hex'),
    semantic: semantic?.canonical ?? '',
    semanticText: isEmbeddable ? semantic?.plain : undefined,
    media: writer.media,
    credentials: reading.credentials,
    wantsJson: protocol.structured?.wanted(parsed.body) !== undefined,
  };
  return { identity, written };
}

/** The counted fields of a body that was recognised by its bytes. */
export function rewriteFields(source: Omit<BodySource, 'counted'>, rules: BodyRules): WrittenFields {
  const { body } = parsedBody(source);
  return writeFields(source, body, source.protocol.read(body, lineOf(source, rules)), rules);
}

/** What the content of the answer must be; for a body that has been read before. */
export function wantedJson(source: Pick<BodySource, 'request' | 'protocol'>): WantedJson | undefined {
  return source.protocol.structured?.wanted(parsedBody(source).body);
}

/** Values that are no content, and so need no digest: buckets and JSON's own words. */
const knownValue = /^(?:~-?\d{1,12}|true|false|null)$/;

/**
 * Each counted field by name: a known value as it is, any other as a short digest. Digests are keyed by the partition,
 * so that equal values in two partitions have different ones.
 */
export function fieldDigests(
  { writer, fields }: WrittenFields,
  partition: string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    fields.map(({ name, text, semantic }) => {
      if (!semantic && knownValue.test(text)) return [name, text];
      const whole = semantic ? `${text}\n${writer.semantic?.canonical}` : text;
      return [name, hash('sha256', `${partition}\n${JSON.stringify(name)}\n${whole}`, 'hex').slice(0, 16)];
    }),
  );
}

/** The `content-type` of a request whose protocol takes more than JSON; '' if it says nothing of the body. */
export function bodyType({ request, protocol }: Pick<BodySource, 'request' | 'protocol'>): string {
  if (protocol.bodies === undefined) return '';
  const value = headerOf(request.headers, 'content-type');
  return typeof value === 'string' ? value : '';
}

function parsedBody(source: Pick<BodySource, 'request' | 'protocol'>): ParsedBody {
  const { request, protocol } = source;
  const type = bodyType(source);
  const mediaType = mediaTypeOf({ headers: { 'content-type': type } });
  const kind = protocol.bodies?.find((one) => one.mediaType === mediaType);
  if (kind === undefined) return parseBody(request.body);
  const { body } = request;
  return kind.parse(typeof body === 'string' ? Buffer.from(body) : body, type);
}

function lineOf(
  { request, ruleOf }: Omit<BodySource, 'counted'>,
  { sideEffects }: Pick<BodyRules, 'sideEffects'>,
): RequestLine {
  const { route, query, headers } = request;
  return {
    route,
    query,
    header: (name) => (ruleOf(name) === 'counts' ? headerOf(headers, name) : undefined),
    sideEffects,
  };
}

function headerOf(headers: HeaderFields, name: string): HeaderFields[string] {
  const spelled = Object.hasOwn(headers, name)
    ? name
    : Object.keys(headers).find((one) => one.toLowerCase() === name);
  return spelled === undefined ? undefined : headers[spelled];
}

function writeFields(
  { request, protocol, spelledIn }: Omit<BodySource, 'counted'>,
  body: JsonObject,
  reading: Reading,
  rules: BodyRules,
): WrittenFields {
  const { settings, masks } = rules;
  const spelling =
    spelledIn === '' ? undefined : (question: string) => normalizeQuestion(question, spelledIn);
  const writer = new CanonicalText(settings, masks(), protocol.schemaKeys, spelling);
  const fields = countedFields(body, protocol, writer, rules, {
    knownDefaults: request.knownDefaults ?? false,
    // A number that is not a limit (llama.cpp's -1: none) cannot be compared with the tokens that an answer used.
    limits: reading.ceiling === undefined || isLimit(reading.ceiling) ? settings.maxTokens : 'exact',
  });
  return { writer, fields };
}

function frameText(query: string, counted: string, fields: readonly CountedField[]): string {
  let text = query === '' && counted === '' ? '' : JSON.stringify([query, counted]);
  for (const field of fields) text += `\n${JSON.stringify(field.name)}:${field.text}`;
  return text;
}

function isLimit(ceiling: number | undefined): ceiling is number {
  return ceiling !== undefined && ceiling >= 0;
}

function isRepresentable(
  { isFaithful }: ParsedBody,
  { subject, user = '' }: Reading,
  writer: CanonicalText,
  fields: readonly CountedField[],
): boolean {
  return (
    isFaithful &&
    writer.representable &&
    isName(subject, maxSubjectLength) &&
    isName(user, maxNameLength) &&
    fields.length <= maxFields &&
    fields.every(({ name }) => isName(name, maxNameLength))
  );
}

function isName(text: string, maxLength: number): boolean {
  return text.length <= maxLength && text.isWellFormed();
}

function bypassOf({ bypass }: Reading, { statefulRequests }: Settings): BypassReason | undefined {
  const mayMeet = statefulRequests && (bypass === 'stateful' || bypass === 'side-effects');
  return mayMeet ? undefined : bypass;
}
