import { expect, it } from 'vitest';
import { checkOptions } from './checked-options.ts';

it.each([
  [{ routes: { 'get /secret': false } }, /routes\["get \/secret"\]: is no route/],
  [{ routes: { 'GET /q?x=1': false } }, /is no route/],
  [{ routes: { secret: false } }, /is no route/],
  [{ routes: { '/a': { ttll: 5 } } }, /routes\["\/a"\]\.ttll: there is no such option; did you mean ttl\?/],
  [{ ttl: Number.NaN }, /^ttl: must be a number of seconds/],
  [{ ttl: -1 }, /^ttl: /],
  [{ ttl: '60' }, /^ttl: /],
  [{ invalidateOn: ['post /orders'] }, /"post \/orders" is neither a write/],
  [{ invalidateOn: ['post'] }, /neither a write/],
  [{ invalidateOn: 'POST' }, /must be a list of texts/],
  [{ vary: ['Accept Language'] }, /is no header/],
  [{ vary: ['*'] }, /is no header; a route that differs by everything is false/],
  [{ routes: { '/a': null } }, /routes\["\/a"\]: must be options, or false/],
  [{ user: 'ann' }, /must be a function/],
  [{ sharesCredentials: 'yes' }, /must be true or false/],
  [{ etag: 1 }, /must be true or false/],
])('the options %j are refused', (options, message) => {
  const parsed: object = options;
  expect(() => checkOptions(parsed)).toThrow(expect.objectContaining({ code: 'invalid_settings' }));
  expect(() => checkOptions(parsed)).toThrow(message);
});

it('options that are right, or left undefined, are taken', () => {
  expect(() =>
    checkOptions({
      ttl: 0,
      staleIfError: undefined,
      tags: () => [],
      invalidateOn: ['POST', 'PUT /orders/:id', 'M-SEARCH', 'prices.changed'],
      routes: { 'GET /a/{id}': { user: () => 'ann', vary: ['Accept-Language'] }, '/b/*': false },
    }),
  ).not.toThrow();
});
