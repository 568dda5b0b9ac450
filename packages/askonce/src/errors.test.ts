import { describe, expect, it } from 'vitest';
import { AskonceError, errorCodes } from './errors.ts';

describe('AskonceError', () => {
  it.each(Object.entries(errorCodes))(
    'the error code %s has a status of its kind and a description',
    (code, { status, about }) => {
      expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
      expect(status >= 400 && status < 600).toBe(true);
      expect(about).toMatch(/^[A-Z].*\.$/);
    },
  );

  it('an AskonceError carries code, status, message and cause', () => {
    const cause = new TypeError('inside');
    const error = new AskonceError('invalid_json', 'the body is not JSON', { cause });
    expect(error).toMatchObject({
      name: 'AskonceError',
      code: 'invalid_json',
      status: 400,
      message: 'the body is not JSON',
      cause,
    });
    expect(error).toBeInstanceOf(Error);
  });

  it('an AskonceError is recognised across two copies of the package, and nothing else is', () => {
    const foreign = { [Symbol.for('askonce.error')]: true, code: 'closed' };
    expect([new AskonceError('closed', ''), foreign].map(AskonceError.isInstance)).toEqual([true, true]);
    expect(
      [new Error('closed'), { code: 'closed' }, null, undefined, 'closed', 1].map(AskonceError.isInstance),
    ).toEqual([false, false, false, false, false, false]);
  });
});
