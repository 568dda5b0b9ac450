/**
 * The memo: bodies already seen are known again by their bytes, without a second parse.
 *
 * It holds what a body says and nothing of who sent it. The last key made for a body is kept beside it, and is
 * used again only where partition and language are the same.
 */
import { crc32 } from 'node:zlib';
import { LRUCache } from 'lru-cache';
import { type BodyIdentity, type BodyRead, type BodySource, bodyType, type WrittenFields } from './body.ts';
import type { EntryName } from './key.ts';

export interface KnownBody {
  readonly identity: BodyIdentity;
  /** What an entry for this body was last called. */
  lastName: EntryName | undefined;
  /** For the request that brought the body, which takes it: a miss has use for it, and the memo has not. */
  written: WrittenFields | undefined;
}

/** A known body, with all that it was known for. */
interface Remembered extends KnownBody {
  readonly body: Uint8Array | string;
  readonly source: string;
}

/** What an entry in the memo takes besides its texts: objects, digests, a key. */
const overheadBytes = 1024;

/** One body must not push all others out: what is larger than this, and than a sixteenth of the memo, is not remembered. */
const largestShareBytes = 16_384;

/** One byte each: a body is remembered when it comes the second time, since most that come once never come again. */
const metSlots = 65_536;

/** Remembers what `read` tells, in at most `maxBytes`; 0: nothing. */
export function bodyMemo(
  maxBytes: number,
  read: (source: BodySource) => BodyRead,
): (source: BodySource) => KnownBody {
  if (maxBytes === 0) return (source) => ({ ...read(source), lastName: undefined });
  // The checksum only finds the one candidate, which is then compared byte by byte: cheaper than a digest that
  // could be trusted, and two bodies of one checksum do no more than push each other out.
  const known = new LRUCache<number, Remembered>({
    maxSize: maxBytes,
    maxEntrySize: Math.max(largestShareBytes, Math.ceil(maxBytes / 16)),
    sizeCalculation: sizeOf,
  });
  const met = new Uint8Array(metSlots);
  const namedBy = sourceNamer();
  return (source) => {
    const { body } = source.request;
    const sourceName = namedBy(source);
    const checksum = crc32(body, sourceName.length);
    const seen = known.get(checksum);
    if (seen !== undefined && seen.source === sourceName && isSame(seen.body, body)) return seen;
    if (!isMetAgain(met, checksum)) return { ...read(source), lastName: undefined };
    const learnt: Remembered = {
      ...read(source),
      lastName: undefined,
      source: sourceName,
      // Of its own: what comes off a socket is part of a larger buffer.
      body: typeof body === 'string' ? body : new Uint8Array(body),
    };
    known.set(checksum, learnt);
    return learnt;
  };
}

/** Notes a checksum, and says whether it was there: right but for what shared its slot meanwhile. */
function isMetAgain(met: Uint8Array, checksum: number): boolean {
  const slot = checksum % metSlots;
  // Never 0, which stands for a slot that is empty.
  const mark = 1 + (Math.floor(checksum / metSlots) % 255);
  const again = met[slot] === mark;
  met[slot] = mark;
  return again;
}

function isSame(one: Uint8Array | string, other: Uint8Array | string): boolean {
  if (typeof one === 'string' || typeof other === 'string') return one === other;
  return one.length === other.length && Buffer.compare(one, other) === 0;
}

/**
 * Makes the text of all that a body is known for besides its bytes. Requests of one kind tend to follow each other:
 * then the last text is used again.
 */
function sourceNamer(): (source: BodySource) => string {
  let last: (Omit<BodySource, 'ruleOf'> & { readonly type: string; readonly name: string }) | undefined;
  return (source) => {
    const { request, protocol, counted, spelledIn } = source;
    const type = bodyType(source);
    const { query, route } = request;
    if (
      last !== undefined &&
      last.protocol === protocol &&
      last.request.route === route &&
      last.request.query === query &&
      last.request.knownDefaults === request.knownDefaults &&
      last.counted === counted &&
      last.spelledIn === spelledIn &&
      last.type === type
    )
      return last.name;
    const name = nameOf(source, type);
    last = { request, protocol, counted, spelledIn, type, name };
    return name;
  };
}

// Neither a protocol's name nor a language has a space or a slash, and lengths precede all else: nothing can be shifted.
function nameOf({ request, protocol, counted, spelledIn }: BodySource, type: string): string {
  const { route, query, knownDefaults } = request;
  const defaults = knownDefaults === true ? '+' : '-';
  const texts = [route, query, type].map((text) => `${text.length}:${text}`).join('');
  return `${protocol.name} ${defaults}${spelledIn}/${texts}${counted}`;
}

function sizeOf({ identity, source, body }: Remembered): number {
  const { subject, user = '', semantic, semanticText = '' } = identity;
  const characters = source.length + subject.length + user.length + semantic.length + semanticText.length;
  const bodyBytes = typeof body === 'string' ? 2 * body.length : body.length;
  return overheadBytes + bodyBytes + 2 * characters;
}
