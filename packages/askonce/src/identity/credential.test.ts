import { expect, it } from 'vitest';
import { commonHeaders, headerRules } from '../protocol/headers.ts';
import { headerReader } from './credential.ts';

const secret = 'a secret of tests';

it('asks for the rule of a name once, however often it comes', () => {
  const asked: string[] = [];
  const rule = headerRules(commonHeaders);
  const read = headerReader((name) => {
    asked.push(name);
    return rule(name);
  }, secret);
  for (let count = 0; count < 3; count++) read({ Authorization: 'a', 'x-novelty': '1' });
  expect(asked).toEqual(['authorization', 'x-novelty']);
});

it('knows no more than 1 024 names and none over 128 characters, and still reads all', () => {
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

it('digests a credential the same after it was forgotten', () => {
  const read = headerReader(() => 'credential', secret);
  const first = read({ authorization: 'one' }).credential;
  for (let index = 0; index < 200; index++) read({ authorization: `${index}`.padEnd(10_000, 'x') });
  expect(read({ authorization: 'one' }).credential).toBe(first);
  expect(first).toMatch(/^[0-9a-f]{32}$/);
});
