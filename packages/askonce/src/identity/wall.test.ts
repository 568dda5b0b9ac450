import { describe, expect, it } from 'vitest';
import { type ChatWish, chat } from '../../../../test/support/chat.ts';
import { protocols, protocolTable } from '../protocol/protocols.ts';
import { librarySettings } from '../settings/read.ts';
import type { SettingsInput } from '../settings/table.ts';
import { fakeClock } from '../testing/fake-clock.ts';
import { identifier } from './identify.ts';
import type { CallerContext } from './request.ts';
import { type Walled, wallCheck } from './wall.ts';

const secret = 'a secret of the test';

function setUp(input: SettingsInput = {}) {
  const options = {
    settings: librarySettings(input),
    secret,
    protocols: protocolTable({}),
    clock: fakeClock(),
  };
  const identify = identifier(options);
  const check = wallCheck(options);
  /** What a request's answer is stored with, and the credential that is found for a caller that names it. */
  function answered(wish: ChatWish) {
    const request = chat(wish);
    const identity = identify(request);
    if ('bypass' in identity) throw new TypeError(identity.bypass);
    const { partition, protocol, subject, credential } = identity;
    const { upstream } = request;
    const walled: Walled = { partition, upstream, protocol: protocol.name, subject, tags: identity.tags() };
    const asks = (key: string, context: CallerContext = {}, change: Partial<Walled> = {}) =>
      check({ ...walled, ...change }, { headers: { authorization: `Bearer ${key}` }, context });
    return { credential, asks };
  }
  return { answered };
}

describe('the wall round an answer', () => {
  it('an answer is within the wall of its own credential, and of no other', () => {
    const { answered } = setUp();
    const { asks, credential } = answered({ key: 'alpha' });
    expect(asks('alpha')).toBe(credential);
    expect([asks('beta'), asks('')]).toEqual([undefined, undefined]);
  });

  it.each<[CallerContext, CallerContext]>([
    [{ tenant: 'a' }, { tenant: 'b' }],
    [{ user: 'a' }, { user: 'b' }],
    [{ session: 'a' }, { session: 'b' }],
    [{ language: 'fr' }, { language: 'de' }],
    [{ template: { id: 'a' } }, { template: { id: 'a', version: '2' } }],
    [{ indexVersion: '1' }, { indexVersion: '2' }],
  ])('an answer to a request with %j is within the wall of that context alone', (own, other) => {
    const { asks, credential } = setUp().answered({ key: 'alpha', context: own });
    expect([asks('alpha', own), asks('alpha', other), asks('alpha')]).toEqual([
      credential,
      undefined,
      undefined,
    ]);
  });

  it('the user that a body names is a wall where users are', () => {
    const { asks, credential } = setUp({ scope: 'user' }).answered({ body: { user: 'ada' }, key: 'alpha' });
    expect([asks('alpha', { user: 'ada' }), asks('alpha')]).toEqual([credential, undefined]);
  });

  it('on a shared scope every credential has the same wall, but for content that the provider has to fetch', () => {
    const { answered } = setUp({ scope: 'shared' });
    const text = answered({ key: 'alpha' });
    expect(text.asks('alpha')).toBe(text.credential);
    expect(text.asks('beta')).toMatch(/^[0-9a-f]{32}$/);
    expect(text.asks('beta')).not.toBe(text.credential);
    const image = { type: 'image_url', image_url: { url: 'https://pictures.test/1.png' } };
    const pointing = answered({ key: 'alpha', body: { messages: [{ role: 'user', content: [image] }] } });
    expect([pointing.asks('alpha'), pointing.asks('beta')]).toEqual([pointing.credential, undefined]);
  });

  it('the date of the request is part of its wall, as its tag has it', () => {
    const { asks, credential } = setUp({ dateBucket: 'day' }).answered({ key: 'alpha' });
    expect(asks('alpha')).toBe(credential);
    expect(asks('alpha', {}, { tags: ['endpoint=/chat/completions'] })).toBeUndefined();
  });

  it('an answer of another route, framing or protocol has another wall, and one of an unknown protocol has none to check', () => {
    const { asks } = setUp().answered({ key: 'alpha' });
    const other = { ...protocols['openai-chat'].framing, name: 'other' };
    const changes: Partial<Walled>[] = [
      { tags: [] },
      { framing: other },
      { protocol: 'anthropic-messages' },
      { protocol: 'no such protocol' },
    ];
    for (const change of changes) expect(asks('alpha', {}, change)).toBeUndefined();
  });
});
