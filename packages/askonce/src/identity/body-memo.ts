/**
 * The memo of bodies: a body that was seen before is recognised by its bytes, without a second parse.
 *
 * It holds the reading of a body and nothing about its sender. The last key made for a body is held beside it, and is
 * used again only for the same partition and language.
 */
import { crc32 } from 'node:zlib';
import { LRUCache } from 'lru-cache';
import { type BodyIdentity, type BodyRead, type BodySource, bodyType, type WrittenFields } from './body.ts';
import type { EntryName } from './key.ts';

export interface KnownBody {
  readonly identity: BodyIdentity;
  /** The last name of an entry for this body. */
  lastName: EntryName | undefined;
  /** For the request that sent the body, which takes it out: a miss needs it, and the memo does not. */
  written: WrittenFields | undefined;
}

/** A known body, and the source that it was read from. */
interface Remembered extends KnownBody {
  readonly body: Uint8Array | string;
  readonly source: string;
  readonly checksum: number;
}

/** Bytes that an entry in the memo takes besides its texts: objects, digests, a key. */
const overheadBytes = 1024;

/** One body must not evict all others: a body larger than this, and than a sixteenth of the memo, is not remembered. */
const largestShareBytes = 16_384;

/** The last body of each length, modulo this, is compared before a checksum is made. */
const recentSlots = 64;

/** One byte each: a body is remembered when it comes the second time, since most bodies come once. */
const metSlots = 65_536;

/** Remembers the results of `read` in at most `maxBytes`; 0: none. */
export function bodyMemo(
  maxBytes: number,
  read: (source: BodySource) => BodyRead,
): (source: BodySource) => KnownBody {
  if (maxBytes === 0) return (source) => ({ ...read(source), lastName: undefined });
  // The checksum only finds the one candidate, which is then compared byte by byte: cheaper than a digest that could be
  // trusted, and two bodies with the same checksum merely evict each other.
  const known = new LRUCache<number, Remembered>({
    maxSize: maxBytes,
    maxEntrySize: Math.max(largestShareBytes, Math.ceil(maxBytes / 16)),
    sizeCalculation: sizeOf,
    dispose: (gone) => {
      const slot = gone.body.length % recentSlots;
      if (recent[slot] === gone) recent[slot] = undefined;
    },
  });
  // Frequent bodies come soon again, and to tell two apart takes less time than a checksum of either.
  const recent: (Remembered | undefined)[] = Array.from({ length: recentSlots });
  const met = new Uint8Array(metSlots);
  const namedBy = sourceNamer();
  return (source) => {
    const { body } = source.request;
    const sourceName = namedBy(source);
    const slot = body.length % recentSlots;
    const last = recent[slot];
    if (last !== undefined && last.source === sourceName && isSame(last.body, body)) {
      // Counts as a use of it.
      known.get(last.checksum);
      return last;
    }
    const checksum = crc32(body, sourceName.length);
    const seen = known.get(checksum);
    if (seen !== undefined && seen.source === sourceName && isSame(seen.body, body)) {
      recent[slot] = seen;
      return seen;
    }
    if (!isMetAgain(met, checksum)) return { ...read(source), lastName: undefined };
    const learnt: Remembered = {
      ...read(source),
      lastName: undefined,
      source: sourceName,
      checksum,
      // A copy: a body that comes off a socket is part of a larger buffer.
      body: typeof body === 'string' ? body : new Uint8Array(body),
    };
    known.set(checksum, learnt);
    return learnt;
  };
}

/** Notes a checksum, and whether it was there before. Wrong only if another took its slot meanwhile. */
function isMetAgain(met: Uint8Array, checksum: number): boolean {
  const slot = checksum % metSlots;
  // Never 0, which marks an empty slot.
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
