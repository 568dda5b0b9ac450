import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { derivedRing } from '../entry/key-ring.ts';
import { fakeClock } from '../testing/fake-clock.ts';
import type { Match } from './match.ts';
import { type Matches, sealedMatches } from './matches.ts';

const dayMs = 86_400_000;
const start = 'askonce:v1:';
const clock = fakeClock();

function matchesOf(secret = 'a secret of tests', keyStart = start, now = clock): Matches {
  return sealedMatches(derivedRing(secret, 'semantic matches'), keyStart, now);
}

const digest = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((raw) => Buffer.from(raw).toString('hex'));
const name = fc.string({ unit: 'grapheme', maxLength: 40 });
const language = fc.constantFrom('en', 'und', 'pt-br', 'zh-hant-tw');
const key = fc
  .tuple(digest(16), language, digest(32))
  .map(([partition, lang, fingerprint]) => `${start}${partition}:${lang}:{${fingerprint}}`);

const match: fc.Arbitrary<Match> = digest(16).chain((credential) =>
  fc.record({
    key: fc.oneof({ weight: 3, arbitrary: key }, { weight: 1, arbitrary: name }),
    pool: fc.record({
      mark: fc.stringMatching(/^[\w-]{12}$/),
      parts: fc.record({
        tenant: fc.oneof(fc.constant(credential), digest(10)),
        language: fc.option(language, { nil: undefined }),
        category: fc.option(name, { nil: undefined }),
      }),
    }),
    similarity: fc.double({ min: -1, max: 1, noNaN: true, noDefaultInfinity: true }),
    expires: fc.nat({ max: 4_000_000_000_000 }),
    servedTo: fc.option(
      fc.record({ credential: fc.constant(credential), protocol: fc.constantFrom('openai-chat', 'é') }),
      { nil: undefined },
    ),
  }),
);

const usual: Match = {
  key: `${start}${'ab'.repeat(16)}:und:{${'0f'.repeat(32)}}`,
  pool: {
    mark: 'Zk9-_abcdefg',
    parts: { tenant: '12'.repeat(10), language: 'en', category: undefined },
  },
  similarity: 0.987_654_321_098_765_4,
  expires: clock.now() + 30 * dayMs,
  servedTo: { credential: 'cd'.repeat(16), protocol: 'anthropic-messages' },
};

describe('the id of a match', () => {
  it('any process with the secret reads from an id what the match was', () => {
    fc.assert(
      fc.property(match, (match) => {
        expect(matchesOf().find(matchesOf().name(match))).toEqual(match);
      }),
    );
  });

  it('a usual id has at most 256 letters, digits, - and _, and the longest that a request can lead to is read', () => {
    const id = matchesOf().name(usual);
    expect(id).toMatch(/^[\w-]{100,256}$/);
    const tag = Array.from({ length: 7 }, () => 'abcdefgh').join('-');
    const parts = { tenant: '12'.repeat(16), language: tag, category: '語'.repeat(256) };
    const long = {
      ...usual,
      key: usual.key.replace('und', tag),
      pool: { ...usual.pool, parts },
    };
    const longest = matchesOf().name(long);
    expect(longest).toMatch(/^[\w-]{1,4096}$/);
    expect(matchesOf().find(longest)).toEqual(long);
  });

  it('an id shows nothing of the match, and no two processes make the same', () => {
    const bytes = Buffer.from(matchesOf().name(usual), 'base64url');
    const known = [
      Buffer.from(usual.key.slice(start.length, start.length + 32), 'hex'),
      Buffer.from('cd'.repeat(16), 'hex'),
      Buffer.from('anthropic'),
      Buffer.from(usual.pool.mark),
    ];
    for (const part of known) expect(bytes.includes(part)).toBe(false);
    const ids = Array.from({ length: 20 }, () => matchesOf().name(usual));
    expect(new Set(ids).size).toBe(20);
  });

  it('an id in which any character differs, is missing or is added is unknown', () => {
    const id = matchesOf().name(usual);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    // The last character has bits that base64 ignores: none of its other spellings is read either.
    for (let at = 0; at < id.length; at++) {
      const others = at < id.length - 1 ? ['A', 'z', '7'] : [...alphabet];
      for (const other of others.filter((one) => one !== id[at]))
        expect(matchesOf().find(id.slice(0, at) + other + id.slice(at + 1))).toBe(undefined);
    }
    fc.assert(
      fc.property(fc.nat({ max: id.length - 1 }), fc.stringMatching(/^[\w+/=.-]{1,4}$/), (length, more) => {
        expect(matchesOf().find(id.slice(0, length))).toBe(undefined);
        expect(matchesOf().find(id + more)).toBe(undefined);
        expect(matchesOf().find(id.slice(0, length) + more + id.slice(length))).toBe(undefined);
      }),
    );
    expect(matchesOf().find(id)).toEqual(usual);
  });

  it('a text that is no id is unknown, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 400 }), fc.base64String({ maxLength: 3_000 })), (text) => {
        expect(matchesOf().find(text)).toBe(undefined);
      }),
    );
  });

  it('an id is unknown under another secret, for another purpose, and with another prefix', () => {
    const id = matchesOf().name(usual);
    expect(matchesOf('another secret of tests').find(id)).toBe(undefined);
    expect(matchesOf(undefined, 'blue:v1:').find(id)).toBe(undefined);
    const otherwise = sealedMatches(derivedRing('a secret of tests', 'anything else'), start, clock);
    expect(otherwise.find(id)).toBe(undefined);
  });

  it('an id is known for a day from when it was made, over midnight, and unknown from then on', () => {
    const own = fakeClock(1_893_456_000_000 + dayMs - 1_000);
    const matches = matchesOf(undefined, undefined, own);
    const id = matches.name(usual);
    own.advance(dayMs - 1);
    expect(matches.find(id)).toEqual(usual);
    const later = matches.name(usual);
    own.advance(1);
    expect(matches.find(id)).toBe(undefined);
    expect(matches.find(later)).toEqual(usual);
  });

  it('a pair keeps its id for a minute, and any other pair has another', () => {
    const own = fakeClock();
    const matches = matchesOf(undefined, undefined, own);
    const id = matches.name(usual);
    own.advance(59_999);
    expect(matches.name({ ...usual })).toBe(id);
    const others = [
      { ...usual, key: `${usual.key}:neg` },
      { ...usual, similarity: 0.99 },
      { ...usual, servedTo: undefined },
      { ...usual, servedTo: { credential: 'ef'.repeat(16), protocol: 'anthropic-messages' } },
      { ...usual, pool: { ...usual.pool, mark: 'another-pool' } },
    ];
    expect(new Set([id, ...others.map(matches.name)]).size).toBe(1 + others.length);
    own.advance(1);
    expect(matches.name(usual)).not.toBe(id);
  });

  it('an id cannot be moved to another day', () => {
    const bytes = Buffer.from(matchesOf().name(usual), 'base64url');
    bytes.writeUInt16BE(bytes.readUInt16BE() + 1);
    expect(matchesOf().find(bytes.toString('base64url'))).toBe(undefined);
  });
});
