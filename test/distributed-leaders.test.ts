/**
 * Followers in other processes when their leader dies, exceeds its limit, is invalidated or has just stored its answer.
 */
import type { Reply } from 'askonce';
import { describe, expect, it } from 'vitest';
import { answer, chat, completion, events, sse, stream } from './support/chat.ts';
import { listen, settled, textOf } from './support/gated-provider.ts';
import { outcome, processes, there } from './support/processes.ts';

const streamed = { body: { stream: true } };

describe('a lost leader', () => {
  it('when a leader is lost before the first byte, the next process asks and all get a whole answer', async () => {
    const { ask, pass, one, until, calls, call } = await processes(4);
    const first = outcome(ask(0, streamed));
    await pass(20);
    const asked = Array.from({ length: 30 }, (_, index) => ask(1 + (index % 3), streamed));
    await pass(3000, 50);
    one(0).kill();
    await until(() => calls.length === 2, 50);
    stream(call(1), events(['second']));
    await pass(200);
    for (const reply of await Promise.all(asked))
      expect(await textOf(reply)).toBe(events(['second']).join(''));
    expect(calls.length).toBe(2);
    expect(first.value).toBe(undefined);
  });

  it('when a leader is lost in mid-stream, its stream’s followers get an error and a waiting body gets a whole answer', async () => {
    const { ask, pass, one, until, calls, call } = await processes(3);
    const usage = { body: { stream: true, stream_options: { include_usage: true } } };
    void ask(0, usage);
    await pass(20);
    const reading = ask(1, usage);
    await settled();
    // A body may follow a stream that reports its usage.
    const waiting = ask(1);
    await pass(20);
    call(0).begin(200, sse);
    call(0).send(events(['first'])[0] ?? '');
    await pass(100);
    const heard = listen(await reading);
    await pass(50);
    one(0).kill();
    const whole = outcome(waiting);
    await until(() => heard.error !== undefined, 50);
    expect(heard.error).toMatchObject({ code: 'provider_broke_off' });
    expect(heard.text).toBe(events(['first'])[0]);
    await until(() => calls.length === 2);
    answer(call(1), completion({ text: 'second' }));
    await pass(100);
    expect(await textOf(there(whole))).toContain('second');
  });

  it('a leader paused beyond its lease can neither replace the newer entry nor reach a follower when it resumes', async () => {
    const { ask, pass, one, until, memory, calls, call } = await processes(2);
    const first = ask(0);
    await pass(20);
    const second = outcome(ask(1));
    await pass(20);
    one(0).pause();
    await until(() => calls.length === 2, 50);
    answer(call(1), completion({ text: 'newer' }));
    await pass(50);
    expect(await textOf(there(second))).toContain('newer');
    answer(call(0), completion({ text: 'older' }));
    one(0).resume();
    await pass(3000);
    expect(await textOf(await first)).toContain('older');
    expect(one(0).count('lease', 'lost')).toBe(1);
    const kept = await ask(1);
    expect(kept.cacheStatus.kind).toBe('hit');
    expect(await textOf(kept)).toContain('newer');
    expect(memory.held).toEqual([]);
  });

  it('a stream whose published end was lost is completed from the stored entry', async () => {
    const { ask, pass, memory, until, calls, call } = await processes(2);
    const first = ask(0, streamed);
    await pass(20);
    const second = ask(1, streamed);
    await pass(20);
    const all = events(['one ', 'two ', 'three']);
    call(0).begin(200, sse);
    call(0).send(all[0] ?? '');
    await pass(50);
    const heard = listen(await second);
    memory.tamper(() => []);
    for (const event of all.slice(1)) call(0).send(event);
    call(0).end();
    await until(() => heard.ended || heard.error !== undefined, 50);
    expect(heard.text).toBe(all.join(''));
    expect(calls.length).toBe(1);
    await textOf(await first);
  });
});

describe('an answer too large to follow', () => {
  it('an answer over the flight limit reaches its own clients whole, breaks off for streams elsewhere, and a waiting body asks anew', async () => {
    const { ask, pass, calls, call } = await processes(2, { flightMaxBytes: 65_536 });
    const usage = { body: { stream: true, stream_options: { include_usage: true } } };
    const leading = ask(0, usage);
    await pass(20);
    const reading = ask(1, usage);
    await settled();
    // It follows the stream, and is sent nothing before the stream has ended.
    const waiting = outcome(ask(1));
    await pass(50);
    const pieces = events(Array.from({ length: 30 }, () => 'x'.repeat(4000)));
    call(0).begin(200, sse);
    call(0).send(pieces[0] ?? '');
    await pass(50);
    const own = listen(await leading);
    const elsewhere = listen(await reading);
    for (const piece of pieces.slice(1)) {
      call(0).send(piece);
      await pass(40);
    }
    expect(elsewhere.error).toMatchObject({ code: 'provider_broke_off' });
    expect(elsewhere.text.length).toBeGreaterThan(0);
    expect(pieces.join('').startsWith(elsewhere.text)).toBe(true);
    expect(calls.length).toBe(2);
    answer(call(1));
    call(0).end();
    await pass(50);
    expect(await textOf(there(waiting))).toBe(completion());
    expect([own.text, own.ended]).toEqual([pieces.join(''), true]);
  });

  it('a request that comes after a flight has exceeded its limit does not wait for it', async () => {
    const { ask, pass, calls, call } = await processes(2, { flightMaxBytes: 65_536 });
    const leading = ask(0, streamed);
    await pass(20);
    call(0).begin(200, sse);
    call(0).send(`data: ${'x'.repeat(70_000)}\n\n`);
    await pass(20);
    const own = listen(await leading);
    const late = ask(1, streamed);
    await pass(50);
    expect(calls.length).toBe(2);
    stream(call(1), events(['a']));
    call(0).end();
    await pass(50);
    expect(await textOf(await late)).toBe(events(['a']).join(''));
    expect(own.ended).toBe(true);
  });
});

describe('invalidation across processes', () => {
  it('an invalidated flight is not joined by later requests in any process, and does not replace their answer', async () => {
    const { ask, pass, one, calls, call } = await processes(2);
    const leading = ask(0);
    await pass(20);
    const before = ask(1);
    await pass(20);
    await one(1).cache.invalidate({ all: true });
    const after = ask(1);
    await pass(500);
    expect(calls.length).toBe(2);
    answer(call(1), completion({ text: 'new' }));
    await pass(50);
    expect(await textOf(await after)).toContain('new');
    answer(call(0), completion({ text: 'old' }));
    await pass(50);
    // Requests from before the invalidation may have it.
    expect(await textOf(await before)).toContain('old');
    expect(await textOf(await leading)).toContain('old');
    for (const index of [0, 1]) {
      const kept = await ask(index);
      expect(kept.cacheStatus.kind).toBe('hit');
      expect(await textOf(kept)).toContain('new');
    }
  });

  it('an invalidation by a tag that only a follower in another process brought removes the answer', async () => {
    const { ask, pass, one, provider, calls, call } = await processes(2);
    const leading = ask(0);
    await pass(20);
    const tagged = chat({ context: { tags: ['page=7'] } });
    const following = one(1).cache.ask(tagged, provider);
    await pass(50);
    answer(call(0));
    await pass(50);
    await Promise.all([leading, following]);
    expect(calls.length).toBe(1);
    await one(0).cache.invalidate({ tags: ['page=7'] });
    const again = one(1).cache.ask(tagged, provider);
    await pass(1000, 50);
    expect(calls.length).toBe(2);
    answer(call(1), completion({ text: 'new' }));
    await pass(50);
    expect(await textOf(await again)).toContain('new');
  });
});

describe('a request that joins a flight which follows another process', () => {
  it.each(['before', 'after'])(
    'is not served an answer that was invalidated by its own tag, whether it joins %s the leader is heard of',
    async (when) => {
      const { ask, pass, one, provider, calls, call } = await processes(2);
      const tagged = chat({ context: { tags: ['page=7'] } });
      const leading = ask(0);
      await pass(20);
      await one(1).cache.invalidate({ tags: ['page=7'] });
      await pass(20);
      // Without the tag the leader's answer is good.
      const following = ask(1);
      if (when === 'after') await pass(200);
      const joining = one(1).cache.ask(tagged, provider);
      await pass(500, 50);
      answer(call(0), completion({ text: 'old' }));
      await pass(500, 50);
      expect(calls.length).toBe(2);
      answer(call(1), completion({ text: 'new' }));
      await pass(500, 50);
      expect(await textOf(await joining)).toContain('new');
      expect(await textOf(await leading)).toContain('old');
      await following;
    },
  );
});

describe('between the lookup and the call', () => {
  it('a second look under the lease finds the answer that another process has just stored', async () => {
    const { ask, pass, calls, call } = await processes(2);
    const first = ask(0);
    await pass(20);
    answer(call(0));
    // The second process looks up while the first is storing, and takes the lease once the first has released
    // it.
    const seconds: Promise<Reply>[] = [];
    for (let turn = 0; turn < 12; turn++) {
      seconds.push(ask(1));
      await new Promise(setImmediate);
    }
    await pass(2000, 50);
    await first;
    for (const reply of await Promise.all(seconds)) expect(await textOf(reply)).toBe(completion());
    expect(calls.length).toBe(1);
  });
});
