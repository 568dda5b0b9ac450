import { describe, expect, it } from 'vitest';
import { provideProtocol } from '../protocol/adapter-protocols.ts';
import { endpoint } from '../protocol/endpoint/protocol.ts';
import { endpointBody } from '../protocol/endpoint/request-body.ts';
import { protocolTable } from '../protocol/protocols.ts';
import { librarySettings } from '../settings/read.ts';
import type { SettingsInput } from '../settings/table.ts';
import { fakeClock } from '../testing/fake-clock.ts';
import { identifier } from './identify.ts';
import type { Identity } from './identity.ts';
import { routeInKey } from './key.ts';
import type { CallerContext, HeaderFields } from './request.ts';
import { pathTag } from './tags.ts';
import { wallCheck } from './wall.ts';

interface Wish {
  readonly route?: string;
  readonly target?: string;
  readonly scheme?: string;
  readonly host?: string;
  readonly credentials?: 'part' | 'shared' | 'public';
  readonly vary?: readonly string[];
  readonly headers?: HeaderFields;
  readonly context?: CallerContext;
}

provideProtocol(endpoint);

function setUp(input: SettingsInput = {}) {
  const options = {
    settings: librarySettings(input),
    secret: 'a secret of the test',
    protocols: protocolTable({}),
    clock: fakeClock(),
  };
  const identify = identifier(options);
  const identityOf = (wish: Wish = {}): Identity => {
    const { route = '/users/:id', target = '/users/7', host = 'localhost', credentials = 'part' } = wish;
    const { scheme = 'http', vary = [], headers = {}, context = {} } = wish;
    const subject = `GET ${route}`;
    const identity = identify({
      protocol: 'endpoint',
      upstream: 'endpoint:',
      route,
      query: '',
      headers,
      body: endpointBody({ subject, scheme, host, target, credentials, vary }, headers),
      context,
      directives: {},
    });
    if ('bypass' in identity) throw new TypeError(identity.bypass);
    return identity;
  };
  return { identityOf, wall: wallCheck(options) };
}

describe("the key of an endpoint's answer", () => {
  it('is {prefix}:api:ROUTE:{DIGEST}, the last braces literal', () => {
    const { key, fingerprint } = setUp({ cachePrefix: 'blue' }).identityOf();
    expect(key).toBe(`blue:api:/users/:id:{${fingerprint}}`);
  });

  it('names nothing of the request but its route', () => {
    const { identityOf } = setUp();
    const target = '/users/maria?token=geheim';
    const { key } = identityOf({ target, host: 'shop.example', headers: { authorization: 'Bearer k' } });
    expect(key).not.toMatch(/maria|geheim|shop|Bearer/);
  });

  it.each([
    ['/a/{id}', '/a/%7Bid%7D'],
    ['/files/*', '/files/%2A'],
    ['/a?b', '/a%3Fb'],
    ['/\nline', '/%0Aline'],
    ['/größe', '/gr%C3%B6%C3%9Fe'],
    ['/[a]%', '/%5Ba%5D%25'],
  ])('has the route %j as %s', (route, written) => {
    expect(routeInKey(route)).toBe(written);
  });

  it('has at most 128 characters of a route, and tells two long ones apart', () => {
    const long = `/${'a'.repeat(500)}`;
    const [one, other] = [routeInKey(`${long}b`), routeInKey(`${long}c`)];
    expect(one).toMatch(/^\/a{110}~[0-9a-f]{16}$/);
    expect([one.length, one === other]).toEqual([128, false]);
    expect(setUp().identityOf({ route: long }).key.length).toBeLessThan(512);
  });
});

describe('what tells the answers of an endpoint apart', () => {
  const wishes: readonly Wish[] = [
    {},
    { route: '/people/:id' },
    { target: '/users/8' },
    { target: '/users/7?page=2' },
    { scheme: 'https' },
    { host: 'other.example' },
    { headers: { 'x-forwarded-user': 'ann' } },
    { headers: { 'x-access-token': 'ann' } },
    { headers: { 'cf-access-jwt-assertion': 'ann' } },
    { vary: ['accept-language'] },
    { vary: ['accept-language'], headers: { 'accept-language': 'de' } },
    { vary: ['accept-language'], headers: { 'accept-language': 'fr' } },
    { headers: { authorization: 'Bearer a' } },
    { headers: { authorization: 'Bearer b' } },
    { headers: { cookie: 'session=1' } },
    { credentials: 'shared' },
    { credentials: 'public' },
    { credentials: 'shared', context: { user: 'a' } },
    { credentials: 'shared', context: { user: 'b' } },
    { context: { tenant: 't' } },
  ];

  it.each(['shared', 'tenant'] as const)('is each of these, on the scope %s', (scope) => {
    const { identityOf } = setUp({ scope });
    const keys = wishes.map((wish) => identityOf(wish).key);
    expect(new Set(keys).size).toBe(wishes.length);
  });

  it.each(['shared', 'public'] as const)('is no credential if answers are %s', (credentials) => {
    const { identityOf } = setUp({ scope: 'tenant' });
    const keys = ['a', 'b'].map((name) => identityOf({ credentials, headers: { authorization: name } }).key);
    expect(keys[0]).toBe(keys[1]);
  });

  it('is no other header, and no white space in the value of one', () => {
    const { identityOf } = setUp();
    const vary = ['accept-language'];
    const one = identityOf({ vary, headers: { 'accept-language': 'de,fr', 'user-agent': 'x' } });
    const other = identityOf({ vary, headers: { 'accept-language': ' de ,\tfr ', 'user-agent': 'y' } });
    expect(one.key).toBe(other.key);
  });
});

it("the wall round an endpoint's answer lets its own credential in, and no other", () => {
  const { identityOf, wall } = setUp();
  const headers = { authorization: 'Bearer a' };
  const identity = identityOf({ headers });
  const walled = {
    partition: identity.partition,
    upstream: 'endpoint:',
    protocol: 'endpoint',
    subject: identity.subject,
    tags: identity.tags(),
  };
  expect(wall(walled, { headers, context: {} })).toBe(identity.credential);
  expect(wall(walled, { headers: { authorization: 'Bearer b' }, context: {} })).toBe(undefined);
  expect(wall(walled, { headers: {}, context: {} })).toBe(undefined);
});

it.each([
  ['/users/7', '/users/%37', '/users/7/', '/USERS/7', '//users/7'],
  ['/users/:id', '/users/{user}', 'GET /users/:id', '/Users/:ID/'],
  ['/', '//', '/'],
  ['/gr%C3%B6%C3%9Fe', '/größe', '/GRÖßE'],
  ['/%ff', '/%FF'],
])('%s has one tag in every spelling', (...spellings) => {
  expect(new Set(spellings.map(pathTag)).size).toBe(1);
});

it.each([
  'x-access-token',
  'x-session-token',
  'token',
  'x-api-token',
  'x-csrf-token',
  'x-user-id',
  'x-tenant-id',
  'x-forwarded-user',
  'x-forwarded-email',
  'x-auth-request-user',
  'x-remote-user',
  'remote-user',
  'x-amzn-oidc-data',
  'x-goog-iap-jwt-assertion',
  'cf-access-jwt-assertion',
  'x-ms-client-principal',
  'x-forwarded-client-cert',
  'x-consumer-username',
  'accesstoken',
  'x_user',
  'proxy-authorization-info',
  'x-api-key',
  'access-key',
  'x-client-id',
])('a header %s parts the answers of an endpoint', (name) => {
  const { identityOf } = setUp();
  expect(identityOf({ headers: { [name]: 'a' } }).key).not.toBe(identityOf().key);
});

it.each([
  'user-agent',
  'sec-fetch-user',
  'sec-websocket-key',
  'accept',
  'x-request-id',
  'traceparent',
  'if-none-match',
])('a header %s does not', (name) => {
  const { identityOf } = setUp();
  expect(identityOf({ headers: { [name]: 'a' } }).key).toBe(identityOf().key);
});

it('a header that only looks like one of a credential may be ignored by the settings, and a credential may not', () => {
  const { identityOf } = setUp({ ignoredHeaders: ['x-session-id', 'authorization'] });
  expect(identityOf({ headers: { 'x-session-id': 'a' } }).key).toBe(identityOf().key);
  expect(identityOf({ headers: { authorization: 'a' } }).key).not.toBe(identityOf().key);
});

it("an endpoint's answer has no model for a tag", () => {
  expect(setUp().identityOf().tags()).toEqual(['endpoint=/users/:id', 'lang=und']);
});

it('the tag of a path shows nothing of it', () => {
  expect(pathTag('/reset/geheim')).toMatch(/^path=#[0-9a-f]{32}$/);
  expect(pathTag('/a')).not.toBe(pathTag('/b'));
});
