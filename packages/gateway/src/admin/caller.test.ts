import { fakeClock } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import { callerCheck, wrongKeys } from './caller.ts';

const key = 'the-key-of-all-admin-calls';

function checker(clock = fakeClock()) {
  const check = callerCheck(key, clock);
  return {
    clock,
    call: (authorization: string | undefined, remoteAddress: string | undefined = '192.0.2.1') => {
      const verdict = check({ headers: { authorization }, socket: { remoteAddress } }, wrongKeys);
      return 'error' in verdict ? { code: verdict.error.code, retryAfter: verdict.retryAfter } : verdict;
    },
  };
}

const unauthorized = { code: 'admin_unauthorized', retryAfter: undefined };

it('the right key makes an admin, whatever address it comes from', () => {
  const { call } = checker();
  expect(call(`Bearer ${key}`)).toEqual({ role: 'admin', address: '192.0.2.1' });
  expect(call(`bearer  ${key} `, '::ffff:192.0.2.7')).toEqual({ role: 'admin', address: '192.0.2.7' });
  expect(call(`Bearer ${key}`, '::1')).toEqual({ role: 'admin', address: '::1' });
});

it.each([
  undefined,
  '',
  key,
  `Basic ${key}`,
  'Bearer',
  'Bearer  ',
  `Bearer ${key}x`,
  `Bearer ${key.slice(1)}`,
  `Bearer ${key.toUpperCase()}`,
  `Bearer ${key} x`,
])('the authorization %j is refused', (authorization) => {
  expect(checker().call(authorization)).toEqual(unauthorized);
});

describe('wrong keys', () => {
  it('ten wrong keys block the wrong keys of a client until time has passed, and never the right key', () => {
    const { call, clock } = checker();
    for (let times = 0; times < 10; times += 1) expect(call('Bearer wrong')).toEqual(unauthorized);
    expect(call('Bearer wrong')).toEqual({ code: 'admin_limited', retryAfter: 6 });
    expect(call(`Bearer ${key}`)).toMatchObject({ role: 'admin' });
    expect(call('Bearer another')).toEqual({ code: 'admin_limited', retryAfter: 6 });
    clock.advance(5999);
    expect(call('Bearer wrong')).toEqual({ code: 'admin_limited', retryAfter: 1 });
    clock.advance(1);
    expect(call('Bearer wrong')).toEqual(unauthorized);
    expect(call('Bearer wrong')).toEqual({ code: 'admin_limited', retryAfter: 6 });
    clock.advance(6000);
    expect(call(`Bearer ${key}`)).toMatchObject({ role: 'admin' });
  });

  it('wrong keys of one client do not block another, and calls without a key block none', () => {
    const { call } = checker();
    for (let times = 0; times < 20; times += 1) call('Bearer wrong', '192.0.2.1');
    for (let times = 0; times < 20; times += 1) call(undefined, '192.0.2.2');
    expect(call('Bearer wrong', '192.0.2.1')).toMatchObject({ code: 'admin_limited' });
    expect(call('Bearer wrong', '192.0.2.2')).toEqual(unauthorized);
  });

  it('wrong keys from all addresses of one IPv6 network count together', () => {
    const { call } = checker();
    for (let host = 1; host <= 11; host += 1) call('Bearer wrong', `2001:db8:0:1::${host.toString(16)}`);
    expect(call('Bearer wrong', '2001:db8:0:1:ffff:ffff:ffff:ffff')).toMatchObject({
      code: 'admin_limited',
    });
    expect(call('Bearer wrong', '2001:db8:0:2::1')).toEqual(unauthorized);
  });

  it('wrong keys of ten thousand clients are remembered, and no more', () => {
    const { call } = checker();
    for (let times = 0; times < 11; times += 1) call('Bearer wrong', 'first');
    for (let client = 0; client < 9_999; client += 1) call('Bearer wrong', `client ${client}`);
    expect(call('Bearer wrong', 'first')).toMatchObject({ code: 'admin_limited' });
    call('Bearer wrong', 'one more');
    expect(call('Bearer wrong', 'first')).toEqual(unauthorized);
  });
});
