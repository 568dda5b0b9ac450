import { describe, expect, it } from 'vitest';
import { isLoopback } from '../settings/address.ts';
import { hostCheck } from './host.ts';

describe('on loopback', () => {
  const check = hostCheck('127.0.0.1', ['gateway.internal']);

  it.each([
    '127.0.0.1',
    '127.0.0.1:8787',
    '127.8.9.10:1',
    'localhost',
    'LocalHost:8787',
    '[::1]',
    '[::1]:80',
    'gateway.internal:8787',
  ])('on loopback the host %s is accepted', (host) => {
    expect(check(['Accept', '*/*', 'Host', host])).toBe('fine');
  });

  it.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '128.0.0.1',
    '127.0.0.256',
    '[::2]',
    '0.0.0.0',
    'gateway.internal.evil',
  ])('on loopback the host %s is foreign', (host) => {
    expect(check(['host', host])).toBe('foreign');
  });

  it.each([
    '',
    ' ',
    'a b',
    'localhost:',
    'localhost:x',
    'user@localhost',
    'localhost/x',
    'localhost, evil.example',
    '[::1',
  ])('the host %j is invalid', (host) => {
    expect(check(['host', host])).toBe('missing');
  });

  it('a request without a Host header, or with several, is refused even if all name this machine', () => {
    expect(check(['accept', '*/*'])).toBe('missing');
    expect(check(['host', 'localhost', 'HOST', 'localhost'])).toBe('missing');
  });
});

describe('on other addresses', () => {
  it('beyond loopback every host is accepted until some are listed, and then only those', () => {
    expect(hostCheck('0.0.0.0', [])(['host', 'llm.example.org'])).toBe('fine');
    const listed = hostCheck('0.0.0.0', ['llm.example.org']);
    expect(listed(['host', 'LLM.example.org:443'])).toBe('fine');
    expect(listed(['host', 'localhost'])).toBe('foreign');
  });
});

it('addresses that only look like loopback are not taken for it', () => {
  expect(['127.0.0.1', '127.1.2.3', 'localhost', '::1'].every(isLoopback)).toBe(true);
  expect(['0.0.0.0', '::', '10.0.0.1', '1270.0.0.1', 'localhost.example'].some(isLoopback)).toBe(false);
});
