import { expect, it } from 'vitest';
import { commonHeaders, headerRules } from '../protocol/headers.ts';
import { headerReader } from './credential.ts';

const secret = 'a secret of tests';

it('the rule of a header name is looked up once', () => {
  const asked: string[] = [];
  const rule = headerRules(commonHeaders);
  const read = headerReader((name) => {
    asked.push(name);
    return rule(name);
  }, secret);
  for (let count = 0; count < 3; count++) read({ Authorization: 'a', 'x-novelty': '1' });
  expect(asked).toEqual(['authorization', 'x-novelty']);
});

it('at most 1 024 names of at most 128 characters are remembered, and all headers are read', () => {
  let asked = 0;
  const read = headerReader(() => {
    asked++;
    return 'counts';
  }, secret);
  const long = 'x'.repeat(129);
  expect(read({ [long]: '1' })).toEqual(read({ [long]: '1' }));
  expect(asked).toBe(2);
  for (let index = 0; index < 2000; index++) read({ [`x-${index}`]: '1' });
  asked = 0;
  read({ 'x-0': '1', 'x-1023': '1' });
  expect(asked).toBe(0);
  expect(read({ 'x-1999': '1' }).counted).not.toBe(read({ 'x-1998': '1' }).counted);
  expect(asked).toBe(2);
});

it('a credential has the same digest after it was forgotten', () => {
  const read = headerReader(() => 'credential', secret);
  const first = read({ authorization: 'one' }).credential;
  for (let index = 0; index < 200; index++) read({ authorization: `${index}`.padEnd(10_000, 'x') });
  expect(read({ authorization: 'one' }).credential).toBe(first);
  expect(first).toMatch(/^[0-9a-f]{32}$/);
});
