import type { RecordedAnswer, SeenRequest } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import { apiError, completion } from './support/chat.ts';
import { gates } from './support/gates.ts';
import { cacheStatusHeader } from './support/gateway.ts';
import {
  all,
  bytesOf,
  collapsed,
  gatesOpen,
  heldBody,
  heldStream,
  path,
  plain,
  setUpHeld,
  stream,
  streamed,
  words,
} from './support/held-gateway.ts';
import type { Listener } from './support/listener.ts';
import { question } from './support/questions.ts';

describe('a hundred clients with the same question', () => {
  it('a hundred clients at once cost one provider call, and each gets the whole answer', async () => {
    const held = gates();
    const { provider, gateway, listen } = await setUpHeld(() => heldBody(held));
    const listeners = Array.from({ length: 100 }, () => listen(plain));
    await gateway.happened('joined', 99);
    held.open(all);
    const bodies = await Promise.all(listeners.map(({ whole }) => whole));
    expect(new Set(bodies.map(String))).toEqual(new Set([completion()]));
    expect((await collapsed(listeners)).filter(Boolean)).toHaveLength(99);
    const ids = await Promise.all(listeners.map(async ({ head }) => (await head).headers['x-request-id']));
    expect(new Set(ids).size).toBeGreaterThanOrEqual(99);
    expect(provider.calls).toBe(1);
    expect(cacheStatusHeader(await gateway.ask(path, plain))).toContain('; hit');
  });

  it('a hundred clients that join a running stream get every byte from its beginning, from one call', async () => {
    const held = gates();
    const { provider, gateway, listen } = await setUpHeld(() => heldStream(held));
    const listeners: Listener[] = [];
    for (let count = 0; count < 100; count++) {
      const opened = Math.ceil((count + 1) / 2);
      held.open(opened);
      const listener = listen(stream);
      listeners.push(listener);
      // All that has been sent so far, though the provider is held.
      await listener.receives(bytesOf(opened));
      expect(listener.heard.equals(streamed.subarray(0, bytesOf(opened)))).toBe(true);
    }
    expect(gateway.count('provider-answer')).toBe(0);
    held.open(all);
    const bodies = await Promise.all(listeners.map(({ whole }) => whole));
    expect(bodies.filter((body) => body.equals(streamed))).toHaveLength(100);
    expect((await collapsed(listeners)).filter(Boolean)).toHaveLength(99);
    expect(provider.calls).toBe(1);
    const stored = await gateway.ask(path, stream);
    expect(cacheStatusHeader(stored)).toContain('; hit');
    expect(stored.body.equals(streamed)).toBe(true);
  });

  it('bodies and a stream with usage cost one call together', async () => {
    const held = gates();
    const { provider, gateway, listen } = await setUpHeld(() => heldStream(held));
    const leader = listen(stream);
    await gateway.happened('provider-call', 1);
    const followers = Array.from({ length: 10 }, () => listen(plain));
    await gateway.happened('joined', 10);
    held.open(all);
    expect((await leader.whole).equals(streamed)).toBe(true);
    for (const { whole } of followers)
      expect(JSON.parse(String(await whole)).choices[0].message.content).toBe(words.join(''));
    expect(provider.calls).toBe(1);
  });

  it('an answer that the write gate refuses is served to all waiting clients, and is not stored', async () => {
    const cut = completion({ finish: 'length' });
    const held = gates();
    const { provider, gateway, listen } = await setUpHeld(() => heldBody(held, cut));
    const listeners = Array.from({ length: 20 }, () => listen(plain));
    await gateway.happened('joined', 19);
    held.open(all);
    for (const { whole } of listeners) expect(String(await whole)).toBe(cut);
    expect([provider.calls, gateway.count('refused'), gateway.count('stored')]).toEqual([1, 1, 0]);
    expect(cacheStatusHeader(await gateway.ask(path, plain))).toBe('askonce; fwd=miss');
    expect(provider.calls).toBe(2);
  });
});

describe('a wrong key', () => {
  const refusedBody = apiError('Incorrect API key provided', 'invalid_request_error');
  const refuses = (request: SeenRequest) => request.headers['authorization'] === 'Bearer sk-wrong';
  const refused: RecordedAnswer = { status: 401, body: Buffer.from(refusedBody) };
  const wrong = { authorization: 'Bearer sk-wrong' };

  it.each(['shared', 'tenant'] as const)(
    'a wrong key gets its own 401, and no other client does (scope: %s)',
    async (scope) => {
      const held = gates();
      const { gateway, listen } = await setUpHeld(
        (request) => (refuses(request) ? { ...refused, pauseBefore: held.wait(0) } : heldBody(gatesOpen())),
        { scope },
      );
      // Only a credential accepted before would wait for others at all.
      await gateway.ask(path, question('openai-chat', 'body', 'Is my key right?').body);
      const calls = gateway.count('provider-call');
      const leader = listen(plain, wrong);
      await gateway.happened('provider-call', calls + 1);
      const others = Array.from({ length: 20 }, () => listen(plain));
      // On a shared scope they wait for the same call; on others they do not share it.
      if (scope === 'shared') await gateway.happened('joined', 20);
      else await Promise.all(others.map(({ whole }) => whole));
      held.open(all);
      expect([(await leader.head).statusCode, String(await leader.whole)]).toEqual([401, refusedBody]);
      for (const { head, whole } of others)
        expect([(await head).statusCode, String(await whole)]).toEqual([200, completion()]);
    },
  );

  it('a wrong key joins no flight and is served no hit of others, also on a shared scope', async () => {
    const held = gates();
    const { gateway, listen } = await setUpHeld((request) => (refuses(request) ? refused : heldBody(held)), {
      scope: 'shared',
    });
    const right = listen(plain);
    await gateway.happened('provider-call', 1);
    expect((await gateway.ask(path, plain, wrong)).status).toBe(401);
    held.open(all);
    expect(String(await right.whole)).toBe(completion());
    const again = await gateway.ask(path, plain, wrong);
    expect([again.status, String(again.body)]).toEqual([401, refusedBody]);
    expect(cacheStatusHeader(await gateway.ask(path, plain))).toContain('; hit');
  });
});

describe('different questions at the same time', () => {
  const variants: readonly (readonly [
    what: string,
    path: string,
    body: string,
    headers: Record<string, string>,
  ])[] = [
    ['another key', path, plain, { authorization: 'Bearer sk-other' }],
    ['no key', path, plain, { authorization: '' }],
    ['another organisation', path, plain, { 'openai-organization': 'org-other' }],
    ['another project', path, plain, { 'openai-project': 'proj-other' }],
    ['another tenant', path, plain, { 'askonce-tenant': 'other' }],
    ['a user', path, plain, { 'askonce-user': 'other' }],
    ['a session', path, plain, { 'askonce-session': 'other' }],
    ['a language', path, plain, { 'askonce-language': 'de' }],
    ['a template', path, plain, { 'askonce-template': 'greeting@2' }],
    ['an unknown header', path, plain, { 'x-unknown': 'other' }],
    ['a query string', `${path}?api-version=1`, plain, {}],
    ['another model', path, plain.replace('gpt-x', 'gpt-y'), {}],
    ['another question', path, plain.replace('held', 'sent'), {}],
    ['another seed', path, plain.replace('{', '{"seed":7,'), {}],
  ];

  it('requests that differ share neither a call nor an answer', async () => {
    const held = gates();
    const { provider, gateway } = await setUpHeld(() => heldBody(held));
    const asked = [
      gateway.ask(path, plain),
      ...variants.map(([, where, body, headers]) => gateway.ask(where, body, headers)),
    ];
    await gateway.happened('provider-call', asked.length);
    held.open(all);
    const answered = await Promise.all(asked);
    expect(answered.map(cacheStatusHeader)).toEqual(asked.map(() => 'askonce; fwd=miss; stored'));
    expect(new Set(answered.map(({ headers }) => headers['askonce-key'])).size).toBe(asked.length);
    expect(provider.calls).toBe(asked.length);
    expect(gateway.count('joined')).toBe(0);
  });
});
