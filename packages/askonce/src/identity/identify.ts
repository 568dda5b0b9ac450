/**
 * Identity: what askonce knows a request by. A pure function of request and settings.
 */
import type { Clock } from '../clock.ts';
import type { Form } from '../entry/entry.ts';
import type { BypassReason } from '../observe/events.ts';
import type { Protocol } from '../protocol/contract.ts';
import type { Framing } from '../protocol/framing.ts';
import { commonHeaders, type HeaderRule, headerRules } from '../protocol/headers.ts';
import { type ProtocolTable, protocolNamed } from '../protocol/protocols.ts';
import type { Settings } from '../settings/table.ts';
import {
  type BodyIdentity,
  type BodyRules,
  fieldDigests,
  readBody,
  rewriteFields,
  type WrittenFields,
} from './body.ts';
import { bodyMemo, type KnownBody } from './body-memo.ts';
import { compileMasks } from './canonical.ts';
import { percentageRule } from './counted.ts';
import { type HeaderReader, headerReader } from './credential.ts';
import { type EntryName, entryKey, fingerprintOf } from './key.ts';
import { detectLanguage, prepareDetection } from './language/detect.ts';
import { detectingSoon } from './language/detect-soon.ts';
import { normalizeQuestion } from './language/normalize.ts';
import { dateBucket, partitionDigester } from './partition.ts';
import { type CacheRequest, checkContext, languageOf } from './request.ts';
import { type TagDigester, tagDigester, tagsOf } from './tags.ts';

export interface Identity {
  readonly protocol: Protocol;
  readonly key: string;
  /** Digest of the wall that nothing looks across. */
  readonly partition: string;
  /** Digest of all that counts. */
  readonly fingerprint: string;
  /** Digest of all that counts but the semantic text. */
  readonly frame: string;
  /**
   * What would be embedded, in the one spelling of its language; undefined where the semantic tier must not be asked.
   * Made when asked for, and so after an exact miss only: see {@link detectedLanguage}.
   */
  readonly semanticText: string | undefined;
  readonly subject: string;
  readonly form: Form;
  /** How the events of an answer are framed where it is a stream. */
  readonly framing: Framing;
  readonly ceiling: number | undefined;
  /** How many parts the request can be taken apart into; 1 where it is one. */
  readonly parts: number;
  /** As the caller named it: BCP 47 in lower case, or `und`. */
  readonly language: string;
  /** Keyed digest of the credential. */
  readonly credential: string;
  readonly tenant: string | undefined;
  readonly user: string | undefined;
  readonly session: string | undefined;
  /**
   * The language of the question: as the caller named it, else as it is detected (`detectLanguage`), else `und`.
   * For what comes after an exact miss; the key knows nothing of it.
   */
  detectedLanguage(): string;
  /** Has it detected behind the request, while the answer is on its way. */
  detectSoon(): void;
  /** All tags of an answer to the request, its detected language among them. Only what is stored needs them. */
  tags(): readonly string[];
  /** A keyed digest of each of them, in the same order. */
  tagDigests(): readonly string[];
  /**
   * Short digest of each counted field, by name; keyed by the partition, so that equal values in two partitions
   * cannot be told to be equal. Made when asked for.
   */
  fields(): Readonly<Record<string, string>>;
}

export type Identified = Identity | { readonly bypass: BypassReason };

export interface IdentifierOptions {
  readonly settings: Settings;
  readonly secret: string;
  readonly clock: Clock;
  readonly protocols: ProtocolTable;
}

/** A protocol, and what is made of it once. */
interface ProtocolReading {
  readonly protocol: Protocol;
  readonly version: string;
  readonly ruleOf: (name: string) => HeaderRule;
  readonly readHeaders: HeaderReader;
}

/**
 * Makes the function that identifies requests.
 *
 * That function throws AskonceError `invalid_json`, `invalid_request` or `request_too_deep` for a body that its
 * protocol would not take, and `invalid_request` for a context beyond its limits.
 */
export function identifier({
  settings,
  secret,
  clock,
  protocols,
}: IdentifierOptions): (request: CacheRequest) => Identified {
  const { scope, engineVersion, promptHash } = settings;
  const digestPartition = partitionDigester(secret);
  const digestTag = tagDigester(secret);
  // Before there is anything that it could hold up.
  if (settings.detectLanguage) clock.schedule(prepareDetection, 0);
  const detectSoon = detectingSoon();
  const rules: BodyRules = {
    settings,
    mask: compileMasks(settings.masks),
    isPercentage: percentageRule(settings.percentagePaths),
    ignored: new Set(settings.ignoredFields),
  };
  const readings = new Map<string, ProtocolReading>();
  const knownBody = bodyMemo(settings.identityMemoBytes, (source) => readBody(source, rules));

  function readingOf(name: string): ProtocolReading {
    const known = readings.get(name);
    if (known !== undefined) return known;
    const protocol = protocolNamed(protocols, name);
    const ruleOf = identityRules(protocol, settings.ignoredHeaders);
    const readHeaders = headerReader(ruleOf, secret);
    const made = { protocol, version: `${protocol.name}@${protocol.version}`, ruleOf, readHeaders };
    readings.set(name, made);
    return made;
  }

  function nameOf(known: KnownBody, partition: string, language: string): EntryName {
    const last = known.lastName;
    if (last !== undefined && last.partition === partition && last.language === language) return last;
    const fingerprint = fingerprintOf(partition, known.identity.frame, known.identity.semantic);
    const key = entryKey({ prefix: settings.cachePrefix, partition, language, fingerprint });
    known.lastName = { partition, language, fingerprint, key };
    return known.lastName;
  }

  return (request) => {
    const { context } = request;
    if (context.sensitive) return { bypass: 'sensitive' };
    checkContext(context);
    const language = languageOf(context);
    const { protocol, version, ruleOf, readHeaders } = readingOf(request.protocol);
    const { credential, counted } = readHeaders(request.headers);
    const spelledIn = settings.normalizeText ? language : '';
    const known = knownBody({ request, protocol, ruleOf, counted, spelledIn });
    const { identity: body, written } = known;
    known.written = undefined;
    if (body.bypass !== undefined) return { bypass: body.bypass };

    const user = context.user ?? (scope === 'user' ? body.user : undefined);
    if (isWithoutScope(scope, user, context.session)) return { bypass: 'no-user' };

    const date = settings.dateBucket === 'off' ? undefined : dateBucket(settings.dateBucket, clock.now());
    const partition = digestPartition({
      upstream: request.upstream,
      route: body.route ?? request.route,
      protocol: body.framing === protocol.framing ? version : `${version}+${body.framing.name}`,
      subject: body.subject,
      credential: scope === 'shared' && body.media !== 'reference' ? undefined : credential,
      tenant: context.tenant,
      user,
      session: context.session,
      language: context.language === undefined ? undefined : language,
      template: context.template?.id,
      templateVersion: context.template?.version,
      indexVersion: context.indexVersion,
      date,
      engineVersion,
      promptHash,
    });
    return new RequestIdentity(
      request,
      protocol,
      ruleOf,
      body,
      written,
      nameOf(known, partition, language),
      credential,
      date,
      rules,
      digestTag,
      detectSoon,
    );
  };
}

/** What the headers mean to identity. What the settings ignore never reaches a credential: that is a wall. */
function identityRules(protocol: Protocol, ignored: readonly string[]): (name: string) => HeaderRule {
  const usual = headerRules(protocol.headers, commonHeaders);
  const named = headerRules(
    Object.fromEntries(ignored.map((name) => [name.toLowerCase(), 'ignored' as const])),
  );
  return (name) => {
    const rule = usual(name);
    return rule === 'counts' ? named(name) : rule;
  };
}

function isWithoutScope(
  scope: Settings['scope'],
  user: string | undefined,
  session: string | undefined,
): boolean {
  return (scope === 'user' && !user) || (scope === 'session' && !session);
}

// A class, as one is made for every request: what only entries need is on its prototype, and costs a hit nothing.
class RequestIdentity implements Identity {
  readonly protocol: Protocol;
  readonly key: string;
  readonly partition: string;
  readonly fingerprint: string;
  readonly frame: string;
  readonly subject: string;
  readonly form: Form;
  readonly framing: Framing;
  readonly ceiling: number | undefined;
  readonly parts: number;
  readonly language: string;
  readonly credential: string;
  readonly tenant: string | undefined;
  readonly user: string | undefined;
  readonly session: string | undefined;
  /** The semantic text as it was asked. */
  readonly #question: string | undefined;
  #detected: string | undefined;
  readonly #request: CacheRequest;
  readonly #ruleOf: (name: string) => HeaderRule;
  readonly #route: string;
  readonly #date: string | undefined;
  readonly #rules: BodyRules;
  readonly #written: WrittenFields | undefined;
  readonly #digestTag: TagDigester;
  readonly #detectSoon: (identity: Identity) => void;
  #tags: readonly string[] | undefined;
  #tagDigests: readonly string[] | undefined;

  constructor(
    request: CacheRequest,
    protocol: Protocol,
    ruleOf: (name: string) => HeaderRule,
    body: BodyIdentity,
    written: WrittenFields | undefined,
    name: EntryName,
    credential: string,
    date: string | undefined,
    rules: BodyRules,
    digestTag: TagDigester,
    detectSoon: (identity: Identity) => void,
  ) {
    this.protocol = protocol;
    this.key = name.key;
    this.partition = name.partition;
    this.fingerprint = name.fingerprint;
    this.frame = body.frame;
    this.#question = body.semanticText;
    this.subject = body.subject;
    this.form = body.form;
    this.framing = body.framing;
    this.ceiling = body.ceiling;
    this.parts = body.parts;
    this.language = name.language;
    this.credential = credential;
    this.tenant = request.context.tenant;
    this.user = request.context.user ?? body.user;
    this.session = request.context.session;
    this.#request = request;
    this.#ruleOf = ruleOf;
    this.#route = body.route ?? request.route;
    this.#date = date;
    this.#rules = rules;
    this.#written = written;
    this.#digestTag = digestTag;
    this.#detectSoon = detectSoon;
  }

  get semanticText(): string | undefined {
    return this.#question === undefined
      ? undefined
      : normalizeQuestion(this.#question, this.detectedLanguage());
  }

  detectedLanguage(): string {
    if (!this.#mayDetect || this.#question === undefined) return this.language;
    this.#detected ??= detectLanguage(this.#question);
    return this.#detected;
  }

  detectSoon(): void {
    if (this.#mayDetect && this.#question !== undefined && this.#detected === undefined)
      this.#detectSoon(this);
  }

  get #mayDetect(): boolean {
    return this.language === 'und' && this.#rules.settings.detectLanguage;
  }

  // A miss asks for both several times: on the way to its flight, and when its answer is kept.
  tags(): readonly string[] {
    this.#tags ??= this.#makeTags();
    return this.#tags;
  }

  tagDigests(): readonly string[] {
    this.#tagDigests ??= this.tags().map(this.#digestTag);
    return this.#tagDigests;
  }

  #makeTags(): readonly string[] {
    const { engineVersion, promptHash } = this.#rules.settings;
    const { subject, user } = this;
    const { context } = this.#request;
    const route = this.#route;
    const language = this.detectedLanguage();
    return tagsOf({ route, subject, language, user, engineVersion, promptHash, date: this.#date }, context);
  }

  fields(): Readonly<Record<string, string>> {
    const [request, { protocol, language }] = [this.#request, this];
    const spelledIn = this.#rules.settings.normalizeText ? language : '';
    const written =
      this.#written ?? rewriteFields({ request, protocol, ruleOf: this.#ruleOf, spelledIn }, this.#rules);
    return fieldDigests(written, this.partition);
  }
}
