import { describe, expect, it } from 'vitest';
import { readRoute } from './route-row.ts';

const base = 'http://127.0.0.1:3000/shop';
const environment = { WARM_HEADER_TOKEN: 'of-a-user', WARM_API_KEYS: 'SECRET', WARM_HEADER_BAD: 'a\nb' };
const read = (value: unknown) => readRoute(value, { base, environment });

function requestOf(value: unknown): Request {
  const found = read(value);
  if ('fault' in found) throw new Error(found.fault);
  return found.request;
}

describe('rows of routes', () => {
  it.each([
    [{ url: '/users/1?page=2' }, 'GET http://127.0.0.1:3000/shop/users/1?page=2'],
    [{ url: '/users', method: 'head' }, 'HEAD http://127.0.0.1:3000/shop/users'],
    [{ url: 'http://127.0.0.1:3000/other' }, 'GET http://127.0.0.1:3000/other'],
    [{ url: '/ünïcode' }, 'GET http://127.0.0.1:3000/shop/%C3%BCn%C3%AFcode'],
  ])('%j is %s', (value, expected) => {
    const { method, url } = requestOf(value);
    expect(`${method} ${url}`).toBe(expected);
  });

  it('a header takes a credential from the environment', () => {
    const headers = { Authorization: `Bearer \${WARM_HEADER_TOKEN}`, 'accept-language': 'de' };
    expect(Object.fromEntries(requestOf({ url: '/me', headers }).headers)).toEqual({
      authorization: 'Bearer of-a-user',
      'accept-language': 'de',
    });
  });

  it('the host of callers is a header, which a row may name itself', () => {
    const hostOf = (value: unknown) => {
      const read = readRoute(value, { base, callers: { host: 'shop.example' }, environment });
      return 'request' in read ? read.request.headers.get('host') : read.fault;
    };
    expect(hostOf({ url: '/' })).toBe('shop.example');
    expect(hostOf({ url: '/', headers: { Host: 'other.example' } })).toBe('other.example');
  });

  it('the origin of callers is sent as a proxy sends it, and its URLs are places of the application', () => {
    const callers = { host: 'shop.example', origin: 'https://shop.example' };
    const read = (url: string) => readRoute({ url }, { base, callers, environment });
    const found = read('https://shop.example/users/1?page=2#top');
    if ('fault' in found) throw new Error(found.fault);
    expect(found.request.url).toBe('http://127.0.0.1:3000/users/1?page=2');
    expect(Object.fromEntries(found.request.headers)).toEqual({
      host: 'shop.example',
      'x-forwarded-proto': 'https',
    });
    expect(read('http://shop.example/users/1')).toEqual({
      fault:
        'url: is not at http://127.0.0.1:3000 or https://shop.example, the application that --application names',
    });
  });

  it('a redirect is not followed', () => {
    expect(requestOf({ url: '/old' }).redirect).toBe('manual');
  });

  it('fields that a row does not have are named, and a slip is a fault', () => {
    expect(read({ url: '/', category: 'home' })).toMatchObject({ unknown: ['category'] });
    expect(read({ url: '/', header: {} })).toEqual({ fault: 'header: is unknown; did you mean headers?' });
  });

  it.each<[unknown, RegExp]>([
    ['/users', /^it must be an object/],
    [{}, /^url: /],
    [{ url: 'users/1' }, /^url: must be a path/],
    [{ url: '//other.test/users' }, /^url: must be a path/],
    [{ url: '/\\other.test/users' }, /^url: must be a path/],
    [{ url: 'https://other.test/users' }, /^url: is not at http:\/\/127\.0\.0\.1:3000/],
    [{ url: 'http://a:b@127.0.0.1:3000/' }, /^url: is not at/],
    [{ url: 'http://' }, /^url: is no URL/],
    [{ url: '/', method: 'POST' }, /^method: must be GET or HEAD/],
    [{ url: '/', headers: { authorization: 'Bearer sk-1' } }, /^headers: must hold no credential/],
    [{ url: '/', headers: { 'x-api-key': 'k' } }, /^headers: must hold no credential/],
    [{ url: '/', headers: { 'a b': 'c' } }, /^headers: has a name/],
    [{ url: '/', headers: { a: 'b\r\nc: d' } }, /^headers\.a: has a value/],
    [{ url: '/', headers: { a: `\${WARM_HEADER_BAD}` } }, /^headers\.a: has a value/],
    [
      { url: '/', headers: { cookie: `\${WARM_HEADER_NONE}` } },
      /^headers\.cookie: the variable WARM_HEADER_NONE is not set/,
    ],
    [{ url: '/', headers: { cookie: `\${WARM_API_KEYS}` } }, /^headers: must hold no credential/],
  ])('%j is refused', (value, fault) => {
    expect(read(value)).toEqual({ fault: expect.stringMatching(fault) });
  });

  it('no other variable of the environment is read', () => {
    const { headers } = requestOf({ url: '/', headers: { a: `\${WARM_API_KEYS} \${PATH}` } });
    expect(headers.get('a')).toBe(`\${WARM_API_KEYS} \${PATH}`);
  });
});
