import { describe, expect, it } from 'vitest';
import { chat, json, sse } from './support/chat.ts';
import { listen, settled, textOf } from './support/gated-provider.ts';
import { setUpCache } from './support/set-up-cache.ts';

const flightMaxBytes = 256 * 1024;
const piece = 'x'.repeat(16 * 1024);

const setUp = () => setUpCache({ settings: { flightMaxBytes } });

describe('an answer over what a flight may hold', () => {
  it('an answer over the flight limit reaches leader and follower whole, and is neither stored nor joined later', async () => {
    const { cache, provider, calls, call } = setUp();
    const asked = [cache.ask(chat(), provider), cache.ask(chat(), provider)];
    await settled();
    call(0).begin(200, json);
    for (let sent = 0; sent < 100; sent++) call(0).send(piece);
    await settled();
    const replies = await Promise.all(asked);
    const texts = Promise.all(replies.map(textOf));
    await settled();
    void cache.ask(chat(), provider);
    await settled();
    expect(calls.length).toBe(2);
    call(0).end();
    expect((await texts).map(({ length }) => length)).toEqual([100 * piece.length, 100 * piece.length]);
    expect(replies[0]?.cacheStatus).toEqual({ kind: 'forward', reason: 'miss', detail: undefined });
    void cache.ask(chat(), provider);
    await settled();
    expect(calls.length).toBe(2);
  });

  it('a flight pulls its provider no faster than the fastest reader, and cuts off only the slow one', async () => {
    const { cache, provider, call, events } = setUp();
    const streamed = chat({ body: { stream: true } });
    const asked = [cache.ask(streamed, provider), cache.ask(streamed, provider)];
    await settled();
    call(0).begin(200, sse);
    for (let sent = 0; sent < 200; sent++) call(0).send(piece);
    call(0).end();
    const [first, second] = await Promise.all(asked);
    await settled();
    // Nothing is read: the buffer is full, and the provider waits.
    const most = flightMaxBytes / piece.length + 2;
    expect(call(0).pulls).toBeLessThanOrEqual(most);
    const stalled: { error?: Error } = {};
    if (second === undefined || second.body instanceof Uint8Array) throw new Error('no live body');
    second.body.subscribe({
      write: () => false,
      end() {},
      fail(error) {
        stalled.error = error;
      },
    });
    const heard = first && listen(first);
    await settled();
    expect([heard?.ended, heard?.text.length]).toEqual([true, 200 * piece.length]);
    expect(stalled.error).toMatchObject({ code: 'follower_too_slow' });
    expect(events.filter(({ type }) => type === 'cut-off').length).toBe(1);
  });

  it('an answer over the flight limit is cancelled once it has no reader', async () => {
    const { cache, provider, call } = setUp();
    const asked = cache.ask(chat({ body: { stream: true } }), provider);
    await settled();
    call(0).begin(200, sse);
    const heard = listen(await asked);
    for (let sent = 0; sent < 20; sent++) call(0).send(piece);
    await settled();
    heard.leave();
    expect(call(0).signal.aborted).toBe(true);
    await settled();
    expect((await cache.statistics()).flights).toBe(0);
  });

  it('a stream of countless tiny events is not stored', async () => {
    const { cache, provider, calls, call } = setUp();
    const streamed = chat({ body: { stream: true } });
    const asked = cache.ask(streamed, provider);
    await settled();
    call(0).begin(200, sse);
    const text = textOf(await asked);
    for (let sent = 0; sent < 100; sent++) call(0).send('\n'.repeat(1_000));
    call(0).send('data: [DONE]\n\n');
    call(0).end();
    expect((await text).length).toBe(100_014);
    void cache.ask(streamed, provider);
    await settled();
    expect(calls.length).toBe(2);
  });
});
