import { describe, expect, it } from 'vitest';
import { answer, chat, completion, events, json, sse, stream } from './support/chat.ts';
import { listen, settled, textOf } from './support/gated-provider.ts';
import { setUpCache } from './support/set-up-cache.ts';

const streamed = { body: { stream: true } };

describe('identical requests at the same time', () => {
  it('a hundred identical bodies cost one provider call, and each gets the whole answer', async () => {
    const { cache, provider, calls, call, count } = setUpCache();
    const asked = Array.from({ length: 100 }, () => cache.ask(chat(), provider));
    await settled();
    answer(call(0));
    const replies = await Promise.all(asked);
    const bodies = await Promise.all(replies.map(textOf));
    expect(calls.length).toBe(1);
    expect(new Set(bodies)).toEqual(new Set([completion()]));
    expect(new Set(replies.map(({ requestId }) => requestId)).size).toBe(100);
    expect(replies[0]?.cacheStatus).toEqual({
      kind: 'forward',
      reason: 'miss',
      detail: undefined,
      stored: true,
    });
    expect(
      replies.slice(1).every(({ cacheStatus }) => cacheStatus.kind === 'forward' && cacheStatus.collapsed),
    ).toBe(true);
    expect([count('provider-call'), count('provider-answer'), count('joined'), count('stored')]).toEqual([
      1, 1, 99, 1,
    ]);
    expect((await cache.ask(chat(), provider)).cacheStatus).toMatchObject({ kind: 'hit', detail: 'memory' });
  });

  it('a hundred streams that join at different moments get every byte once, at once and live', async () => {
    const { cache, provider, calls, call } = setUpCache();
    const pieces = events(Array.from({ length: 50 }, (_, index) => `word${index} `));
    const listeners: ReturnType<typeof listen>[] = [];
    const join = async () => {
      const reply = await cache.ask(chat(streamed), provider);
      listeners.push(listen(reply));
    };
    const first = join();
    await settled();
    call(0).begin(200, sse);
    await first;
    let sent = '';
    for (const [index, piece] of pieces.entries()) {
      if (index < 49) await Promise.all([join(), join()]);
      if (index === 48) await join();
      await settled();
      // Each has all that was produced so far, before the next byte is there.
      expect(new Set(listeners.map(({ text }) => text))).toEqual(new Set([sent]));
      call(0).send(piece);
      sent += piece;
    }
    await settled();
    // The last event is the end mark, whatever the connection does then.
    expect(listeners.every(({ ended }) => ended)).toBe(true);
    call(0).end();
    await settled();
    expect(listeners.length).toBe(100);
    expect(calls.length).toBe(1);
    expect(listeners.every(({ ended, text }) => ended && text === pieces.join(''))).toBe(true);
  });

  it('identical requests each ask for themselves with single-flight off', async () => {
    const { cache, provider, calls } = setUpCache({ settings: { singleFlight: false } });
    const asked = [cache.ask(chat(), provider), cache.ask(chat(), provider)];
    await settled();
    expect(calls.length).toBe(2);
    for (const call of calls) answer(call);
    expect(await Promise.all((await Promise.all(asked)).map(textOf))).toEqual([completion(), completion()]);
  });

  it('with the exact cache off identical requests still cost one call, and nothing is stored', async () => {
    const { cache, provider, calls, call } = setUpCache({ settings: { exactCache: false } });
    const asked = [cache.ask(chat(), provider), cache.ask(chat(), provider)];
    await settled();
    answer(call(0));
    await Promise.all(asked);
    expect(calls.length).toBe(1);
    const again = cache.ask(chat(), provider);
    await settled();
    answer(call(1), completion({ text: 'Lyon.' }));
    expect(await textOf(await again)).toContain('Lyon.');
  });

  it('an answer not fit to be stored is served to all waiting requests, and the next request asks again', async () => {
    const { cache, provider, calls, call, events } = setUpCache();
    const asked = Array.from({ length: 5 }, () => cache.ask(chat(), provider));
    await settled();
    answer(call(0), completion({ finish: 'length' }));
    const replies = await Promise.all(asked);
    expect(await Promise.all(replies.map(textOf))).toEqual(Array(5).fill(completion({ finish: 'length' })));
    expect(replies[0]?.cacheStatus).toMatchObject({ stored: false });
    expect(events).toContainEqual(expect.objectContaining({ type: 'refused', reason: 'length' }));
    const next = cache.ask(chat(), provider);
    await settled();
    expect(calls.length).toBe(2);
    answer(call(1));
    expect(await textOf(await next)).toBe(completion());
  });

  it('the leader gets the provider’s own headers, while followers and hits get a request id of their own', async () => {
    const { cache, provider, call } = setUpCache();
    const asked = [cache.ask(chat(), provider), cache.ask(chat(), provider)];
    await settled();
    call(0).begin(200, { ...json, 'x-ratelimit-remaining-requests': '7', 'set-cookie': 'a=b' });
    call(0).send(completion());
    call(0).end();
    const [leader, follower] = await Promise.all(asked);
    const hit = await cache.ask(chat(), provider);
    expect(leader?.headers).toMatchObject({ 'x-request-id': 'req_origin', 'set-cookie': 'a=b' });
    for (const other of [follower, hit]) {
      expect(other?.headers).toEqual({
        'content-type': 'application/json',
        'askonce-origin-request-id': 'req_origin',
        'x-request-id': other?.requestId,
      });
    }
  });

  it('followers see an encoding that could not be undone, and the answer is not stored', async () => {
    const { cache, provider, calls, call } = setUpCache();
    const asked = [cache.ask(chat(), provider), cache.ask(chat(), provider)];
    await settled();
    call(0).begin(200, { ...json, 'content-encoding': 'unheard-of' });
    call(0).send(Buffer.from([0x1f, 0x8b, 0, 0xff]));
    call(0).end();
    for (const reply of await Promise.all(asked))
      expect(reply.headers['content-encoding']).toBe('unheard-of');
    void cache.ask(chat(), provider);
    await settled();
    expect(calls.length).toBe(2);
  });
});

describe('which request may follow which flight', () => {
  it('a body follows a stream that ends with usage', async () => {
    const { cache, provider, calls, call } = setUpCache();
    const leader = cache.ask(
      chat({ body: { stream: true, stream_options: { include_usage: true } } }),
      provider,
    );
    const follower = cache.ask(chat(), provider);
    await settled();
    stream(call(0), events(['Pa', 'ris.'], { usage: true }));
    expect(JSON.parse(await textOf(await follower))).toMatchObject({
      choices: [{ message: { content: 'Paris.' }, finish_reason: 'stop' }],
      usage: { completion_tokens: 2 },
    });
    await textOf(await leader);
    expect(calls.length).toBe(1);
  });

  it('a stream leads its own flight rather than wait for a body', async () => {
    const { cache, provider, calls } = setUpCache();
    void cache.ask(chat(), provider);
    void cache.ask(chat(streamed), provider);
    await settled();
    expect(calls.length).toBe(2);
  });

  it('a body asks for itself when the stream it followed cannot be converted', async () => {
    const { cache, provider, calls, call } = setUpCache();
    const leader = cache.ask(
      chat({ body: { stream: true, stream_options: { include_usage: true } } }),
      provider,
    );
    const followers = [cache.ask(chat(), provider), cache.ask(chat(), provider)];
    await settled();
    stream(call(0), events(['Pa'], { usage: false }));
    await textOf(await leader);
    await settled();
    expect(calls.length).toBe(2);
    answer(call(1));
    for (const follower of followers) expect(await textOf(await follower)).toBe(completion());
  });

  it('a body asks for itself when the stream it followed nests too deeply to be converted', async () => {
    const { cache, provider, calls, call } = setUpCache();
    const leader = cache.ask(
      chat({ body: { stream: true, stream_options: { include_usage: true } } }),
      provider,
    );
    const follower = cache.ask(chat(), provider);
    await settled();
    const deep = `data: {"choices":[],"deep":${'['.repeat(100_000)}${']'.repeat(100_000)}}\n\n`;
    stream(call(0), [deep, ...events(['Pa'], { usage: true })]);
    await textOf(await leader);
    await settled();
    expect(calls.length).toBe(2);
    answer(call(1));
    expect(await textOf(await follower)).toBe(completion());
  });

  it('requests with different token limits do not share a flight', async () => {
    const { cache, provider, calls } = setUpCache();
    void cache.ask(chat({ body: { max_tokens: 10 } }), provider);
    void cache.ask(chat({ body: { max_tokens: 500 } }), provider);
    void cache.ask(chat({ body: { max_tokens: 10 } }), provider);
    await settled();
    expect(calls.length).toBe(2);
  });

  it('a no-cache request joins only flights begun after it came', async () => {
    const { cache, provider, calls, call } = setUpCache();
    const plain = cache.ask(chat(), provider);
    const fresh = cache.ask(chat({ directives: { noCache: true } }), provider);
    const follower = cache.ask(chat(), provider);
    await settled();
    expect(calls.length).toBe(2);
    answer(call(0), completion({ text: 'old' }));
    answer(call(1), completion({ text: 'new' }));
    expect(await textOf(await plain)).toContain('old');
    expect(await textOf(await fresh)).toContain('new');
    expect(await textOf(await follower)).toContain('new');
  });

  it('a max-age request joins only flights begun recently enough', async () => {
    const { cache, provider, calls, clock } = setUpCache();
    void cache.ask(chat(), provider);
    clock.advance(5_000);
    void cache.ask(chat({ directives: { maxAge: 5 } }), provider);
    await settled();
    expect(calls.length).toBe(1);
    void cache.ask(chat({ directives: { maxAge: 4 } }), provider);
    await settled();
    expect(calls.length).toBe(2);
  });

  it('a cancelled flight is not joined, though its provider never answers', async () => {
    const { cache, provider, calls } = setUpCache({ settings: { abandoned: 'cancel' } });
    const controller = new AbortController();
    const left = cache.ask(chat(), provider, { signal: controller.signal });
    await settled();
    controller.abort(new Error('gone'));
    // At once, before anything else has had its turn.
    void cache.ask(chat(), provider);
    await expect(left).rejects.toThrow('gone');
    await settled();
    expect(calls.length).toBe(2);
    expect((await cache.statistics()).flights).toBe(1);
  });

  it('a request whose caller left before it came makes no call', async () => {
    const { cache, provider, calls } = setUpCache();
    const asked = cache.ask(chat(), provider, { signal: AbortSignal.abort(new Error('gone')) });
    await expect(asked).rejects.toThrow('gone');
    expect(calls.length).toBe(0);
  });
});
