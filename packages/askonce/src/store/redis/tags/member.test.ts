import fc from 'fast-check';
import { expect, it } from 'vitest';
import { entryKey } from '../../../identity/key.ts';
import { tagMembers } from './member.ts';

const prefix = 'askonce';
const { memberOf, keyOf } = tagMembers(`${prefix}:v1:`);
const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((all) => Buffer.from(all).toString('hex'));

it('every key of any shape is restored from its member, and all members differ', () => {
  const usual = fc
    .record({ partition: hex(16), language: fc.constantFrom('en', 'und', 'pt-br'), fingerprint: hex(32) })
    .map((parts) => entryKey({ prefix, ...parts }));
  const parts = fc.array(
    fc.oneof(hex(32), hex(1), fc.constantFrom(':', '{', '}', ':neg', '\0', 'askonce:v1:', 'AB', 'é')),
    { maxLength: 8 },
  );
  const any = fc.oneof(
    usual,
    usual.map((key) => `${key}:neg`),
    fc.string(),
    parts.map((all) => all.join('')),
    parts.map((all) => `askonce:v1:${all.join('')}`),
  );
  fc.assert(
    fc.property(any, any, (one, other) => {
      expect(keyOf(memberOf(one))).toBe(one);
      expect(memberOf(one).equals(memberOf(other))).toBe(one === other);
    }),
  );
});

it('a member takes half of the bytes of its key', () => {
  const key = entryKey({ prefix, partition: 'ab'.repeat(16), language: 'en', fingerprint: 'cd'.repeat(32) });
  expect(memberOf(key)).toHaveLength(51);
  expect(memberOf(key).length * 2).toBeLessThan(key.length);
  expect(keyOf(memberOf(key))).toBe(key);
});
