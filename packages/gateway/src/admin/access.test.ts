import { fakeClock } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import { accessWith } from '../../../../test/support/admin-access.ts';
import { isRefusal } from './caller.ts';

const key = 'the-key-of-all-admin-calls';

const ofAdmin = { name: 'admin', role: 'admin', key } as const;

function checker({ clock = fakeClock(), rate = { burst: 20, everyMs: 100 } } = {}) {
  const access = accessWith([ofAdmin], clock, rate);
  return {
    clock,
    async call(authorization: string | undefined, remoteAddress: string | undefined = '192.0.2.1') {
      const found = await access.identify({ headers: { authorization }, socket: { remoteAddress } });
      return isRefusal(found) ? { code: found.error.code, retryAfter: found.retryAfter } : found;
    },
  };
}

const admin = { name: 'admin', role: 'admin', credential: 'key' };
const unauthorized = { code: 'admin_unauthorized', retryAfter: undefined };

it('the right key makes an admin, whatever address it comes from', async () => {
  const { call } = checker();
  expect(await call(`Bearer ${key}`)).toEqual({ ...admin, address: '192.0.2.1' });
  expect(await call(`bearer  ${key} `, '::ffff:192.0.2.7')).toEqual({ ...admin, address: '192.0.2.7' });
  expect(await call(`Bearer ${key}`, '::1')).toEqual({ ...admin, address: '::1' });
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
])('the authorization %j is refused', async (authorization) => {
  expect(await checker().call(authorization)).toEqual(unauthorized);
});

describe('wrong keys', () => {
  const limited = { code: 'admin_limited', retryAfter: 1 };

  it('twenty wrong keys at once block the wrong keys of a client until time has passed, and never the right key', async () => {
    const { call, clock } = checker();
    for (let times = 0; times < 20; times += 1) expect(await call('Bearer wrong')).toEqual(unauthorized);
    expect(await call('Bearer wrong')).toEqual(limited);
    expect(await call(`Bearer ${key}`)).toMatchObject({ role: 'admin' });
    expect(await call('Bearer another')).toEqual(limited);
    clock.advance(99);
    expect(await call('Bearer wrong')).toEqual(limited);
    clock.advance(1);
    expect(await call('Bearer wrong')).toEqual(unauthorized);
    expect(await call('Bearer wrong')).toEqual(limited);
    clock.advance(100);
    expect(await call(`Bearer ${key}`)).toMatchObject({ role: 'admin' });
  });

  it('as many wrong keys as calls are admitted at once, but no more than ten in each second that follows', async () => {
    const { call, clock } = checker({ rate: { burst: 50, everyMs: 1 } });
    for (let times = 0; times < 50; times += 1) expect(await call('Bearer wrong')).toEqual(unauthorized);
    expect(await call('Bearer wrong')).toEqual(limited);
    clock.advance(1000);
    for (let times = 0; times < 10; times += 1) expect(await call('Bearer wrong')).toEqual(unauthorized);
    expect(await call('Bearer wrong')).toEqual(limited);
  });

  it('where calls are rarer than ten a second, wrong keys are as rare', async () => {
    const { call, clock } = checker({ rate: { burst: 2, everyMs: 6000 } });
    for (let times = 0; times < 2; times += 1) expect(await call('Bearer wrong')).toEqual(unauthorized);
    expect(await call('Bearer wrong')).toEqual({ code: 'admin_limited', retryAfter: 6 });
    clock.advance(6000);
    expect(await call('Bearer wrong')).toEqual(unauthorized);
  });

  it('wrong keys of one client do not block another, and calls without a key block none', async () => {
    const { call } = checker();
    for (let times = 0; times < 21; times += 1) await call('Bearer wrong', '192.0.2.1');
    for (let times = 0; times < 20; times += 1) await call(undefined, '192.0.2.2');
    expect(await call('Bearer wrong', '192.0.2.1')).toMatchObject({ code: 'admin_limited' });
    expect(await call('Bearer wrong', '192.0.2.2')).toEqual(unauthorized);
  });

  it('wrong keys from all addresses of one IPv6 network count together', async () => {
    const { call } = checker();
    for (let host = 1; host <= 21; host += 1)
      await call('Bearer wrong', `2001:db8:0:1::${host.toString(16)}`);
    expect(await call('Bearer wrong', '2001:db8:0:1:ffff:ffff:ffff:ffff')).toMatchObject({
      code: 'admin_limited',
    });
    expect(await call('Bearer wrong', '2001:db8:0:2::1')).toEqual(unauthorized);
  });

  it('wrong keys of ten thousand clients are remembered, and no more', async () => {
    const { call } = checker();
    for (let times = 0; times < 21; times += 1) await call('Bearer wrong', 'first');
    for (let client = 0; client < 9_999; client += 1) await call('Bearer wrong', `client ${client}`);
    expect(await call('Bearer wrong', 'first')).toMatchObject({ code: 'admin_limited' });
    await call('Bearer wrong', 'one more');
    expect(await call('Bearer wrong', 'first')).toEqual(unauthorized);
  });
});

describe('the calls of one caller', () => {
  const keys = [
    { name: 'ada', role: 'operator', key: 'the-key-of-ada-lovelace' },
    { name: 'bob', role: 'viewer', key: 'the-key-of-bob-the-viewer' },
  ] as const;

  function admitting(clock = fakeClock()) {
    const access = accessWith(keys, clock, { burst: 20, everyMs: 100 });
    return {
      clock,
      async call(key: string | undefined, remoteAddress = '192.0.2.1') {
        const authorization = key === undefined ? undefined : `Bearer ${key}`;
        const found = await access.admit({ headers: { authorization }, socket: { remoteAddress } });
        return isRefusal(found) ? [found.error.code, found.retryAfter] : found.name;
      },
    };
  }
  const [ada, bob] = keys.map(({ key }) => key);

  it('twenty at once and then ten a second are admitted, and the rest is refused with the time to wait', async () => {
    const { call, clock } = admitting();
    for (let times = 0; times < 20; times += 1) expect(await call(ada)).toBe('ada');
    expect(await call(ada)).toEqual(['admin_limited', 1]);
    clock.advance(99);
    expect(await call(ada)).toEqual(['admin_limited', 1]);
    clock.advance(1);
    expect(await call(ada)).toBe('ada');
    expect(await call(ada)).toEqual(['admin_limited', 1]);
    clock.advance(1000);
    for (let times = 0; times < 10; times += 1) expect(await call(ada)).toBe('ada');
    expect(await call(ada)).toEqual(['admin_limited', 1]);
  });

  it('neither another key at the same address nor the same key at another one is limited with it', async () => {
    const { call } = admitting();
    for (let times = 0; times < 21; times += 1) await call(ada);
    expect(await call(ada)).toEqual(['admin_limited', 1]);
    expect(await call(bob)).toBe('bob');
    expect(await call(ada, '192.0.2.2')).toBe('ada');
    for (let times = 0; times < 20; times += 1) await call(bob, `2001:db8::${times}`);
    expect(await call(bob, '2001:db8::ffff')).toEqual(['admin_limited', 1]);
  });

  it('calls without a key are limited for their address, and limit no caller with a key', async () => {
    const { call } = admitting();
    for (let times = 0; times < 20; times += 1)
      expect(await call(undefined)).toEqual(['admin_unauthorized', undefined]);
    expect(await call(undefined)).toEqual(['admin_limited', 1]);
    expect(await call(ada)).toBe('ada');
  });

  it('wrong keys use up no calls of those with the right one', async () => {
    const { call } = admitting();
    for (let times = 0; times < 40; times += 1) await call('a-key-that-is-wrong');
    for (let times = 0; times < 20; times += 1) expect(await call(ada)).toBe('ada');
  });
});
