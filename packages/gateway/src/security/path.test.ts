import { describe, expect, it } from 'vitest';
import { refusedTarget } from './path.ts';

describe('a request target', () => {
  it.each([
    '/v1/chat/completions',
    '/v1/models?limit=3&after=a%2Fb//..',
    '/v1/files/file-abc.jsonl/content',
    '/v1/models/ft:gpt-4o:me::7p4lURel',
    '/v1/models/org%2Fname',
    '/v1/a...b/..c/d..',
    '/healthz',
    '/v1/chat/completions/',
    '/v1/files/a%20b%C3%A9',
    `/v1/files/%${'25'.repeat(7)}41`,
    '/',
  ])('the request target %j is a plain path', (target) => {
    expect(refusedTarget(target)).toBeUndefined();
  });

  it.each([
    ['', 'slash'],
    ['*', 'slash'],
    ['v1/models', 'slash'],
    ['http://evil.example/v1/models', 'slash'],
    ['//evil.example/v1/models', 'empty segments'],
    ['/v1//models', 'empty segments'],
    ['/v1/%2f%2fmodels', 'empty segments'],
    ['/v1/%2Fmodels', 'empty segments'],
    ['/\\evil.example/', 'backslash'],
    ['/v1/a%5cb', 'backslash'],
    ['/v1/a%255Cb', 'backslash'],
    ['/v1/../admin', 'dot segments'],
    ['/v1/..', 'dot segments'],
    ['/v1/./models', 'dot segments'],
    ['/v1/%2e%2e/admin', 'dot segments'],
    ['/v1/.%2E/admin', 'dot segments'],
    ['/v1/%252e%252e/admin', 'dot segments'],
    [`/v1/%${'25'.repeat(7)}2e%2e/admin`, 'dot segments'],
    ['/v1/x%2f..%2f..%2fadmin', 'dot segments'],
    ['/v1/..;/admin', 'dot segments'],
    ['/v1/a\u0000b', 'ASCII'],
    ['/v1/a\tb', 'ASCII'],
    ['/v1/a b', 'ASCII'],
    ['/v1/caf\u00e9', 'ASCII'],
    ['/v1/a%00b', 'control'],
    ['/v1/a%0d%0ab', 'control'],
    ['/v1/a%7f', 'control'],
    ['/v1/models#x', 'fragment'],
    ['/v1/%zz', 'percent-encoding'],
    ['/v1/%2', 'percent-encoding'],
    [`/v1/%${'25'.repeat(9)}2e`, 'too often'],
    [`/v1/%${'25'.repeat(30_000)}`, 'too often'],
  ])('the request target %j is refused: %s', (target, why) => {
    expect(refusedTarget(target)).toContain(why);
  });
});
