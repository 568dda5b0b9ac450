import { fakeClock } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import { failureOf } from './failure.ts';

const failed = (status: number, body: string, headers: Readonly<Record<string, string>> = {}) =>
  failureOf({ protocol: 'openai-chat' }, { status, headers, body: Buffer.from(body) }, fakeClock(), 1);

describe('the words for a failure', () => {
  it('name the reason for which a request bypasses the cache', () => {
    const own = { code: 'not_warmable', message: 'The request bypasses the cache (no-store), so …' };
    expect(failed(422, JSON.stringify({ error: own }))).toEqual({
      ...{ reason: 'the request bypasses the cache (no-store)', isOfAccount: false, isOfAll: false },
    });
  });

  it.each([
    [422, { code: 'not_warmable', message: 'SECRET' }],
    [422, { code: 'not_warmable', message: 'The request bypasses the cache (SECRET)' }],
    [400, { code: 'not_warmable', message: 'The request bypasses the cache (no-store) SECRET' }],
    [500, { code: 'not_cached', message: 'SECRET' }],
    [429, { code: 'insufficient_quota', message: 'SECRET' }],
    [401, { code: 'invalid_api_key', message: 'SECRET' }],
  ])('hold nothing of what a provider writes: status %i, %j', (status, error) => {
    const { reason } = failed(status, JSON.stringify({ error }));
    expect(reason).toMatch(new RegExp(`^the provider [a-z :,]+ \\(status ${status}\\)$`));
  });
});
