import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientAddresses } from './client-address.ts';

const proxies = ['192.0.2.1', '10.0.0.0/8', '2001:db8:aa::/48'];

function addressOf(
  peer: string | undefined,
  headers: Readonly<Record<string, string>> = {},
  trusted = proxies,
) {
  return clientAddresses(trusted)({ headers, socket: { remoteAddress: peer } });
}

describe('the address of a client', () => {
  it.each([
    ['198.51.100.7', { 'x-forwarded-for': '203.0.113.9' }, '198.51.100.7'],
    ['::ffff:198.51.100.7', { forwarded: 'for=203.0.113.9' }, '198.51.100.7'],
    ['fe80::1%eth0', {}, 'fe80::1'],
    [undefined, { 'x-forwarded-for': '203.0.113.9' }, 'unknown'],
  ])('behind the peer %s, which is no trusted proxy, is the peer: %j', (peer, headers, expected) => {
    expect(addressOf(peer, headers)).toBe(expected);
  });

  it.each([
    [{}, '192.0.2.1'],
    [{ 'x-forwarded-for': '203.0.113.9' }, '203.0.113.9'],
    [{ 'x-forwarded-for': '6.6.6.6, 203.0.113.9' }, '203.0.113.9'],
    [{ 'x-forwarded-for': '6.6.6.6, 203.0.113.9, 10.1.2.3,10.4.5.6' }, '203.0.113.9'],
    [{ 'x-forwarded-for': '10.9.9.9, 10.1.2.3' }, '10.9.9.9'],
    [{ 'x-forwarded-for': '203.0.113.9:4711' }, '203.0.113.9'],
    [{ 'x-forwarded-for': '2001:db8::7' }, '2001:db8::7'],
    [{ 'x-forwarded-for': '[2001:DB8::7]:443' }, '2001:db8::7'],
    [{ 'x-forwarded-for': '::ffff:203.0.113.9' }, '203.0.113.9'],
    [{ 'x-forwarded-for': '203.0.113.9, ::ffff:10.0.0.3' }, '203.0.113.9'],
    [{ 'x-forwarded-for': '203.0.113.9, 2001:db8:aa::5' }, '203.0.113.9'],
    [{ forwarded: 'for=203.0.113.9;proto=https;by=10.0.0.1' }, '203.0.113.9'],
    [{ forwarded: 'for=6.6.6.6, For="[2001:db8::7]:4711" ; proto=https' }, '2001:db8::7'],
    [{ forwarded: 'for=203.0.113.9, for="10.0.0.8:80"' }, '203.0.113.9'],
    [{ forwarded: 'for=203.0.113.9', 'x-forwarded-for': '203.0.113.9' }, '203.0.113.9'],
  ])('behind a trusted proxy is the last one that no trusted proxy has: %j', (headers, expected) => {
    expect(addressOf('192.0.2.1', headers)).toBe(expected);
  });

  it.each([
    { 'x-forwarded-for': '' },
    { 'x-forwarded-for': '203.0.113.9, ' },
    { 'x-forwarded-for': '203.0.113.9, unknown' },
    { 'x-forwarded-for': '203.0.113.9, 203.0.113.256' },
    { 'x-forwarded-for': '203.0.113.9, 1' },
    { forwarded: '203.0.113.9' },
    { forwarded: 'for=_hidden' },
    { forwarded: 'for=203.0.113.9;for=203.0.113.8' },
    { forwarded: 'for="203.0.113.9' },
    { forwarded: 'proto=https' },
  ])('behind a trusted proxy that names no address is the proxy itself: %j', (headers) => {
    expect(addressOf('192.0.2.1', headers)).toBe('192.0.2.1');
  });

  it('is the proxy itself where the two headers name different clients: one of them is what the client sent', () => {
    const headers = { forwarded: 'for=6.6.6.6', 'x-forwarded-for': '203.0.113.9' };
    expect(addressOf('192.0.2.1', headers)).toBe('192.0.2.1');
  });

  it('is never chosen by what the client itself sends in front of what the trusted proxy appends', () => {
    const sent = fc.oneof(
      fc.string({ unit: 'binary-ascii' }),
      fc.ipV4(),
      fc.stringMatching(/^[for=";,\\ \d.]{0,40}$/),
    );
    fc.assert(
      fc.property(sent, fc.constantFrom('203.0.113.9', '2001:db8::7'), (given, client) => {
        const quoted = client.includes(':') ? `"[${client}]"` : client;
        expect(addressOf('192.0.2.1', { 'x-forwarded-for': `${given}, ${client}` })).toBe(client);
        expect(addressOf('192.0.2.1', { forwarded: `${given}, for=${quoted}` })).toBe(client);
        expect(addressOf('203.0.113.1', { forwarded: given, 'x-forwarded-for': given })).toBe('203.0.113.1');
      }),
    );
  });
});
