/**
 * A match in few bytes, before it is sealed. Most of it is digests, which take half of their hexadecimal digits.
 *
 * ```
 * flags 1 byte   similarity, expires, issued 8 bytes each   pieces of the key, their number first   mark   tenant
 * language   category   protocol   credential
 * ```
 * What the flags say is absent takes nothing. Only authentic bytes are read, so that nothing is checked.
 */
import type { Match } from './match.ts';

/** A match, and the instant in ms since the epoch at which its id was made. */
export interface IssuedMatch {
  readonly match: Match;
  readonly issued: number;
}

const flag = { language: 1, category: 2, servedTo: 4, tenantServed: 8, startsUsually: 16 } as const;
/** Digests: what is worth its two kinds. */
const digest = /^(?:[0-9a-f]{2}){8,}$/;
const digestWithin = /((?:[0-9a-f]{2}){8,})/;

/** @param keyStart what keys usually begin with: it is left out */
export function packed({ match, issued }: IssuedMatch, keyStart: string): Buffer {
  const { key, similarity, expires, servedTo, pool } = match;
  const { tenant, language, category } = pool.parts;
  const isTenantServed = servedTo?.credential === tenant;
  const startsUsually = key.startsWith(keyStart);
  const head = Buffer.allocUnsafe(25);
  head[0] =
    (language === undefined ? 0 : flag.language) |
    (category === undefined ? 0 : flag.category) |
    (servedTo === undefined ? 0 : flag.servedTo) |
    (isTenantServed ? flag.tenantServed : 0) |
    (startsUsually ? flag.startsUsually : 0);
  head.writeDoubleBE(similarity, 1);
  head.writeDoubleBE(expires, 9);
  head.writeDoubleBE(issued, 17);
  const pieces = (startsUsually ? key.slice(keyStart.length) : key).split(digestWithin);
  const texts = [...pieces, pool.mark, tenant];
  if (language !== undefined) texts.push(language);
  if (category !== undefined) texts.push(category);
  if (servedTo !== undefined) texts.push(servedTo.protocol);
  if (servedTo !== undefined && !isTenantServed) texts.push(servedTo.credential);
  return Buffer.concat([head, Buffer.of(pieces.length), ...texts.flatMap(packedText)]);
}

export function unpacked(bytes: Buffer, keyStart: string): IssuedMatch {
  const flags = bytes.readUInt8(0);
  const has = (one: keyof typeof flag) => (flags & flag[one]) !== 0;
  const text = textsIn(bytes, 26);
  const pieces = Array.from({ length: bytes.readUInt8(25) }, text);
  const mark = text();
  const tenant = text();
  const language = has('language') ? text() : undefined;
  const category = has('category') ? text() : undefined;
  const protocol = has('servedTo') ? text() : undefined;
  return {
    match: {
      key: (has('startsUsually') ? keyStart : '') + pieces.join(''),
      pool: { mark, parts: { tenant, language, category } },
      similarity: bytes.readDoubleBE(1),
      expires: bytes.readDoubleBE(9),
      servedTo:
        protocol === undefined ? undefined : { protocol, credential: has('tenantServed') ? tenant : text() },
    },
    issued: bytes.readDoubleBE(17),
  };
}

/** Its length in bytes and whether it is a digest, in one byte or two; then the bytes. */
function packedText(text: string): readonly Buffer[] {
  const isDigest = digest.test(text);
  const bytes = Buffer.from(text, isDigest ? 'hex' : 'utf8');
  const size = 2 * bytes.length + (isDigest ? 1 : 0);
  return [size < 0x80 ? Buffer.of(size) : Buffer.of(0x80 | (size >> 8), size & 0xff), bytes];
}

/** Reads one text after the other. */
function textsIn(bytes: Buffer, from: number): () => string {
  let at = from;
  return () => {
    const first = bytes.readUInt8(at++);
    const size = first < 0x80 ? first : ((first & 0x7f) << 8) | bytes.readUInt8(at++);
    const start = at;
    at += size >> 1;
    return bytes.toString((size & 1) === 1 ? 'hex' : 'utf8', start, at);
  };
}
