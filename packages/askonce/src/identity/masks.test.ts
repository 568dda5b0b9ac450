import { expect, it } from 'vitest';
import { chatRequest, identifierWith, outcomeOf } from '../../../../test/support/identify.ts';
import type { Clock } from '../clock.ts';
import { librarySettings } from '../settings/read.ts';
import { compileMasks } from './canonical.ts';

const { masks } = librarySettings({
  masks: [
    { pattern: 'a(?:.*z)?', replacement: '' },
    { pattern: 'b', replacement: '' },
  ],
});

/** Each look at the clock takes a millisecond. */
function tickingClock(): Clock {
  let now = 0;
  return { now: () => now, monotonic: () => ++now, schedule: () => () => {} };
}

it('masks replace what they match, one after the other', () => {
  expect(compileMasks(masks, tickingClock())()('1ab2')).toBe('12');
  expect(compileMasks([], tickingClock())()('1ab2')).toBe('1ab2');
});

it('masking ends once the time for one request is spent, and the next request begins anew', () => {
  const begin = compileMasks(masks, tickingClock());
  const mask = begin();
  expect(mask('a'.repeat(40))).toBe('');
  expect(mask('a'.repeat(40))).toBe('');
  expect(mask('a'.repeat(40))).toBe(undefined);
  expect(mask('1')).toBe(undefined);
  expect(begin()('1a')).toBe('1');
});

it('a request whose masks take too long bypasses the cache, since its key is not known', () => {
  const identify = identifierWith({
    settings: { masks: [{ pattern: 'a(?:.*z)?', replacement: '' }] },
    clock: tickingClock(),
  });
  const asked = (content: string) =>
    outcomeOf(identify, chatRequest({ model: 'm', messages: [{ role: 'user', content }] }));
  expect(asked('a'.repeat(200))).toBe('bypass unrepresentable');
  expect(asked('a')).toMatch(/^askonce:/);
});
