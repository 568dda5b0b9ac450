/**
 * One flight among several processes: which process leads, which follow, and for which credentials.
 */
import { describe, expect, it } from 'vitest';
import { answer, apiError, chat, completion, events, json, sse, stream } from './support/chat.ts';
import { listen, settled, textOf } from './support/gated-provider.ts';
import { outcome, processes, there } from './support/processes.ts';

const streamed = { body: { stream: true } };

describe('identical requests in four processes', () => {
  it('four processes make one provider call for four hundred bodies', async () => {
    const { ask, all, pass, memory, calls, call } = await processes(4);
    const asked = Array.from({ length: 400 }, (_, index) => ask(index % 4));
    await pass(100);
    expect(calls.length).toBe(1);
    answer(call(0));
    await pass(100);
    const replies = await Promise.all(asked);
    expect(new Set(await Promise.all(replies.map(textOf)))).toEqual(new Set([completion()]));
    expect(calls.length).toBe(1);
    const led = replies.filter(
      ({ cacheStatus }) => cacheStatus.kind === 'forward' && cacheStatus.collapsed !== true,
    );
    expect(led.length).toBe(1);
    expect(all.map(({ count }) => count('provider-call')).sort()).toEqual([0, 0, 0, 1]);
    expect(all.map(({ count }) => count('stored')).sort()).toEqual([0, 0, 0, 1]);
    expect(all.map(({ count }) => count('followed')).sort()).toEqual([0, 1, 1, 1]);
    expect(memory.held).toEqual([]);
    expect((await ask(3)).cacheStatus.kind).toBe('hit');
  });

  it('streams on four processes get every byte once, as it comes', async () => {
    const { ask, pass, calls, call } = await processes(4);
    const pieces = events(Array.from({ length: 30 }, (_, index) => `word${index} `));
    const asked = Array.from({ length: 40 }, (_, index) => ask(index % 4, streamed));
    await pass(50);
    call(0).begin(200, sse);
    call(0).send(pieces[0] ?? '');
    await pass(50);
    const listeners = (await Promise.all(asked)).map(listen);
    let sent = pieces[0] ?? '';
    for (const piece of pieces.slice(1)) {
      call(0).send(piece);
      sent += piece;
      await pass(40);
      expect(new Set(listeners.map(({ text }) => text))).toEqual(new Set([sent]));
    }
    // The last event is the end mark, whatever the connection does then.
    expect(listeners.every(({ ended }) => ended)).toBe(true);
    call(0).end();
    await pass(50);
    expect(listeners.every(({ ended, text }) => ended && text === pieces.join(''))).toBe(true);
    expect(calls.length).toBe(1);
  });

  it('a process publishes nothing while no other process follows', async () => {
    const { ask, pass, memory, call } = await processes(2);
    const asked = Array.from({ length: 10 }, () => ask(0, streamed));
    await pass(20);
    stream(call(0), events(['a', 'b']));
    await pass(100);
    for (const reply of await Promise.all(asked)) expect(await textOf(reply)).toContain('[DONE]');
    expect(memory.published).toBe(0);
    expect(memory.held).toEqual([]);
  });

  it('four processes make one call while a model thinks for twenty seconds before its first token', async () => {
    const { ask, pass, calls, call } = await processes(4);
    const asked = Array.from({ length: 8 }, (_, index) => ask(index % 4, streamed));
    await pass(20_000, 50);
    expect(calls.length).toBe(1);
    stream(call(0), events(['at last']));
    await pass(100);
    for (const reply of await Promise.all(asked)) expect(await textOf(reply)).toContain('at last');
    expect(calls.length).toBe(1);
  });

  it('a follower finds the leader though most of its questions are lost', async () => {
    const { ask, pass, memory, until, calls, call } = await processes(2);
    memory.loseQuestions(0.8);
    const first = ask(0, streamed);
    await pass(20);
    const second = outcome(ask(1, streamed));
    call(0).begin(200, sse);
    call(0).send(events(['x'])[0] ?? '');
    await until(() => second.value !== undefined, 100);
    expect(calls.length).toBe(1);
    expect(second.value?.cacheStatus).toMatchObject({ collapsed: true });
    (await first).body;
  });

  it('a follower gets a request id of its own, the leader’s beside it, and event ids of the one recording', async () => {
    const { ask, pass, call } = await processes(2);
    const directives = { eventIds: true };
    const leading = ask(0, { ...streamed, directives });
    await pass(20);
    const following = ask(1, { ...streamed, directives });
    await pass(20);
    call(0).begin(200, { ...sse, 'set-cookie': 'a=b', 'x-ratelimit-remaining-requests': '7' });
    const all = events(['a', 'b', 'c']);
    for (const event of all) call(0).send(event);
    call(0).end();
    await pass(100);
    const [leader, follower] = await Promise.all([leading, following]);
    expect(follower.headers).toEqual({
      'content-type': sse['content-type'],
      'askonce-origin-request-id': 'req_origin',
      'x-request-id': follower.requestId,
    });
    expect(follower.cacheStatus).toMatchObject({ kind: 'forward', reason: 'miss', collapsed: true });
    const text = await textOf(follower);
    expect(text).toBe(await textOf(leader));
    const [, second] = [...text.matchAll(/^id: (.+)$/gm)].map((match) => match[1]);
    const resumed = await ask(1, { ...streamed, directives: { lastEventId: second } });
    expect(await textOf(resumed)).toBe(text.slice(text.indexOf(`${second}\n\n`) + `${second}\n\n`.length));
  });

  it('a follower whose callers have all left ends promptly and leaves nothing behind', async () => {
    const { ask, pass, one, memory, calls, call } = await processes(2);
    const first = ask(0);
    await pass(20);
    const leaving = new AbortController();
    const second = outcome(ask(1, {}, { signal: leaving.signal }));
    await pass(20);
    expect((await one(1).cache.statistics()).flights).toBe(1);
    leaving.abort(new Error('gone'));
    await settled();
    expect(second.error).toEqual(new Error('gone'));
    expect((await one(1).cache.statistics()).flights).toBe(0);
    answer(call(0));
    await pass(100);
    await first;
    expect(calls.length).toBe(1);
    expect(memory.held).toEqual([]);
  });

  it('a flight goes on for followers in other processes when the leader’s client leaves', async () => {
    const { ask, pass, calls, call } = await processes(2, { abandoned: 'cancel' });
    const leaving = new AbortController();
    const first = outcome(ask(0, {}, { signal: leaving.signal }));
    await pass(20);
    const second = ask(1);
    await pass(20);
    leaving.abort(new Error('gone'));
    await pass(20_000, 100);
    expect(first.error).toEqual(new Error('gone'));
    expect(call(0).signal.aborted).toBe(false);
    answer(call(0));
    await pass(100);
    expect(await textOf(await second)).toBe(completion());
    expect(calls.length).toBe(1);
  });

  it('with following off, other processes wait with growing pauses and then serve the stored answer', async () => {
    const { ask, pass, memory, until, calls, call } = await processes(4, { followElsewhere: false });
    const asked = Array.from({ length: 40 }, (_, index) => ask(index % 4));
    await pass(12_000, 50);
    expect(calls.length).toBe(1);
    answer(call(0));
    const replies = outcome(Promise.all(asked));
    await until(() => replies.value !== undefined, 50);
    expect(new Set(await Promise.all((replies.value ?? []).map(textOf)))).toEqual(new Set([completion()]));
    expect(calls.length).toBe(1);
    expect(memory.published).toBe(0);
  });

  it('other processes also wait when the store offers no following', async () => {
    const { ask, pass, until, calls, call } = await processes(2, {}, false);
    const asked = [0, 1].map((index) => ask(index));
    await pass(3000, 50);
    answer(call(0));
    const replies = outcome(Promise.all(asked));
    await until(() => replies.value !== undefined, 50);
    expect(calls.length).toBe(1);
  });
});

describe('what is shared between credentials and processes', () => {
  it('an error is shared with followers of the same credential, without the leader’s own headers', async () => {
    const { ask, pass, calls, call } = await processes(2);
    const asked = [0, 1].map((index) => ask(index));
    await pass(50);
    call(0).begin(429, { ...json, 'retry-after': '7', 'set-cookie': 'a=b' });
    call(0).send(apiError('slow down'));
    call(0).end();
    await pass(100);
    const replies = await Promise.all(asked);
    expect(replies.map(({ status }) => status)).toEqual([429, 429]);
    const follower = replies.find(
      ({ cacheStatus }) => cacheStatus.kind === 'forward' && cacheStatus.collapsed,
    );
    expect(follower?.headers).toMatchObject({ 'retry-after': '7' });
    expect(follower?.headers['set-cookie']).toBe(undefined);
    expect(calls.length).toBe(1);
  });

  it('a provider failure before any answer is shared with followers of the same credential', async () => {
    const { ask, pass, calls, call } = await processes(2);
    const asked = [0, 1].map((index) => outcome(ask(index)));
    await pass(50);
    call(0).fail(new Error('connection refused'));
    await pass(100);
    for (const { error } of asked) expect(error).toMatchObject({ code: 'provider_unreachable' });
    expect(calls.length).toBe(1);
  });

  it('another accepted credential follows answers across processes but not failures: it asks anew', async () => {
    const { ask, pass, until, calls, call } = await processes(2, { scope: 'shared' });
    // Both credentials are accepted, each in its own process.
    for (const [index, key] of ['alpha', 'beta'].entries()) {
      const warmed = ask(index, { key, question: key });
      await pass(20);
      answer(call(index));
      await pass(20);
      await warmed;
    }
    const both = [ask(0, { key: 'alpha', question: 'good' }), ask(1, { key: 'beta', question: 'good' })];
    await pass(20);
    answer(call(2));
    await pass(50);
    expect(await Promise.all((await Promise.all(both)).map(textOf))).toEqual([completion(), completion()]);
    expect(calls.length).toBe(3);

    const leading = ask(0, { key: 'alpha', question: 'bad' });
    await pass(20);
    const following = outcome(ask(1, { key: 'beta', question: 'bad' }));
    await pass(20);
    answer(call(3), apiError('overloaded'), 503);
    await until(() => calls.length === 5);
    answer(call(4), completion({ text: 'for beta' }));
    await pass(50);
    expect((await leading).status).toBe(503);
    expect(await textOf(there(following))).toContain('for beta');
  });

  it('a credential that was never accepted follows nothing and asks for itself', async () => {
    const { ask, pass, calls, call } = await processes(2, { scope: 'shared' });
    const first = ask(0, { key: 'alpha' });
    await pass(20);
    const second = ask(1, { key: 'beta' });
    await pass(20);
    expect(calls.length).toBe(2);
    for (const index of [0, 1]) answer(call(index));
    await pass(50);
    await Promise.all([first, second]);
    expect(calls.length).toBe(2);
  });

  it('a relayed answer does not count as the provider’s acceptance of the follower', async () => {
    const { ask, pass, one, clock, call } = await processes(2, { scope: 'shared', credentialHours: 1 });
    const accepted = ask(1, { key: 'beta', question: 'first' });
    await pass(20);
    answer(call(0));
    await pass(20);
    await accepted;
    clock.advance(59 * 60_000);
    await pass(500);
    const leading = ask(0, { key: 'alpha', question: 'second' });
    await pass(20);
    const following = ask(1, { key: 'beta', question: 'second' });
    await pass(50);
    answer(call(1));
    await pass(50);
    await Promise.all([leading, following]);
    expect(one(1).count('followed')).toBe(1);
    clock.advance(2 * 60_000);
    await pass(500);
    const again = chat({ key: 'beta', question: 'second' });
    expect(await one(1).cache.explain(again)).toMatchObject({ kind: 'miss', reason: 'credential' });
  });

  it.each([{ noCache: true }, { maxAge: 60 }])(
    'a request with %j follows no flight of another process',
    async (directives) => {
      const { ask, pass, memory, calls, call } = await processes(2);
      const first = ask(0);
      await pass(20);
      const second = ask(1, { directives });
      await pass(20);
      expect(calls.length).toBe(2);
      for (const index of [0, 1]) answer(call(index));
      await pass(50);
      await Promise.all([first, second]);
      expect(memory.published).toBe(0);
    },
  );

  it.each([{ noCache: true }, { maxAge: 60 }])(
    'a request with %j joins none of the flights that its process follows',
    async (directives) => {
      const { ask, pass, calls, call, one } = await processes(2);
      const first = ask(0);
      await pass(20);
      const second = ask(1);
      await pass(200);
      expect(one(1).count('followed')).toBe(1);
      const third = ask(1, { directives });
      await pass(20);
      expect(calls.length).toBe(2);
      answer(call(0), completion({ text: 'older' }));
      answer(call(1), completion({ text: 'newer' }));
      await pass(50);
      const texts = await Promise.all([first, second, third].map(async (asked) => textOf(await asked)));
      expect(texts.map((text) => /older|newer/.exec(text)?.[0])).toEqual(['older', 'older', 'newer']);
    },
  );

  it('each process asks for itself while stampede protection is off', async () => {
    const { ask, pass, calls, call } = await processes(2, { stampedeProtection: false });
    const asked = [0, 1].map((index) => ask(index));
    await pass(20);
    expect(calls.length).toBe(2);
    for (const index of [0, 1]) answer(call(index));
    await Promise.all(asked);
  });
});
