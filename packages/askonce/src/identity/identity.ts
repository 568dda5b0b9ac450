/**
 * The identity of a request: what the cache recognises it by, and what an entry for it is stored with.
 */
import type { Form } from '../entry/entry.ts';
import type { Protocol } from '../protocol/contract.ts';
import type { Framing } from '../protocol/framing.ts';
import type { HeaderRule } from '../protocol/headers.ts';
import type { WantedJson } from '../protocol/structured.ts';
import {
  type BodyIdentity,
  type BodyRules,
  fieldDigests,
  rewriteFields,
  type WrittenFields,
  wantedJson,
} from './body.ts';
import type { EntryName } from './key.ts';
import { detectLanguage } from './language/detect.ts';
import { normalizeQuestion } from './language/normalize.ts';
import type { CacheRequest } from './request.ts';
import { type TagDigester, tagsOf } from './tags.ts';

export interface Identity {
  readonly protocol: Protocol;
  readonly key: string;
  /** Digest of the wall that no lookup crosses. */
  readonly partition: string;
  /** Digest of everything that counts. */
  readonly fingerprint: string;
  /** Digest of everything that counts except the semantic text. */
  readonly frame: string;
  /**
   * The text to embed, in the one spelling of its language; undefined if the semantic tier must not be asked.
   * Made on demand, after an exact miss: see {@link detectedLanguage}.
   */
  readonly semanticText: string | undefined;
  /** The same text as the request has it. */
  readonly questionText: string | undefined;
  /** Its characters. */
  readonly textLength: number | undefined;
  /** Whether the request asks for JSON as the content of its answer. */
  readonly wantsJson: boolean;
  readonly subject: string;
  readonly form: Form;
  /** The framing of the events of an answer that is a stream. */
  readonly framing: Framing;
  readonly ceiling: number | undefined;
  /** Number of parts that the request can be split into; 1 if it is one. */
  readonly parts: number;
  /** The language that the caller names: BCP 47 in lower case, or `und`. */
  readonly language: string;
  /** Keyed digest of the credential. */
  readonly credential: string;
  readonly tenant: string | undefined;
  readonly user: string | undefined;
  readonly session: string | undefined;
  /**
   * The language of the question: the caller's, else the detected one (`detectLanguage`), else `und`. For use after an
   * exact miss; the key does not contain it.
   */
  detectedLanguage(): string;
  /** The same as far as it is known by now: nothing is detected for it. For reports. */
  readonly knownLanguage: string;
  /** Takes over the language that was detected for another request with the same question. */
  learnLanguage(language: string): void;
  /** Has the language detected without delaying the request, while the answer is on its way. */
  detectSoon(): void;
  /** All tags of an answer to the request, its detected language among them. For stored answers only. */
  tags(): readonly string[];
  /** A keyed digest of each tag, in the same order. */
  tagDigests(): readonly string[];
  /**
   * Each counted field by name: a known value as it is, any other as a short digest. Digests are keyed by the partition,
   * so that equal values in two partitions have different ones. Made on demand.
   */
  fields(): Readonly<Record<string, string>>;
  /** What the content of the answer must be, if the request asks for JSON. For stored answers only. */
  wantedJson(): WantedJson | undefined;
}

/** The parts that an identity is made of. */
export interface IdentityParts {
  readonly request: CacheRequest;
  readonly protocol: Protocol;
  readonly ruleOf: (name: string) => HeaderRule;
  readonly body: BodyIdentity;
  readonly written: WrittenFields | undefined;
  readonly name: EntryName;
  readonly credential: string;
  readonly date: string | undefined;
}

/** What all identities of one cache share. */
export interface IdentityTools {
  readonly rules: BodyRules;
  readonly digestTag: TagDigester;
  readonly detectSoon: (identity: Identity) => void;
}

// A class, since one is made for every request: the methods that only entries need cost a hit nothing.
export class RequestIdentity implements Identity {
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
  readonly #parts: IdentityParts;
  readonly #tools: IdentityTools;
  #detected: string | undefined;
  #tags: readonly string[] | undefined;
  #tagDigests: readonly string[] | undefined;

  constructor(parts: IdentityParts, tools: IdentityTools) {
    const { request, body, name } = parts;
    this.protocol = parts.protocol;
    this.key = name.key;
    this.partition = name.partition;
    this.fingerprint = name.fingerprint;
    this.frame = body.frame;
    this.subject = body.subject;
    this.form = body.form;
    this.framing = body.framing;
    this.ceiling = body.ceiling;
    this.parts = body.parts;
    this.language = name.language;
    this.credential = parts.credential;
    this.tenant = request.context.tenant;
    this.user = request.context.user ?? body.user;
    this.session = request.context.session;
    this.#parts = parts;
    this.#tools = tools;
  }

  get questionText(): string | undefined {
    return this.#parts.body.semanticText;
  }

  get textLength(): number | undefined {
    return this.#parts.body.semanticText?.length;
  }

  get wantsJson(): boolean {
    return this.#parts.body.wantsJson;
  }

  get semanticText(): string | undefined {
    const { semanticText } = this.#parts.body;
    return semanticText === undefined ? undefined : normalizeQuestion(semanticText, this.detectedLanguage());
  }

  detectedLanguage(): string {
    const { semanticText } = this.#parts.body;
    if (!this.#mayDetect || semanticText === undefined) return this.language;
    this.#detected ??= detectLanguage(semanticText);
    return this.#detected;
  }

  get knownLanguage(): string {
    return this.#detected ?? this.language;
  }

  learnLanguage(language: string): void {
    if (this.#mayDetect) this.#detected ??= language;
  }

  detectSoon(): void {
    const hasText = this.#parts.body.semanticText !== undefined;
    if (this.#mayDetect && hasText && this.#detected === undefined) this.#tools.detectSoon(this);
  }

  get #mayDetect(): boolean {
    return this.language === 'und' && this.#tools.rules.settings.detectLanguage;
  }

  // A miss needs both several times: on the way to its flight, and when its answer is stored.
  tags(): readonly string[] {
    this.#tags ??= this.#makeTags();
    return this.#tags;
  }

  tagDigests(): readonly string[] {
    this.#tagDigests ??= this.tags().map(this.#tools.digestTag);
    return this.#tagDigests;
  }

  #makeTags(): readonly string[] {
    const { engineVersion, promptHash } = this.#tools.rules.settings;
    const { request, body, date } = this.#parts;
    const { user } = this;
    // A route is an endpoint, and no model.
    const subject = this.protocol.keyedBy === 'route' ? undefined : this.subject;
    const route = body.route ?? request.route;
    const language = this.detectedLanguage();
    return tagsOf({ route, subject, language, user, engineVersion, promptHash, date }, request.context);
  }

  fields(): Readonly<Record<string, string>> {
    const { rules } = this.#tools;
    const { request, protocol, ruleOf } = this.#parts;
    const spelledIn = rules.settings.normalizeText ? this.language : '';
    const written = this.#parts.written ?? rewriteFields({ request, protocol, ruleOf, spelledIn }, rules);
    return fieldDigests(written, this.partition);
  }

  wantedJson(): WantedJson | undefined {
    return this.wantsJson ? wantedJson(this.#parts) : undefined;
  }
}
