import { AskonceError } from 'askonce';
import { fakeClock } from 'askonce/testing';
import { createLocalJWKSet, type JWK, type JWTPayload, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { signingKey } from '../../../../test/support/jwks-server.ts';
import { isRefusal } from './caller.ts';
import { remoteKeys } from './jwks.ts';
import { type TokenOptions, tokenCheck } from './tokens.ts';

const secret = 'a secret of at least thirty-two bytes';

function checking(more: Partial<TokenOptions> = {}, clock = fakeClock()) {
  const options = { secret, keys: undefined, issuer: undefined, audience: [], roleClaim: 'role', clock };
  const check = tokenCheck({ ...options, ...more });
  return {
    clock,
    seconds: (after: number) => Math.floor(clock.now() / 1000) + after,
    /** The caller, or the code and the challenge of the refusal. */
    async check(token: string) {
      const found = await check(token);
      return isRefusal(found) ? [found.error.code, found.challenge, found.isGuess ?? false] : found;
    },
  };
}

function signed(payload: JWTPayload, { key = secret, alg = 'HS256' } = {}): Promise<string> {
  return new SignJWT(payload).setProtectedHeader({ alg }).sign(new TextEncoder().encode(key));
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const guess = ['admin_unauthorized', expect.stringContaining('invalid_token'), true];
const refused = (why: string) => ['admin_unauthorized', expect.stringContaining(why), false];

describe('tokens with a shared secret', () => {
  it.each(['viewer', 'operator', 'admin'] as const)(
    'a token with the role %s makes a caller of its subject',
    async (role) => {
      const { check, seconds } = checking();
      const exp = seconds(60);
      expect(await check(await signed({ sub: 'ada', role, exp }))).toEqual({
        name: 'ada',
        role,
        credential: 'token',
        expires: exp * 1000,
      });
    },
  );

  it('the role with most rights counts in a list, and a claim may be named by its path or by a name with dots', async () => {
    const { check, seconds } = checking({ roleClaim: 'realm_access.roles' });
    const exp = seconds(60);
    const path = { realm_access: { roles: ['other', 'viewer', 'operator'] } };
    expect(await check(await signed({ sub: 'ada', exp, ...path }))).toMatchObject({ role: 'operator' });
    expect(await check(await signed({ sub: 'ada', exp, 'realm_access.roles': ['admin'] }))).toMatchObject({
      role: 'admin',
    });
  });

  it.each([undefined, 'root', 'ADMIN', '', 7, ['root'], { admin: true }, 'viewer,admin'])(
    'a token whose role is %j is forbidden, and the message names the roles',
    async (role) => {
      const { check, seconds } = checking();
      const [code, challenge] = [await check(await signed({ sub: 'ada', role, exp: seconds(60) }))].flat();
      expect([code, challenge]).toEqual(['admin_forbidden', 'Bearer error="insufficient_scope"']);
    },
  );

  it('a token ends at its expiry, without tolerance, and must have one', async () => {
    const { check, clock, seconds } = checking();
    const exp = seconds(60);
    const token = await signed({ sub: 'ada', role: 'admin', exp });
    clock.advance(exp * 1000 - clock.now() - 1);
    expect(await check(token)).toMatchObject({ name: 'ada' });
    for (const ms of [1, 1_000, 29_000, 60_000]) {
      clock.advance(ms);
      expect(await check(token)).toEqual(refused('The token has expired'));
    }
    expect(await check(await signed({ sub: 'ada', role: 'admin' }))).toEqual(refused('no expiry'));
  });

  it('a token of an issuer whose clock is half a minute ahead is valid, and one from later is not', async () => {
    const { check, seconds } = checking();
    const soon = { sub: 'ada', role: 'admin', exp: seconds(600), iat: seconds(25), nbf: seconds(25) };
    expect(await check(await signed(soon))).toMatchObject({ name: 'ada' });
    const later = { sub: 'ada', role: 'admin', exp: seconds(600), nbf: seconds(300) };
    expect(await check(await signed(later))).toEqual(refused('not valid yet'));
  });

  it('issuer and audience must be those of the settings, if they name any', async () => {
    const { check, seconds } = checking({ issuer: 'https://id.example/', audience: ['askonce', 'other'] });
    const good = {
      sub: 'ada',
      role: 'admin',
      exp: seconds(60),
      iss: 'https://id.example/',
      aud: ['x', 'askonce'],
    };
    expect(await check(await signed(good))).toMatchObject({ name: 'ada' });
    expect(await check(await signed({ ...good, iss: 'https://evil.example/' }))).toEqual(
      refused('another issuer'),
    );
    expect(await check(await signed({ ...good, aud: 'x' }))).toEqual(refused('another audience'));
    const { aud: _aud, ...without } = good;
    expect(await check(await signed(without))).toEqual(refused('another audience'));
  });

  it('a forged token is a guess: another secret, no signature, another algorithm, changed claims, no token', async () => {
    const { check, seconds } = checking();
    const payload = { sub: 'ada', role: 'viewer', exp: seconds(60) };
    const [header = '', , signature = ''] = (await signed(payload)).split('.');
    const forged = [
      await signed(payload, { key: `${secret}!` }),
      await signed(payload, { alg: 'HS512' }),
      `${part({ alg: 'none' })}.${part(payload)}.`,
      `${part({ alg: 'None', typ: 'JWT' })}.${part(payload)}.${signature}`,
      `${header}.${part({ ...payload, role: 'admin' })}.${signature}`,
      `${header}.${part(payload)}.`,
      `${part({ alg: 'HS256', crit: ['x'], x: 1 })}.${part(payload)}.${signature}`,
      `${part({})}.${part(payload)}.${signature}`,
      'a.b.c',
      `${header}.${'x'.repeat(20_000)}.${signature}`,
    ];
    for (const token of forged) expect(await check(token)).toEqual(guess);
  });

  it('a subject that is long, missing or has control characters makes a name that fits in a line', async () => {
    const { check, seconds } = checking();
    const nameOf = async (sub: string | undefined) =>
      await check(await signed({ ...(sub !== undefined && { sub }), role: 'viewer', exp: seconds(60) }));
    expect(await nameOf(undefined)).toMatchObject({ name: 'unnamed' });
    expect(await nameOf('a\nb\u001b[31m')).toMatchObject({ name: 'a?b?[31m' });
    expect(await nameOf('x'.repeat(4000))).toMatchObject({ name: 'x'.repeat(128) });
  });
});

describe('tokens of an identity provider', () => {
  /** A key set that the test serves, and how often it was fetched. */
  function keySet(first: readonly JWK[], clock = fakeClock()) {
    const state = { keys: first, fails: false, fetches: 0 };
    const warnings: unknown[] = [];
    const keys = remoteKeys({
      clock,
      log: { warnSeldom: (_, __, fields) => void warnings.push(fields) },
      async fetchText() {
        state.fetches += 1;
        if (state.fails) throw new AskonceError('provider_unreachable', 'The provider cannot be reached.');
        return JSON.stringify({ keys: state.keys });
      },
    });
    return { state, warnings, ...checking({ secret: undefined, keys }, clock) };
  }

  const claims = (exp: number) => ({ sub: 'ada', role: 'operator', exp });
  const unavailable = ['admin_unavailable', undefined, false];

  it.each(['RS256', 'PS384', 'ES256', 'ES512', 'EdDSA'])('a token by %s makes a caller', async (alg) => {
    const key = await signingKey('one', alg);
    const { check, seconds, state } = keySet([key.publicKey]);
    const token = await key.sign(claims(seconds(60)));
    for (let times = 0; times < 5; times += 1) expect(await check(token)).toMatchObject({ name: 'ada' });
    expect(state.fetches).toBe(1);
  });

  it('the public key is no secret of an HMAC, and a secret key in the set signs nothing', async () => {
    const key = await signingKey('one', 'RS256');
    const octets: JWK = {
      kty: 'oct',
      kid: 'two',
      k: Buffer.from(secret).toString('base64url'),
      alg: 'HS256',
    };
    const { check, seconds } = keySet([key.publicKey, octets]);
    const payload = claims(seconds(60));
    const confused = [JSON.stringify(key.publicKey), String(key.publicKey.n), secret];
    for (const text of confused) {
      for (const kid of ['one', 'two']) {
        const token = new SignJWT(payload).setProtectedHeader({ alg: 'HS256', kid });
        expect(await check(await token.sign(new TextEncoder().encode(text)))).toEqual(guess);
      }
    }
    expect(await check(`${part({ alg: 'none', kid: 'one' })}.${part(payload)}.`)).toEqual(guess);
  });

  it('a key embedded in a token, or named by its own URL, is not believed', async () => {
    const [key, evil] = [await signingKey('one'), await signingKey('one')];
    const { check, seconds } = keySet([key.publicKey]);
    const [, payload = '', signature = ''] = (await evil.sign(claims(seconds(60)))).split('.');
    const header = part({ alg: 'ES256', kid: 'one', jwk: evil.publicKey, jku: 'http://127.0.0.1:1/' });
    expect(await check(`${header}.${payload}.${signature}`)).toEqual(guess);
    expect(await check(await evil.sign(claims(seconds(60))))).toEqual(guess);
  });

  it('of several keys the one counts that has signed a token without a name', async () => {
    const [one, other, stranger] = [
      await signingKey(undefined),
      await signingKey(undefined),
      await signingKey(undefined),
    ];
    const { check, seconds } = keySet([one.publicKey, other.publicKey]);
    for (const key of [one, other])
      expect(await check(await key.sign(claims(seconds(60))))).toMatchObject({ name: 'ada' });
    expect(await check(await stranger.sign(claims(seconds(60))))).toEqual(guess);
  });

  it('a new key has the set fetched again, at most every half minute', async () => {
    const [old, next] = [await signingKey('old'), await signingKey('next')];
    const { check, seconds, state, clock } = keySet([old.publicKey]);
    const token = await next.sign(claims(seconds(600)));
    expect(await check(token)).toEqual(guess);
    state.keys = [old.publicKey, next.publicKey];
    for (let times = 0; times < 20; times += 1) expect(await check(token)).toEqual(guess);
    expect(state.fetches).toBe(1);
    clock.advance(30_000);
    expect(await check(token)).toMatchObject({ name: 'ada' });
    expect(state.fetches).toBe(2);
  });

  it('a key that is replaced under its old name is found, and a removed one is not accepted after ten minutes', async () => {
    const [old, next] = [await signingKey('one'), await signingKey('one')];
    const { check, seconds, state, clock } = keySet([old.publicKey]);
    const [before, after] = [await old.sign(claims(seconds(3600))), await next.sign(claims(seconds(3600)))];
    expect(await check(before)).toMatchObject({ name: 'ada' });
    state.keys = [next.publicKey];
    clock.advance(30_000);
    expect(await check(after)).toMatchObject({ name: 'ada' });
    clock.advance(600_000);
    expect(await check(before)).toEqual(guess);
  });

  it('while the set cannot be fetched, known keys serve for an hour, and all other tokens are answered with 503', async () => {
    const [known, next] = [await signingKey('known'), await signingKey('next')];
    const { check, seconds, state, clock, warnings } = keySet([known.publicKey]);
    const [token, other] = [await known.sign(claims(seconds(9000))), await next.sign(claims(seconds(9000)))];
    state.fails = true;
    expect(await check(token)).toEqual(unavailable);
    for (let times = 0; times < 20; times += 1) expect(await check(token)).toEqual(unavailable);
    expect([state.fetches, warnings.length]).toEqual([1, 1]);
    state.fails = false;
    clock.advance(5_000);
    expect(await check(token)).toMatchObject({ name: 'ada' });
    state.fails = true;
    clock.advance(3_000_000);
    expect(await check(token)).toMatchObject({ name: 'ada' });
    expect(await check(other)).toEqual(unavailable);
    clock.advance(700_000);
    expect(await check(token)).toEqual(unavailable);
    state.fails = false;
    clock.advance(5_000);
    expect(await check(token)).toMatchObject({ name: 'ada' });
  });

  it('calls that come at once wait for one fetch', async () => {
    const key = await signingKey('one');
    const { check, seconds, state } = keySet([key.publicKey]);
    const token = await key.sign(claims(seconds(60)));
    const found = await Promise.all(Array.from({ length: 20 }, () => check(token)));
    expect(found).toEqual(found.map(() => expect.objectContaining({ name: 'ada' })));
    expect(state.fetches).toBe(1);
  });

  it.each([[], [{ kty: 'EC' }], [{ nothing: 1 }], [null]])(
    'a set that holds %j makes no caller',
    async (...keys) => {
      const key = await signingKey('one');
      const { check, seconds } = keySet(JSON.parse(JSON.stringify(keys)));
      const [code] = [await check(await key.sign(claims(seconds(60))))].flat();
      expect(['admin_unauthorized', 'admin_unavailable']).toContain(code);
    },
  );

  it('with a secret beside the set each token is checked by the one for its algorithm', async () => {
    const key = await signingKey('one');
    const keys = { keyOf: createLocalJWKSet({ keys: [key.publicKey] }), refreshed: async () => false };
    const { check, seconds } = checking({ keys });
    expect(await check(await key.sign(claims(seconds(60))))).toMatchObject({ role: 'operator' });
    expect(await check(await signed(claims(seconds(60))))).toMatchObject({ role: 'operator' });
  });
});
