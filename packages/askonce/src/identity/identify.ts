/**
 * Identifies requests: derives from a request and the settings what it is recognised by.
 */
import type { Clock } from '../clock.ts';
import type { BypassReason } from '../observe/causes.ts';
import type { Protocol } from '../protocol/contract.ts';
import { commonHeaders, type HeaderRule, headerRules } from '../protocol/headers.ts';
import { type ProtocolTable, protocolNamed } from '../protocol/protocols.ts';
import { sideEffects } from '../protocol/side-effects/side-effects.ts';
import type { Settings } from '../settings/table.ts';
import { type BodyIdentity, type BodyRules, readBody } from './body.ts';
import { bodyMemo, type KnownBody } from './body-memo.ts';
import { compileMasks } from './canonical.ts';
import { percentageRule } from './counted.ts';
import { type HeaderReader, headerReader } from './credential.ts';
import { type Identity, type IdentityTools, RequestIdentity } from './identity.ts';
import { type EntryName, entryKey, fingerprintOf, routeKey } from './key.ts';
import { detectingSoon } from './language/detect-soon.ts';
import { dateBucket, partitionDigester } from './partition.ts';
import {
  type CacheRequest,
  type CallerContext,
  checkContext,
  type HeaderFields,
  languageOf,
} from './request.ts';
import { type TagDigester, tagDigester } from './tags.ts';

export type { Identity } from './identity.ts';

/** The identity of a request, or the reason for which it bypasses the cache. */
export type Identified = Identity | { readonly bypass: BypassReason };

export interface IdentifierOptions {
  readonly settings: Settings;
  readonly secret: string;
  readonly clock: Clock;
  readonly protocols: ProtocolTable;
  /** By default one of its own. */
  readonly digestTag?: TagDigester | undefined;
}

/** A protocol, and what is derived from it once. */
interface ProtocolReading {
  readonly protocol: Protocol;
  readonly version: string;
  readonly ruleOf: (name: string) => HeaderRule;
  readonly readHeaders: HeaderReader;
}

/**
 * Makes the function that identifies requests.
 *
 * That function throws AskonceError `invalid_json` or `request_too_deep` for a body that is no JSON or nests too deep,
 * and `invalid_request` for a context beyond its limits. A body that its protocol cannot interpret is a bypass.
 */
export function identifier({
  settings,
  secret,
  clock,
  protocols,
  digestTag = tagDigester(secret),
}: IdentifierOptions): (request: CacheRequest) => Identified {
  const { scope, engineVersion, promptHash } = settings;
  const digestPartition = partitionDigester(secret);
  const rules: BodyRules = {
    settings,
    masks: compileMasks(settings.masks, clock),
    isPercentage: percentageRule(settings.percentagePaths),
    ignored: new Set(settings.ignoredFields),
    sideEffects: sideEffects(settings),
  };
  const tools: IdentityTools = { rules, digestTag, detectSoon: detectingSoon() };
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

  function nameOf(
    known: KnownBody,
    partition: string,
    language: string,
    route: string | undefined,
  ): EntryName {
    const last = known.lastName;
    if (last !== undefined && last.partition === partition && last.language === language) return last;
    const fingerprint = fingerprintOf(partition, known.identity.frame, known.identity.semantic);
    const prefix = settings.cachePrefix;
    const key =
      route === undefined
        ? entryKey({ prefix, partition, language, fingerprint })
        : routeKey({ prefix, route, fingerprint });
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
      credential: partsByCredential(scope, body) ? credential : undefined,
      account: partsByAccount(context, user, body) ? request.account : undefined,
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
    const named = protocol.keyedBy === 'route' ? (body.route ?? request.route) : undefined;
    const name = nameOf(known, partition, language, named);
    return new RequestIdentity({ request, protocol, ruleOf, body, written, name, credential, date }, tools);
  };
}

/**
 * Makes the function that reads the credential of request headers, as the identity of a request with those headers has
 * it. That function throws AskonceError `invalid_request` for an unknown protocol.
 */
export function credentialReader({
  settings,
  secret,
  protocols,
}: Pick<IdentifierOptions, 'settings' | 'secret' | 'protocols'>): (
  protocol: string,
  headers: HeaderFields,
) => string {
  const readers = new Map<string, HeaderReader>();
  return (name, headers) => {
    const known = readers.get(name);
    if (known !== undefined) return known(headers).credential;
    const made = headerReader(identityRules(protocolNamed(protocols, name), settings.ignoredHeaders), secret);
    readers.set(name, made);
    return made(headers).credential;
  };
}

/** The rule of each header. A setting may ignore a header that counts, but never one of a credential, which is a wall. */
export function identityRules(protocol: Protocol, ignored: readonly string[]): (name: string) => HeaderRule {
  const usual = headerRules(protocol.headers, commonHeaders);
  const named = headerRules(
    Object.fromEntries(ignored.map((name) => [name.toLowerCase(), 'ignored' as const])),
  );
  const { isCredential = () => false } = protocol;
  return (name) => {
    const rule = usual(name);
    if (rule === 'credential') return rule;
    // A name that only looks like one of a credential may be ignored, since the operator knows better.
    if (isCredential(name)) return named(name) === 'ignored' ? 'ignored' : 'credential';
    return rule === 'counts' ? named(name) : rule;
  };
}

/** What a request refers to at the provider may be its credential's alone, whatever the scope. */
function partsByCredential(scope: Settings['scope'], { credentials, media }: BodyIdentity): boolean {
  if (credentials !== undefined) return credentials === 'part';
  return scope !== 'shared' || media === 'reference';
}

/** What a request refers to may be one account's alone; a tenant or a user has a partition in any case. */
function partsByAccount(
  { tenant }: CallerContext,
  user: string | undefined,
  { media }: BodyIdentity,
): boolean {
  return media === 'reference' && !tenant && !user;
}

function isWithoutScope(
  scope: Settings['scope'],
  user: string | undefined,
  session: string | undefined,
): boolean {
  return (scope === 'user' && !user) || (scope === 'session' && !session);
}
