import { AskonceError } from 'askonce';
import { expect, it } from 'vitest';
import { messageOf } from './check.ts';

it('a check that fails reports our own messages, and of other errors only their kind', () => {
  expect(messageOf(new AskonceError('store_failed', 'The file is locked; stop the other program.'))).toBe(
    'The file is locked; stop the other program.',
  );
  const denied = Object.assign(new Error('redis://me:hunter2@host'), { code: 'EACCES' });
  const words = (kind: string) => `unexpected error (${kind}); start the gateway, and report what it logs`;
  expect([denied, new TypeError('hunter2'), 'hunter2'].map(messageOf)).toEqual(
    ['EACCES', 'TypeError', 'string'].map(words),
  );
});
