import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chatRequest, identifierWith, outcomeOf, question } from '../../../../test/support/identify.ts';
import type { ProtocolName } from '../protocol/contract.ts';
import { protocols } from '../protocol/protocols.ts';
import { librarySettings } from '../settings/read.ts';
import type { BodyIdentity } from './body.ts';
import { bodyMemo } from './body-memo.ts';
import { CanonicalText } from './canonical.ts';
import type { Identified } from './identify.ts';
import type { CacheRequest } from './request.ts';

/** All parts of an identity, as values. */
function valuesOf(identified: Identified): unknown {
  if ('bypass' in identified) return identified;
  const { protocol, ...rest } = identified;
  const { semanticText } = identified;
  return {
    ...rest,
    protocol: protocol.name,
    semanticText,
    tags: identified.tags(),
    fields: identified.fields(),
  };
}

const few = <T>(...values: T[]) => fc.constantFrom(...values);
const request: fc.Arbitrary<CacheRequest> = fc
  .record({
    body: few<string | Uint8Array>(
      JSON.stringify(question),
      Buffer.from(JSON.stringify(question)),
      JSON.stringify({ ...question, user: 'u', n: 1, stream: true }),
      JSON.stringify({ ...question, seed: 1 }),
      '{"model":"m","messages":[],"x":1,"x":2}',
      '{"model":"m","messages":[{"role":"user","content":"\ufffd"}]}',
      '{"name":"f","model":"m","messages":[],"input":"a","prompt":"a"}',
    ),
    protocol: few<ProtocolName>('openai-chat', 'openai-completions', 'function'),
    upstream: few('https://a', 'https://b'),
    route: few('/x', '/y'),
    query: few('', 'a', '1:', 'a1'),
    knownDefaults: few(true, false, undefined),
    headers: fc.record({ authorization: few('one', 'two'), 'x-novelty': few(undefined, '1', '2') }),
    context: fc.record({
      tenant: few(undefined, 't'),
      user: few(undefined, 'u', 'v'),
      session: few(undefined, 's'),
      language: few(undefined, 'en', 'de'),
      category: few(undefined, 'c'),
      tags: few(undefined, ['a=1'], ['b=2']),
    }),
  })
  .map((more) => ({ ...chatRequest(''), ...more }));

describe('the memo of bodies', () => {
  it.each(['tenant', 'user', 'shared'] as const)(
    'the memo changes no identity, whatever the order of callers (scope %s)',
    (scope) => {
      const remembering = identifierWith({ settings: { scope } });
      const forgetting = identifierWith({ settings: { scope, identityMemoBytes: 0 } });
      fc.assert(
        fc.property(fc.array(request, { maxLength: 12 }), (requests) => {
          const outcomes = (identify: (one: CacheRequest) => Identified) =>
            requests.map((one) => {
              const outcome = outcomeOf(identify, one);
              return outcome.startsWith('error') ? outcome : valuesOf(identify(one));
            });
          expect(outcomes(remembering)).toEqual(outcomes(forgetting));
        }),
        { numRuns: 300 },
      );
    },
  );

  it('a lone surrogate is not mistaken for the character that UTF-8 replaces it with', () => {
    const identify = identifierWith();
    const ask = (content: string) =>
      outcomeOf(identify, chatRequest(`{"model":"m","messages":[{"role":"user","content":"${content}"}]}`));
    expect(ask('\ufffd')).toMatch(/^askonce:/);
    expect(ask('\ud800')).toBe('error invalid_json');
  });

  function counting(maxBytes: number) {
    let reads = 0;
    const identity: BodyIdentity = {
      subject: 'm',
      form: 'body',
      framing: protocols['openai-chat'].framing,
      route: undefined,
      ceiling: undefined,
      parts: 1,
      user: undefined,
      bypass: undefined,
      frame: 'f',
      semantic: '',
      semanticText: undefined,
      media: 'none',
      credentials: undefined,
      wantsJson: false,
    };
    const writer = new CanonicalText(librarySettings(), (text) => text, new Set());
    const written = { writer, fields: [] };
    const memo = bodyMemo(maxBytes, () => {
      reads++;
      return { identity, written };
    });
    const see = (body: string, more: Partial<CacheRequest> = {}, counted = '', spelledIn = '') => {
      const request = chatRequest(body, more);
      memo({ request, protocol: protocols['openai-chat'], ruleOf: () => 'counts', counted, spelledIn });
      return reads;
    };
    return see;
  }

  it('a body is remembered when it comes the second time, and not read a third time', () => {
    const see = counting(1_000_000);
    expect([see('a'), see('a'), see('a'), see('b'), see('a')]).toEqual([1, 2, 2, 3, 3]);
  });

  it('a known body is read again with another route, another query, other headers that count, or known defaults', () => {
    const see = counting(1_000_000);
    expect([
      see('a'),
      see('a'),
      see('a', { route: '/r' }),
      see('a', { query: 'q' }),
      see('a', {}, 'h'),
      see('a', { knownDefaults: true }),
      see('a', { knownDefaults: true }),
    ]).toEqual([1, 2, 3, 4, 5, 6, 6]);
  });

  it('a known body is read again if the spelling rules of another language apply', () => {
    const see = counting(1_000_000);
    expect([
      see('a', {}, '', 'es'),
      see('a', {}, '', 'es'),
      see('a', {}, '', 'es'),
      see('a', {}, '', 'pt'),
    ]).toEqual([1, 2, 2, 3]);
  });

  it('a query is not mistaken for a header that counts', () => {
    const see = counting(1_000_000);
    expect([
      see('a', { query: 'x' }, 'y'),
      see('a', { query: 'x' }, 'y'),
      see('a', { query: '' }, 'xy'),
      see('a', { query: 'xy' }, ''),
    ]).toEqual([1, 2, 3, 4]);
  });

  it('a body is not mistaken for another with the same checksum', () => {
    const see = counting(1_000_000);
    // Both have the CRC-32 4ddb0c25.
    expect([see('plumless'), see('plumless'), see('buckeroo'), see('plumless')]).toEqual([1, 2, 3, 4]);
  });

  it('the memo stays within its bytes: a body seen long ago is read again', () => {
    const see = counting(10_000);
    for (let index = 0; index < 100; index++) for (const _again of [1, 2]) see(`body ${index}`);
    expect(see('body 99')).toBe(200);
    expect(see('body 0')).toBe(201);
  });

  it('bodies of one length are each remembered', () => {
    const see = counting(1_000_000);
    for (const body of ['a', 'a', 'b', 'b']) see(body);
    expect(['a', 'b', 'b', 'a', 'a', 'b'].map((body) => see(body))).toEqual([4, 4, 4, 4, 4, 4]);
  });

  it('a body that keeps coming stays, while others take the room of the memo in turn', () => {
    const see = counting(10_000);
    for (let index = 0; index < 100; index++)
      for (const body of ['often', `x${index}`, `x${index}`]) see(body);
    expect(see('often')).toBe(202);
  });

  it('a body that has come often is read again once it has lost its room', () => {
    const see = counting(10_000);
    for (const _time of [1, 2, 3, 4]) see('often');
    for (let index = 0; index < 20; index++) for (const _again of [1, 2]) see(`body ${index}`);
    expect(see('often')).toBe(43);
  });

  it('a memo of no bytes remembers nothing', () => {
    const see = counting(0);
    expect([see('a'), see('a')]).toEqual([1, 2]);
  });
});
