import { expect, it } from 'vitest';
import { isCrossSite } from './cross-site.ts';

const host = '127.0.0.1:8787';

it.each([
  [{}, false],
  [{ 'sec-fetch-site': 'none' }, false],
  [{ 'sec-fetch-site': 'same-origin' }, false],
  [{ origin: 'http://127.0.0.1:8787', 'sec-fetch-site': 'same-origin' }, false],
  [{ origin: 'http://127.0.0.1:8787' }, false],
  [{ 'sec-fetch-site': 'same-site' }, true],
  [{ 'sec-fetch-site': 'cross-site' }, true],
  [{ 'sec-fetch-site': 'nonsense' }, true],
  [{ origin: 'http://127.0.0.1:3000' }, true],
  [{ origin: 'http://localhost:8787' }, true],
  [{ origin: 'https://evil.example' }, true],
  [{ origin: 'null' }, true],
  [{ origin: '' }, true],
  [{ origin: 'http://127.0.0.1:8787', 'access-control-request-method': 'POST' }, true],
])('a request with %j comes from another site: %s', (headers, expected) => {
  expect(isCrossSite({ host, ...headers })).toBe(expected);
});
