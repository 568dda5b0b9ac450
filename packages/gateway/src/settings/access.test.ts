import { describe, expect, it } from 'vitest';
import { readConfiguration } from './read.ts';

const key = 'a-key-of-sixteen-or-more';
const other = 'another-key-of-sixteen';

const read = (environment: Readonly<Record<string, string>>) =>
  readConfiguration({ environment, workingDirectory: '/nowhere' });

describe('keys of admin calls in the settings', () => {
  it('are read from the environment, by commas, and may have colons of their own', () => {
    const { settings } = read({
      ASKONCE_ADMIN_KEYS: `dashboard:viewer:${key}, ada:operator:${other}:with:colons`,
    });
    expect(settings.adminKeys).toEqual([
      { name: 'dashboard', role: 'viewer', key },
      { name: 'ada', role: 'operator', key: `${other}:with:colons` },
    ]);
  });

  it('are read as objects, too', () => {
    const given = [{ name: 'ada', role: 'operator', key }];
    expect(read({ ASKONCE_ADMIN_KEYS: JSON.stringify(given) }).settings.adminKeys).toEqual(given);
  });

  it.each([
    [key, /ASKONCE_ADMIN_KEYS at 0: must be name:role:key/],
    [`ada:root:${key}`, /role .*viewer, operator, admin/],
    [`ada::${key}`, /role .*viewer, operator, admin/],
    [`:viewer:${key}`, /must have a name/],
    [`a b:viewer:${key}`, /must have a name/],
    ['ada:viewer:short-key', /at 0: .*16 to 1024 printable ASCII/],
    [`ada:viewer:${key},ada:admin:${other}`, /one key for each name; ada has two/],
    [`ada:viewer:${key},bob:admin:${key}`, /ada and bob have the same/],
    [`admin:viewer:${other}`, /the name admin is that of adminKey/, key],
    [`ada:viewer:${key}`, /the key of ada is also adminKey/, key],
  ])('are refused, and never repeated, if they are %s', (keys, expected, adminKey = '') => {
    const reading = () => read({ ASKONCE_ADMIN_KEYS: keys, ASKONCE_ADMIN_KEY: adminKey });
    expect(reading).toThrow(expected);
    expect(reading).not.toThrow(new RegExp(`${key}|${other}|short-key`));
  });
});

describe('tokens and proxies in the settings', () => {
  it.each([
    [{ ASKONCE_ADMIN_JWT_SECRET: 'x'.repeat(31) }, /ASKONCE_ADMIN_JWT_SECRET: must have at least 32 bytes/],
    [{ ASKONCE_ADMIN_JWKS_URL: 'id.example/keys' }, /must be an https or http URL/],
    [{ ASKONCE_ADMIN_JWKS_URL: 'https://ada:pw@id.example/keys' }, /without user name and password/],
    [{ ASKONCE_TRUSTED_PROXIES: '10.0.0.0/33' }, /ASKONCE_TRUSTED_PROXIES at 0: must be an address/],
    [{ ASKONCE_TRUSTED_PROXIES: '10.0.0.1,proxy.example' }, /ASKONCE_TRUSTED_PROXIES at 1/],
  ] as readonly (readonly [Readonly<Record<string, string>>, RegExp])[])(
    '%j is refused',
    (environment, expected) => {
      expect(() => read(environment)).toThrow(expected);
    },
  );

  it('a key set without an audience, or by http from another machine, is warned of', () => {
    const warnings = (url: string, audience: string) =>
      read({ ASKONCE_ADMIN_JWKS_URL: url, ASKONCE_ADMIN_JWT_AUDIENCE: audience }).warnings;
    expect(warnings('https://id.example/keys', 'askonce')).toEqual([]);
    expect(warnings('http://127.0.0.1:9/keys', 'askonce')).toEqual([]);
    expect(warnings('https://id.example/keys', '')).toEqual([
      expect.stringContaining('ASKONCE_ADMIN_JWT_AUDIENCE'),
    ]);
    expect(warnings('http://id.example/keys', 'askonce')).toEqual([expect.stringContaining('use https')]);
  });
});
