/**
 * The wall round an answer that a caller names by its key: whether a request of this caller could have had that key. The
 * partition in the key is made of the caller's credential and context, so it is made again from those, and compared. The
 * question is not needed.
 */
import type { Protocol } from '../protocol/contract.ts';
import type { Framing } from '../protocol/framing.ts';
import { type HeaderReader, headerReader } from './credential.ts';
import { type IdentifierOptions, identityRules } from './identify.ts';
import { partitionDigester } from './partition.ts';
import { type CallerContext, type HeaderFields, languageOf } from './request.ts';

/** An answer, as far as its partition depends on it. */
export interface Walled {
  /** Digest of the partition. */
  readonly partition: string;
  readonly upstream: string;
  /** Name of the protocol. */
  readonly protocol: string;
  readonly subject: string;
  /** Its tags: those that askonce adds, route and date among them, then the request's own. */
  readonly tags: readonly string[];
  /** Default: the protocol's usual one. */
  readonly framing?: Framing | undefined;
}

/** A caller that names an answer. */
export interface WallCaller {
  readonly headers: HeaderFields;
  readonly context: CallerContext;
}

/**
 * The credential of the caller, if the answer lies within the caller's own wall; else undefined. Whatever cannot be known
 * of the answer, such as a route too long for a tag, is a wall.
 */
export type WallCheck = (walled: Walled, caller: WallCaller) => string | undefined;

export function wallCheck({
  settings,
  secret,
  protocols,
}: Pick<IdentifierOptions, 'settings' | 'secret' | 'protocols'>): WallCheck {
  const { scope, engineVersion, promptHash } = settings;
  const digestPartition = partitionDigester(secret);
  const readers = new Map<string, HeaderReader>();

  function readerOf(protocol: Protocol): HeaderReader {
    const known = readers.get(protocol.name);
    if (known !== undefined) return known;
    const made = headerReader(identityRules(protocol, settings.ignoredHeaders), secret);
    readers.set(protocol.name, made);
    return made;
  }

  return (walled, { headers, context }) => {
    const protocol = protocols.get(walled.protocol);
    if (protocol === undefined) return undefined;
    const { credential } = readerOf(protocol)(headers);
    const { framing = protocol.framing } = walled;
    const version = `${protocol.name}@${protocol.version}`;
    const parts = {
      upstream: walled.upstream,
      route: tagValue(walled.tags, 'endpoint') ?? '',
      protocol: framing === protocol.framing ? version : `${version}+${framing.name}`,
      subject: walled.subject,
      // Known to the caller's own process alone.
      account: undefined,
      tenant: context.tenant,
      user: context.user,
      session: context.session,
      language: context.language === undefined ? undefined : languageOf(context),
      template: context.template?.id,
      templateVersion: context.template?.version,
      indexVersion: context.indexVersion,
      date: settings.dateBucket === 'off' ? undefined : tagValue(walled.tags, 'date'),
      engineVersion,
      promptHash,
    };
    const isWithin = (part: string | undefined) =>
      digestPartition({ ...parts, credential: part }) === walled.partition;
    // On a shared scope the credential is a part only of answers to content that the provider has to fetch.
    return isWithin(credential) || (scope === 'shared' && isWithin(undefined)) ? credential : undefined;
  };
}

function tagValue(tags: readonly string[], name: string): string | undefined {
  return tags.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
}
