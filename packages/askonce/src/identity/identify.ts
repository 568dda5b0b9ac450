/**
 * Identity: what askonce knows a request by. A pure function of request and settings.
 */
import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import type { Form } from '../entry/recording.ts';
import { AskonceError } from '../errors.ts';
import { isJsonObject, type JsonObject, tryParseJson } from '../json.ts';
import type { BypassReason } from '../observe/events.ts';
import type { Protocol, ProtocolName } from '../protocol/contract.ts';
import { headerRules } from '../protocol/headers.ts';
import type { Settings } from '../settings/table.ts';
import { CanonicalText, compileMasks } from './canonical.ts';
import { type CountingRules, countedFields } from './counted.ts';
import { type HeaderReader, headerReader } from './credential.ts';
import { countProperties, scanJson } from './json-scan.ts';
import { entryKey, fingerprintOf } from './key.ts';
import { dateBucket, partitionDigester } from './partition.ts';
import { percentageRule } from './profile.ts';
import type { CacheRequest } from './request.ts';
import { tagsOf } from './tags.ts';

export interface Identity {
  readonly protocol: Protocol;
  readonly key: string;
  /** Digest of the wall that nothing looks across. */
  readonly partition: string;
  /** Digest of all that counts. */
  readonly fingerprint: string;
  /** Digest of all that counts but the semantic text. */
  readonly frame: string;
  /** What would be embedded; undefined where the semantic tier must not be asked. */
  readonly semanticText: string | undefined;
  readonly subject: string;
  readonly form: Form;
  readonly ceiling: number | undefined;
  /** How many parts the request can be taken apart into; 1 where it is one. */
  readonly parts: number;
  /** BCP 47 in lower case, or `und`. */
  readonly language: string;
  /** Keyed digest of the credential. */
  readonly credential: string;
  readonly tenant: string | undefined;
  readonly user: string | undefined;
  readonly session: string | undefined;
  /** Made when asked for: only what is stored needs them. */
  tags(): readonly string[];
  /**
   * Short digest of each counted field, by name; keyed by the partition, so that equal values in two partitions
   * cannot be told to be equal. Made when asked for.
   */
  fields(): Readonly<Record<string, string>>;
}

export type Identified = Identity | { readonly bypass: BypassReason };

/** What the bytes of a body say, whoever sends them: what the memo may keep. */
interface BodyIdentity {
  readonly subject: string;
  readonly form: Form;
  readonly ceiling: number | undefined;
  readonly parts: number;
  readonly user: string | undefined;
  readonly bypass: BypassReason | undefined;
  readonly frame: string;
  /** Canonical semantic text, as it counts. */
  readonly semantic: string;
  readonly semanticText: string | undefined;
  readonly media: CanonicalText['media'];
}

export interface IdentifierOptions {
  readonly settings: Settings;
  readonly secret: string;
  readonly clock: Clock;
  readonly protocols: Readonly<Record<ProtocolName, Protocol>>;
}

/**
 * Makes the function that identifies requests.
 *
 * That function throws AskonceError `invalid_json`, `invalid_request` or `request_too_deep` for a body that its
 * protocol would not take.
 */
export function identifier({
  settings,
  secret,
  clock,
  protocols,
}: IdentifierOptions): (request: CacheRequest) => Identified {
  const digestPartition = partitionDigester(secret);
  const mask = compileMasks(settings.masks);
  const rules: CountingRules = {
    settings,
    isPercentage: percentageRule(settings.percentagePaths),
    ignored: new Set(settings.ignoredFields),
  };
  const ignoredHeaders = Object.fromEntries(
    settings.ignoredHeaders.map((name) => [name.toLowerCase(), 'ignored' as const]),
  );
  const headerReaders = new Map<ProtocolName, HeaderReader>();
  const memo = bodyMemo(settings.identityMemoBytes);

  function readHeaders(request: CacheRequest, protocol: Protocol) {
    let read = headerReaders.get(protocol.name);
    if (read === undefined) {
      read = headerReader(headerRules(ignoredHeaders, protocol.headers), secret);
      headerReaders.set(protocol.name, read);
    }
    return read(request.headers);
  }

  function parse(request: CacheRequest): { body: JsonObject; representable: boolean } {
    const text = bodyText(request.body);
    const { properties, numbersSurvive } = scanJson(text);
    const body = tryParseJson(text);
    if (body === undefined) throw new AskonceError('invalid_json', 'the request body is not valid JSON');
    if (!isJsonObject(body))
      throw new AskonceError('invalid_request', 'the request body must be a JSON object');
    return { body, representable: numbersSurvive && countProperties(body) === properties };
  }

  function write(body: JsonObject, protocol: Protocol, knownDefaults: boolean) {
    const writer = new CanonicalText(settings, mask, protocol.schemaKeys);
    return { writer, fields: countedFields(body, protocol, writer, rules, knownDefaults) };
  }

  function readBody(request: CacheRequest, protocol: Protocol, counted: string): BodyIdentity {
    const { body, representable } = parse(request);
    const reading = protocol.read(body);
    const { writer, fields } = write(body, protocol, request.knownDefaults ?? false);
    const canonical = fields.map(({ name, text }) => `${JSON.stringify(name)}:${text}`).join(',');
    const stateful =
      settings.statefulRequests && (reading.bypass === 'stateful' || reading.bypass === 'side-effects');
    return {
      subject: reading.subject,
      form: reading.form,
      ceiling: reading.ceiling,
      parts: reading.parts ?? 1,
      user: reading.user,
      bypass:
        representable && writer.wellFormed ? (stateful ? undefined : reading.bypass) : 'unrepresentable',
      frame: hash('sha256', `${request.query}\n${counted}\n${canonical}`, 'hex'),
      semantic: writer.semantic?.canonical ?? '',
      semanticText: writer.media === 'none' ? writer.semantic?.plain : undefined,
      media: writer.media,
    };
  }

  function bodyIdentity(request: CacheRequest, protocol: Protocol, counted: string): BodyIdentity {
    if (memo === undefined) return readBody(request, protocol, counted);
    const digest = hash('sha256', request.body, 'base64url');
    const seenAs = `${digest}${protocol.name}${request.knownDefaults === true ? '+' : '-'}${request.query}\n${counted}`;
    const seen = memo.get(seenAs);
    if (seen !== undefined) return seen;
    const read = readBody(request, protocol, counted);
    memo.set(seenAs, read);
    return read;
  }

  return (request) => {
    const { context } = request;
    if (context.sensitive) return { bypass: 'sensitive' };
    const protocol = protocols[request.protocol];
    const { credential, counted } = readHeaders(request, protocol);
    const body = bodyIdentity(request, protocol, counted);
    if (body.bypass !== undefined) return { bypass: body.bypass };

    const user = context.user ?? (settings.scope === 'user' ? body.user : undefined);
    if (
      (settings.scope === 'user' && user === undefined) ||
      (settings.scope === 'session' && context.session === undefined)
    ) {
      return { bypass: 'no-user' };
    }
    const date = settings.dateBucket === 'off' ? undefined : dateBucket(settings.dateBucket, clock.now());
    const partition = digestPartition({
      upstream: request.upstream + request.route,
      protocol: `${protocol.name}@${protocol.version}`,
      subject: body.subject,
      credential: settings.scope === 'shared' && body.media !== 'reference' ? undefined : credential,
      tenant: context.tenant,
      user,
      session: context.session,
      language: context.language,
      template: context.template?.id,
      templateVersion: context.template?.version,
      indexVersion: context.indexVersion,
      date,
      engineVersion: settings.engineVersion,
      promptHash: settings.promptHash,
    });
    const fingerprint = fingerprintOf(partition, body.frame, body.semantic);
    const language = context.language?.toLowerCase() ?? 'und';
    const tagged = {
      subject: body.subject,
      language,
      tenant: context.tenant,
      user: user ?? body.user,
      session: context.session,
      engineVersion: settings.engineVersion,
      promptHash: settings.promptHash,
      date,
    };
    return {
      protocol,
      key: entryKey({ prefix: settings.cachePrefix, partition, language, fingerprint }),
      partition,
      fingerprint,
      frame: body.frame,
      semanticText: body.semanticText,
      subject: body.subject,
      form: body.form,
      ceiling: body.ceiling,
      parts: body.parts,
      language,
      credential,
      tenant: context.tenant,
      user: tagged.user,
      session: context.session,
      tags: () => tagsOf(tagged, context),
      fields: () => {
        const { writer, fields } = write(parse(request).body, protocol, request.knownDefaults ?? false);
        return Object.fromEntries(
          fields.map(({ name, text, semantic }) => {
            const whole = semantic ? `${text}\n${writer.semantic?.canonical}` : text;
            return [name, hash('sha256', `${partition}\n${name}\n${whole}`, 'hex').slice(0, 16)];
          }),
        );
      },
    };
  };
}

function bodyText(body: Uint8Array | string): string {
  if (typeof body === 'string') {
    if (!body.isWellFormed())
      throw new AskonceError(
        'invalid_json',
        'the request body has a lone surrogate, which UTF-8 cannot hold',
      );
    return body;
  }
  if (!isUtf8(body)) throw new AskonceError('invalid_json', 'the request body is not UTF-8');
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
}

/** Identities of bodies already seen, found by the digest of their raw bytes: no second parse. */
function bodyMemo(maxBytes: number): LRUCache<string, BodyIdentity> | undefined {
  if (maxBytes === 0) return undefined;
  return new LRUCache({
    maxSize: maxBytes,
    sizeCalculation: (body, seenAs) =>
      512 +
      2 * (seenAs.length + body.subject.length + body.semantic.length + (body.semanticText?.length ?? 0)),
  });
}
