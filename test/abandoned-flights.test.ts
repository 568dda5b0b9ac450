import type { SettingsInput } from 'askonce';
import { describe, expect, it } from 'vitest';
import { answer, chat, completion, events, sse } from './support/chat.ts';
import { listen, settled, textOf } from './support/gated-provider.ts';
import { setUpCache } from './support/set-up-cache.ts';

const streamed = { body: { stream: true } };
const gone = new Error('the client has gone');

describe('a client that leaves', () => {
  it('a leader that leaves does not disturb its followers: they get the whole answer of the one call', async () => {
    const { cache, provider, calls, call } = setUpCache({ settings: { abandoned: 'cancel' } });
    const leader = new AbortController();
    const asked = cache.ask(chat(), provider, { signal: leader.signal });
    const others = [cache.ask(chat(), provider), cache.ask(chat(), provider)];
    await settled();
    leader.abort(gone);
    await expect(asked).rejects.toBe(gone);
    expect(call(0).signal.aborted).toBe(false);
    answer(call(0));
    for (const other of others) expect(await textOf(await other)).toBe(completion());
    expect(calls.length).toBe(1);
  });

  it('a leader that leaves in mid-stream does not cut off its followers', async () => {
    const { cache, provider, call } = setUpCache({ settings: { abandoned: 'cancel' } });
    const [first = '', ...rest] = events(['a', 'b']);
    const leader = new AbortController();
    const leading = cache.ask(chat(streamed), provider, { signal: leader.signal });
    const following = cache.ask(chat(streamed), provider);
    await settled();
    call(0).begin(200, sse);
    const left = listen(await leading);
    const stayed = listen(await following);
    call(0).send(first);
    await settled();
    leader.abort(gone);
    for (const event of rest) call(0).send(event);
    call(0).end();
    await settled();
    expect([left.text, left.error]).toEqual([first, gone]);
    expect([stayed.text, stayed.ended]).toEqual([[first, ...rest].join(''), true]);
  });

  it('aborting ends an iteration over the body with the reason of the abort', async () => {
    const { cache, provider, call } = setUpCache();
    const controller = new AbortController();
    const asked = cache.ask(chat(streamed), provider, { signal: controller.signal });
    await settled();
    call(0).begin(200, sse);
    const text = textOf(await asked);
    await settled();
    controller.abort(gone);
    await expect(text).rejects.toBe(gone);
  });

  it('returning an iterator before its first piece ends the reader’s wait, and the call is cancelled', async () => {
    const { cache, provider, call } = setUpCache({ settings: { abandoned: 'cancel' } });
    const asked = cache.ask(chat(streamed), provider);
    await settled();
    call(0).begin(200, sse);
    const { body } = await asked;
    if (body instanceof Uint8Array) throw new Error('the body is whole already');
    await body[Symbol.asyncIterator]().return?.();
    expect(call(0).signal.aborted).toBe(true);
  });

  it('returning an iterator that waits for its next piece ends the iteration, and the call is cancelled', async () => {
    const { cache, provider, call } = setUpCache({ settings: { abandoned: 'cancel' } });
    const asked = cache.ask(chat(streamed), provider);
    await settled();
    call(0).begin(200, sse);
    const { body } = await asked;
    if (body instanceof Uint8Array) throw new Error('the body is whole already');
    const pieces = body[Symbol.asyncIterator]();
    const next = pieces.next();
    await settled();
    await pieces.return?.();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(call(0).signal.aborted).toBe(true);
  });

  it('a client that leaves cancels its call past the cache, and is rejected with its own reason', async () => {
    const { cache, provider, call } = setUpCache();
    const controller = new AbortController();
    const request = chat({ directives: { noStore: true } });
    const asked = cache.ask(request, provider, { signal: controller.signal });
    await settled();
    controller.abort(gone);
    await expect(asked).rejects.toBe(gone);
    expect(call(0).signal.aborted).toBe(true);
  });
});

describe('an answer whose last reader has left', () => {
  /** A stream whose only reader has left after the first event. */
  async function abandoned(settings: SettingsInput) {
    const made = setUpCache({ settings });
    const asked = made.cache.ask(chat(streamed), made.provider);
    await settled();
    made.call(0).begin(200, sse);
    const heard = listen(await asked);
    const [first = '', ...rest] = events(['a', 'b']);
    made.call(0).send(first);
    await settled();
    heard.leave();
    await settled();
    return { ...made, rest };
  }

  it('an abandoned answer is finished and stored, and serves the next request', async () => {
    const { cache, provider, calls, call, rest } = await abandoned({});
    for (const event of rest) call(0).send(event);
    call(0).end();
    await settled();
    const again = await cache.ask(chat(streamed), provider);
    expect(again.cacheStatus.kind).toBe('hit');
    expect(await textOf(again)).toBe(events(['a', 'b']).join(''));
    expect(calls.length).toBe(1);
  });

  it('an abandoned answer is cancelled after `abandonedMs`, whatever the provider does afterwards', async () => {
    const { cache, provider, clock, calls, call, rest } = await abandoned({ abandonedMs: 30_000 });
    clock.advance(29_999);
    expect(call(0).signal.aborted).toBe(false);
    clock.advance(1);
    expect(call(0).signal.aborted).toBe(true);
    for (const event of rest) call(0).send(event);
    call(0).end();
    await settled();
    expect(call(0).left).toBe(true);
    expect((await cache.statistics()).flights).toBe(0);
    void cache.ask(chat(streamed), provider);
    await settled();
    expect(calls.length).toBe(2);
  });

  it('an abandoned answer is cancelled after `abandonedBytes` more bytes', async () => {
    const { cache, call } = await abandoned({ abandonedBytes: 100 });
    call(0).send('x'.repeat(100));
    await settled();
    expect(call(0).signal.aborted).toBe(false);
    call(0).send('x');
    await settled();
    expect(call(0).signal.aborted).toBe(true);
    expect((await cache.statistics()).flights).toBe(0);
  });

  it('an abandoned answer loses its bounds when a new reader joins', async () => {
    const { cache, provider, clock, calls, call, rest } = await abandoned({
      abandonedMs: 1_000,
      abandonedBytes: 10,
    });
    clock.advance(999);
    const back = listen(await cache.ask(chat(streamed), provider));
    clock.advance(100_000);
    for (const event of rest) call(0).send(event);
    call(0).end();
    await settled();
    expect([back.text, back.ended]).toEqual([events(['a', 'b']).join(''), true]);
    expect(calls.length).toBe(1);
  });

  it('an abandoned answer is cancelled at once with `abandoned: cancel`', async () => {
    const { cache, call } = await abandoned({ abandoned: 'cancel' });
    expect(call(0).signal.aborted).toBe(true);
    expect((await cache.statistics()).flights).toBe(0);
  });

  it('an abandoned call is cancelled in time although the provider has not answered yet', async () => {
    const { cache, provider, clock, call } = setUpCache();
    const controller = new AbortController();
    const asked = cache.ask(chat(), provider, { signal: controller.signal });
    await settled();
    controller.abort(gone);
    await expect(asked).rejects.toBe(gone);
    clock.advance(30_000);
    await settled();
    expect(call(0).signal.aborted).toBe(true);
    expect((await cache.statistics()).flights).toBe(0);
  });
});

describe('closing a cache', () => {
  it('closing refuses new requests, and waits until the flights under way have answered', async () => {
    const { cache, provider, call } = setUpCache();
    const asked = cache.ask(chat(), provider);
    await settled();
    const closed = cache.close();
    await expect(cache.ask(chat(), provider)).rejects.toMatchObject({ code: 'closed' });
    let isClosed = false;
    void closed.then(() => {
      isClosed = true;
    });
    await settled();
    expect(isClosed).toBe(false);
    answer(call(0));
    expect(await textOf(await asked)).toBe(completion());
    await closed;
  });

  it('closing cancels the flights that outlast the grace period', async () => {
    const { cache, provider, clock, call } = setUpCache();
    const body = cache.ask(chat(), provider);
    const stream = cache.ask(chat(streamed), provider);
    await settled();
    call(1).begin(200, sse);
    const heard = listen(await stream);
    const closed = Promise.all([cache.close(5_000), cache.close(5_000)]);
    await settled();
    clock.advance(5_000);
    await expect(body).rejects.toMatchObject({ code: 'shutting_down' });
    await closed;
    expect(heard.error).toMatchObject({ code: 'shutting_down' });
    expect([call(0).signal.aborted, call(1).signal.aborted]).toEqual([true, true]);
    expect((await cache.statistics()).flights).toBe(0);
  });
});
