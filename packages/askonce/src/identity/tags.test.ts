import { expect, it } from 'vitest';
import { tag, tagDigester, valueDigester } from './tags.ts';

it('the digest of a caller is that of the tag which entries of the caller have, in whatever order callers come', () => {
  const digestTag = tagDigester('secret');
  const digestTenant = valueDigester('tenant', digestTag);
  const long = 'x'.repeat(200);
  for (const value of ['a', 'a', 'b', '', 'a', long, 'b'])
    expect([value, digestTenant(value)]).toEqual([value, digestTag(tag('tenant', value))]);
});

it('a caller without a name has no digest', () => {
  const digestUser = valueDigester('user', tagDigester('secret'));
  expect([digestUser(undefined), digestUser('u') === undefined, digestUser(undefined)]).toEqual([
    undefined,
    false,
    undefined,
  ]);
});
