import { setImmediate as nextTurn } from 'node:timers/promises';
import { type RecordedAnswer, type SeenRequest, startRecordedProvider } from 'askonce/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { GatewaySettingsInput } from '../packages/gateway/src/index.ts';
import { apiError, completion, events } from './support/chat.ts';
import { type Gates, gates } from './support/gates.ts';
import { cacheStatusHeader, startTestGateway } from './support/gateway.ts';
import { type Listener, listen } from './support/listener.ts';
import { question } from './support/questions.ts';

const path = '/v1/chat/completions';
const words = Array.from({ length: 60 }, (_, index) => `word ${index} `);
const pieces = events(words, { usage: true });
const streamed = Buffer.from(pieces.join(''));
/** After each event. */
const cuts = pieces.map((_, index) => Buffer.byteLength(pieces.slice(0, index + 1).join('')));
/** Bytes of the first `count` events. */
const bytesOf = (count: number) => cuts[count - 1] ?? 0;

const eventStream = { 'content-type': 'text/event-stream; charset=utf-8' };

/** The whole stream, event by event, each behind a gate of its own; the last gate is before the end. */
function heldStream(held: Gates): RecordedAnswer {
  return { body: streamed, headers: eventStream, cuts, pauseBeforePiece: (index) => held.wait(index) };
}

/** A whole body, behind one gate. */
function heldBody(held: Gates, body = completion()): RecordedAnswer {
  return { body: Buffer.from(body), pauseBefore: held.wait(0) };
}

const all = Number.POSITIVE_INFINITY;

async function setUp(answer: (request: SeenRequest) => RecordedAnswer, settings: GatewaySettingsInput = {}) {
  const provider = await startRecordedProvider({ answer });
  const gateway = await startTestGateway(provider.url, settings);
  onTestFinished(async () => {
    await provider.close();
    await gateway.remove();
  });
  return {
    provider,
    gateway,
    listen: (body: string, headers?: Record<string, string>) => listen(gateway.url + path, body, headers),
  };
}

const plain = question('openai-chat', 'body', 'What is held?').body;
const stream = question('openai-chat', 'stream+usage', 'What is held?').body;

function collapsed(listeners: readonly Listener[]): Promise<boolean[]> {
  return Promise.all(
    listeners.map(async ({ head }) => cacheStatusHeader(await head) === 'askonce; fwd=miss; collapsed'),
  );
}

describe('a hundred clients with the same question', () => {
  it('a hundred clients at once cost one provider call, and each gets the whole answer', async () => {
    const held = gates();
    const { provider, gateway, listen } = await setUp(() => heldBody(held));
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
    const { provider, gateway, listen } = await setUp(() => heldStream(held));
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
    const { provider, gateway, listen } = await setUp(() => heldStream(held));
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
    const { provider, gateway, listen } = await setUp(() => heldBody(held, cut));
    const listeners = Array.from({ length: 20 }, () => listen(plain));
    await gateway.happened('joined', 19);
    held.open(all);
    for (const { whole } of listeners) expect(String(await whole)).toBe(cut);
    expect([provider.calls, gateway.count('refused'), gateway.count('stored')]).toEqual([1, 1, 0]);
    expect(cacheStatusHeader(await gateway.ask(path, plain))).toBe('askonce; fwd=miss');
    expect(provider.calls).toBe(2);
  });
});

describe('a leader’s client that leaves', () => {
  it('when the leader’s client leaves before the answer, the others get all of it from the one call', async () => {
    const held = gates();
    const { provider, gateway, listen } = await setUp(() => heldBody(held));
    const leader = listen(plain);
    await gateway.happened('provider-call', 1);
    const followers = Array.from({ length: 10 }, () => listen(plain));
    await gateway.happened('joined', 10);
    leader.hangUp();
    await expect(leader.whole).rejects.toThrow();
    await nextTurn();
    held.open(all);
    for (const { whole } of followers) expect(String(await whole)).toBe(completion());
    expect([provider.calls, provider.abandoned]).toEqual([1, 0]);
  });

  it.each(['finish', 'cancel'] as const)(
    'when the leader’s client leaves in mid-stream, the others get every byte (abandoned: %s)',
    async (abandoned) => {
      const held = gates();
      const { provider, gateway, listen } = await setUp(() => heldStream(held), { abandoned });
      held.open(5);
      const leader = listen(stream);
      await leader.receives(bytesOf(5));
      const followers = Array.from({ length: 10 }, () => listen(stream));
      await Promise.all(followers.map((follower) => follower.receives(bytesOf(5))));
      leader.hangUp();
      await expect(leader.whole).rejects.toThrow();
      held.open(20);
      await Promise.all(followers.map((follower) => follower.receives(bytesOf(20))));
      held.open(all);
      for (const { whole } of followers) expect((await whole).equals(streamed)).toBe(true);
      expect([provider.calls, provider.abandoned]).toEqual([1, 0]);
      expect(cacheStatusHeader(await gateway.ask(path, stream))).toContain('; hit');
    },
  );
});

describe('an answer whose clients have all left', () => {
  async function leave(
    answer: (held: Gates) => RecordedAnswer,
    settings: GatewaySettingsInput,
    form: 'body' | 'stream',
  ) {
    const held = gates();
    const made = await setUp(() => answer(held), settings);
    const listeners = [made.listen(form === 'body' ? plain : stream)];
    await made.gateway.happened('provider-call', 1);
    listeners.push(made.listen(form === 'body' ? plain : stream));
    await made.gateway.happened('joined', 1);
    held.open(form === 'body' ? 0 : 5);
    if (form === 'stream') await Promise.all(listeners.map((listener) => listener.receives(bytesOf(5))));
    for (const { hangUp } of listeners) hangUp();
    await Promise.all(listeners.map(({ whole }) => expect(whole).rejects.toThrow()));
    return { ...made, held };
  }

  it.each(['body', 'stream'] as const)('an abandoned %s is finished and stored', async (form) => {
    const { provider, gateway, held } = await leave(form === 'body' ? heldBody : heldStream, {}, form);
    held.open(all);
    await gateway.happened('stored', 1);
    expect([provider.calls, provider.abandoned]).toEqual([1, 0]);
    const stored = await gateway.ask(path, form === 'body' ? plain : stream);
    expect(cacheStatusHeader(stored)).toContain('; hit');
    expect(String(stored.body)).toBe(form === 'body' ? completion() : String(streamed));
  });

  it.each(['body', 'stream'] as const)(
    'an abandoned %s is cancelled if the settings say so',
    async (form) => {
      const answer = form === 'body' ? heldBody : heldStream;
      const { provider, gateway, held } = await leave(answer, { abandoned: 'cancel' }, form);
      await expect.poll(() => provider.abandoned).toBe(1);
      held.open(all);
      expect(gateway.count('stored')).toBe(0);
      expect(cacheStatusHeader(await gateway.ask(path, form === 'body' ? plain : stream))).toContain(
        'fwd=miss',
      );
      expect(provider.calls).toBe(2);
    },
  );

  it('an abandoned stream that goes on for too long is cancelled', async () => {
    const { provider, gateway } = await leave(heldStream, { abandonedMs: 20 }, 'stream');
    await expect.poll(() => provider.abandoned).toBe(1);
    expect(gateway.count('stored')).toBe(0);
  });

  it('an abandoned stream that brings too many bytes is cancelled', async () => {
    const { provider, gateway, held } = await leave(heldStream, { abandonedBytes: 1000 }, 'stream');
    held.open(pieces.length);
    await expect.poll(() => provider.abandoned).toBe(1);
    expect(gateway.count('stored')).toBe(0);
  });

  it('an abandoned stream that a client joins again is relayed to its end', async () => {
    const { provider, held, listen } = await leave(heldStream, {}, 'stream');
    const late = listen(stream);
    await late.receives(bytesOf(5));
    held.open(all);
    expect((await late.whole).equals(streamed)).toBe(true);
    expect(provider.calls).toBe(1);
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
      const { gateway, listen } = await setUp(
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
    const { gateway, listen } = await setUp((request) => (refuses(request) ? refused : heldBody(held)), {
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

function gatesOpen(): Gates {
  const open = gates();
  open.open(all);
  return open;
}

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
    const { provider, gateway } = await setUp(() => heldBody(held));
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
