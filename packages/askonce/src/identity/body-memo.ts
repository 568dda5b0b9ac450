/**
 * The memo: bodies already seen are known again by the digest of their raw bytes, without a second parse.
 *
 * It holds what a body says and nothing of who sent it. The last key made for a body is kept beside it, and is
 * used again only where partition and language are the same.
 */
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { BodyIdentity, BodyRead, BodySource, WrittenFields } from './body.ts';
import { checkWellFormed } from './json-body.ts';
import type { EntryName } from './key.ts';

export interface KnownBody {
  readonly identity: BodyIdentity;
  /** What an entry for this body was last called. */
  lastName: EntryName | undefined;
  /** For the request that brought the body, which takes it: a miss has use for it, and the memo has not. */
  written: WrittenFields | undefined;
}

/** What an entry in the memo takes besides its texts: objects, digests, a key. */
const overheadBytes = 1024;

/** Remembers what `read` tells, in at most `maxBytes`; 0: nothing. */
export function bodyMemo(
  maxBytes: number,
  read: (source: BodySource) => BodyRead,
): (source: BodySource) => KnownBody {
  const learn = (source: BodySource): KnownBody => ({ ...read(source), lastName: undefined });
  if (maxBytes === 0) return learn;
  const known = new LRUCache<string, KnownBody>({ maxSize: maxBytes, sizeCalculation: sizeOf });
  return (source) => {
    const seenAs = nameOf(source);
    const seen = known.get(seenAs);
    if (seen !== undefined) return seen;
    const learnt = learn(source);
    known.set(seenAs, learnt);
    return learnt;
  };
}

// What is of one length comes first, then a name without digits, then a length: nothing can be shifted.
function nameOf({ request, protocol, counted }: BodySource): string {
  checkWellFormed(request.body);
  const defaults = request.knownDefaults === true ? '+' : '-';
  return `${hash('sha256', request.body, 'base64url')}${defaults}${protocol.name}${request.query.length}:${request.query}${counted}`;
}

function sizeOf({ identity }: KnownBody, seenAs: string): number {
  const { subject, user = '', semantic, semanticText = '' } = identity;
  const characters = seenAs.length + subject.length + user.length + semantic.length + semanticText.length;
  return overheadBytes + 2 * characters;
}
