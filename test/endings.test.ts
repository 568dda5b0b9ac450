import type { Provider, Reply } from 'askonce';
import { pushedBody } from 'askonce/gateway-kit';
import { describe, expect, it } from 'vitest';
import { chat, events, sse } from './support/chat.ts';
import { type GatedCall, listen, settled, textOf } from './support/gated-provider.ts';
import { outcome, processes, there } from './support/processes.ts';
import { setUpCache } from './support/set-up-cache.ts';

const streamed = { body: { stream: true } };
const whole = events(['Par', 'is.']);
const text = whole.join('');

/** The body of a reply that is still coming; `begun` is called once it is read. */
function bodyOf({ body }: Reply, begun: () => void): AsyncIterable<Uint8Array> {
  if (body instanceof Uint8Array) throw new Error('the body is whole already');
  queueMicrotask(begun);
  return body;
}

async function asked(settings = {}, wish: Parameters<typeof chat>[0] = streamed) {
  const made = setUpCache({ settings });
  const replying = made.cache.ask(chat(wish), made.provider);
  await settled();
  const call = made.call(0);
  call.begin(200, sse);
  const reader = listen(await replying);
  const isHit = async () => (await made.cache.ask(chat(wish), made.provider)).cacheStatus.kind === 'hit';
  return { ...made, reader, call, isHit };
}

/** What a connection does behind the end mark. */
const afterwards: Readonly<Record<string, (call: GatedCall) => void>> = {
  'goes silent': () => {},
  'is reset': (call) => call.fail(new Error('reset')),
  ends: (call) => call.end(),
  'sends comments': (call) => call.send(': keep-alive\n\n'),
  'sends the end mark again': (call) => call.send('data: [DONE]\n\n'),
  'sends usage': (call) => call.send('data: {"choices":[],"usage":{"total_tokens":1}}\n\n'),
  'sends an error': (call) => call.send('data: {"error":{"message":"too late"}}\n\n'),
  'sends a part of an event': (call) => call.send('data: {"x'),
};

describe('a stream that has reached its end mark', () => {
  it.each(Object.entries(afterwards))(
    'a stream whose connection then %s is stored and has ended for all that read it',
    async (_what, then) => {
      const { reader, call, isHit, cache, provider, calls } = await asked();
      const follower = listen(await cache.ask(chat(streamed), provider));
      for (const event of whole) call.send(event);
      await settled();
      expect([reader, follower].map(({ text, ended }) => [text, ended])).toEqual([
        [text, true],
        [text, true],
      ]);
      then(call);
      await settled();
      expect([reader.text, reader.error]).toEqual([text, undefined]);
      expect(await isHit()).toBe(true);
      const again = await cache.ask(chat(streamed), provider);
      expect(await textOf(again)).toBe(text);
      expect(calls.length).toBe(1);
    },
  );

  it('what comes in one piece with the end mark is neither passed on nor stored', async () => {
    const { reader, call, cache, provider } = await asked();
    call.send(`${text}: bye\n\ndata: [DONE]\n\ndata: {"error":{"message":"too late"}}\n\n`);
    await settled();
    expect([reader.text, reader.ended]).toEqual([text, true]);
    expect(await textOf(await cache.ask(chat(streamed), provider))).toBe(text);
  });

  it('a connection that ends soon after the end mark is not cut off', async () => {
    const { call, pass } = await asked();
    call.send(text);
    await pass(900, 100);
    call.end();
    await pass(5000, 100);
    expect([call.signal.aborted, call.left]).toEqual([false, false]);
  });

  it('a connection that stays open is cut off a second after the end mark', async () => {
    const { call, pass } = await asked();
    call.send(text);
    await pass(900, 100);
    expect([call.signal.aborted, call.left]).toEqual([false, false]);
    await pass(200, 100);
    expect([call.signal.aborted, call.left]).toEqual([true, true]);
  });

  it('a connection that goes on sending is cut off after 64 KB', async () => {
    const { call } = await asked();
    call.send(text);
    for (let piece = 0; piece < 65; piece++) call.send(Buffer.alloc(1024, ':'));
    await settled();
    expect([call.signal.aborted, call.left]).toEqual([true, true]);
  });

  it.each(['finish', 'cancel'] as const)(
    'an answer is stored if its only reader leaves at the end mark, with abandoned generations set to %s',
    async (abandoned) => {
      const settings = { abandoned, abandonedMs: 0, abandonedBytes: 0 };
      const { cache, provider, call, count } = setUpCache({ settings });
      const replying = cache.ask(chat(streamed), provider);
      await settled();
      call(0).begin(200, sse);
      for await (const piece of bodyOf(await replying, () => call(0).send(text)))
        if (Buffer.from(piece).includes('[DONE]')) break;
      await settled();
      expect(count('stored')).toBe(1);
      expect((await cache.ask(chat(streamed), provider)).cacheStatus.kind).toBe('hit');
    },
  );

  it('an abandoned answer whose last piece exceeds the limit on bytes, and completes it, is stored', async () => {
    const { reader, call, isHit } = await asked({ abandonedBytes: 10 });
    reader.leave();
    call.send(text);
    await settled();
    expect(await isHit()).toBe(true);
  });

  it('an end mark with CR line ends is waited for no longer than its LF could take', async () => {
    const { reader, call, isHit, pass } = await asked();
    const withCr = text.replaceAll('\n', '\r');
    call.send(withCr);
    await settled();
    expect([reader.text, reader.ended]).toEqual([withCr, false]);
    await pass(200, 50);
    expect(reader.ended).toBe(true);
    expect(await isHit()).toBe(true);
  });

  it('an end mark that is cut before its last LF is recorded with it', async () => {
    const { reader, call, cache, provider } = await asked();
    const withCrLf = text.replaceAll('\n', '\r\n');
    call.send(withCrLf.slice(0, -1));
    await settled();
    call.send('\n');
    await settled();
    expect([reader.text, reader.ended]).toEqual([withCrLf, true]);
    expect(await textOf(await cache.ask(chat(streamed), provider))).toBe(withCrLf);
  });

  it('an end mark that is cut before its last LF ends the answer also if the connection is then reset', async () => {
    const { reader, call, isHit } = await asked();
    call.send(text.replaceAll('\n', '\r\n').slice(0, -1));
    await settled();
    call.fail(new Error('reset'));
    await settled();
    expect([reader.ended, reader.error]).toEqual([true, undefined]);
    expect(await isHit()).toBe(true);
  });

  it('an answer beyond the limit of a flight ends at its end mark, and is not stored', async () => {
    const { reader, call, isHit } = await asked({ flightMaxBytes: 65_536 });
    const long = events(Array.from({ length: 100 }, () => 'a'.repeat(1024)));
    for (const event of long) call.send(event);
    await settled();
    expect([reader.text.length, reader.ended]).toEqual([long.join('').length, true]);
    expect(call.left).toBe(false);
    const asking = isHit();
    await settled();
    expect(reader.error).toBeUndefined();
    void asking;
  });
});

describe('a body that its provider pushes', () => {
  /** A provider that pushes; what the cache does to it is noted. */
  function pushing() {
    const noted: string[] = [];
    const body = pushedBody({
      pause: () => noted.push('pause'),
      resume: () => noted.push('resume'),
      left: () => noted.push('left'),
    });
    const provider: Provider = async (_request, signal) => {
      signal.addEventListener('abort', () => noted.push('aborted'));
      return { status: 200, headers: sse, body: body.live };
    };
    return { noted, body, provider };
  }

  async function askedPushing() {
    const { noted, body, provider } = pushing();
    const made = setUpCache();
    const reader = listen(await made.cache.ask(chat(streamed), provider));
    body.write(Buffer.from(text));
    await settled();
    expect([reader.text, reader.ended]).toEqual([text, true]);
    expect((await made.cache.ask(chat(streamed), provider)).cacheStatus.kind).toBe('hit');
    return { ...made, noted, body, reader };
  }

  it('a pushed answer has ended at its end mark, and its silent connection is closed after a second', async () => {
    const { noted, pass } = await askedPushing();
    await pass(900, 100);
    expect(noted).toEqual([]);
    await pass(200, 100);
    expect(noted).toEqual(['left', 'aborted']);
  });

  it('a pushed answer whose connection ends or fails behind its end mark is left alone', async () => {
    for (const how of ['end', 'fail'] as const) {
      const { noted, pass, body, reader } = await askedPushing();
      if (how === 'end') body.end();
      else body.fail(new Error('reset'));
      await pass(5000, 100);
      expect([noted, reader.error]).toEqual([[], undefined]);
    }
  });

  it('a pushed answer with more than 64 KB behind its end mark is closed at once', async () => {
    const { noted, body } = await askedPushing();
    body.write(Buffer.alloc(65 * 1024, ':'));
    await settled();
    expect(noted).toEqual(['left', 'aborted']);
  });
});

describe('a stream without its end mark', () => {
  const unmarked = whole.slice(0, -1);

  async function isStored(sent: readonly string[], settings = {}, body: object = { stream: true }) {
    const { call, count } = await asked(settings, { body: { ...body } });
    for (const event of sent) call.send(event);
    call.end();
    await settled();
    return count('stored') === 1;
  }

  it('a stream that ends in order behind its finish word is complete, unless the setting refuses it', async () => {
    expect(await isStored(unmarked)).toBe(true);
    expect(await isStored(unmarked, { missingEndMark: 'refuse' })).toBe(false);
  });

  it.each(['data: [DONE]', 'data:[DONE]\n', 'data: [DONE] \r\n'])(
    'a stream that ends in %j, without a blank line, ends as one without its end mark',
    async (mark) => {
      expect(await isStored([...unmarked, mark])).toBe(true);
      expect(await isStored([...unmarked, mark], { missingEndMark: 'refuse' })).toBe(false);
      expect(await isStored([...whole.slice(0, -2), mark])).toBe(false);
    },
  );

  it.each<[string, readonly string[]]>([
    ['half of an end mark', [...unmarked, 'data: [DON']],
    ['no finish word', whole.slice(0, -2)],
    ['an unknown finish word', events(['Paris.'], { finish: 'of its own' }).slice(0, -1)],
    ['a limit on tokens', events(['Paris.'], { finish: 'length' }).slice(0, -1)],
    ['a part of another event', [...unmarked, 'data: {"cho']],
    ['a choice missing', [...unmarked.map((event) => event.replace('"index":0', '"index":1'))]],
    ['an error behind it', [...unmarked, 'data: {"error":{"message":"no"}}\n\n']],
  ])('a stream without its end mark and with %s is not stored', async (_what, sent) => {
    expect(await isStored(sent)).toBe(false);
  });

  it.each([{}, { include_obfuscation: false }])(
    'a stream that was asked for usage and has none is incomplete without its end mark (%j)',
    async (more) => {
      const usage = { stream: true, stream_options: { include_usage: true, ...more } };
      expect(await isStored(unmarked, {}, usage)).toBe(false);
      expect(await isStored(events(['Paris.'], { usage: true }).slice(0, -1), {}, usage)).toBe(true);
    },
  );

  it('a stream that breaks off behind its finish word is not stored', async () => {
    const { call, count, reader } = await asked();
    for (const event of unmarked) call.send(event);
    call.fail(new Error('reset'));
    await settled();
    expect([count('stored'), reader.ended]).toEqual([0, false]);
  });
});

describe('finish words', () => {
  async function stored(finish: string, settings = {}) {
    const { call, events: seen } = await asked(settings);
    for (const event of events(['Paris.'], { finish })) call.send(event);
    await settled();
    return seen.flatMap((event) => (event.type === 'refused' ? [event.reason] : [])).join() || 'stored';
  }

  it('an unknown finish word of a complete stream is a natural end, and a known one has its meaning', async () => {
    expect(await stored('a word of next year')).toBe('stored');
    expect(await stored('EOS')).toBe('stored');
    expect(await stored('MAX_TOKENS')).toBe('length');
  });

  it('the setting finishWords gives words another meaning', async () => {
    const settings = { finishWords: ['cut_short=length', 'stop=refused'] };
    expect(await stored('Cut Short', settings)).toBe('length');
    expect(await stored('stop', settings)).toBe('refused');
  });
});

describe('a stream that bypasses the cache', () => {
  const bypassing = { ...streamed, directives: { noStore: true } };

  it('a failure behind the end mark of a bypassing stream is no failure', async () => {
    const { reader, call } = await asked({}, bypassing);
    call.send(text);
    await settled();
    expect(reader.ended).toBe(false);
    call.send(': bye\n\n');
    call.fail(new Error('reset'));
    await settled();
    expect([reader.text, reader.ended, reader.error]).toEqual([`${text}: bye\n\n`, true, undefined]);
  });

  it('a bypassing stream whose connection stays open ends a second after its end mark', async () => {
    const { reader, call, pass } = await asked({}, bypassing);
    call.send(text);
    await pass(900, 100);
    expect([reader.ended, call.signal.aborted]).toEqual([false, false]);
    await pass(200, 100);
    expect([reader.text, reader.ended, call.signal.aborted]).toEqual([text, true, true]);
  });

  it('a bypassing stream that breaks off before its end mark fails', async () => {
    const { reader, call } = await asked({}, bypassing);
    call.send(whole[0] ?? '');
    call.fail(new Error('reset'));
    await settled();
    expect([reader.ended, reader.error?.message]).toEqual([false, expect.stringContaining('broke off')]);
  });
});

describe('a refresh', () => {
  it('a refresh is done at the end mark, while the connection stays open', async () => {
    const settings = { staleWhileRevalidate: true, staleDays: 1 / 24, ttlDays: 1 };
    const { call, cache, provider, clock, events: seen, ...rest } = await asked(settings);
    call.send(text);
    call.end();
    await settled();
    clock.advance(3_605_000);
    await cache.ask(chat(streamed), provider);
    await settled();
    const refreshing = rest.calls[1];
    refreshing?.begin(200, sse);
    refreshing?.send(text.replace('Par', 'Lon'));
    await settled();
    expect(seen.flatMap((event) => (event.type === 'refresh' ? [event.outcome] : []))).toEqual([
      'started',
      'succeeded',
    ]);
    expect(await textOf(await cache.ask(chat(streamed), provider))).toContain('Lon');
  });
});

describe('a stream that another process leads', () => {
  it('followers in another process are done at the end mark, and know that the answer is stored', async () => {
    const { ask, call, pass, all, one } = await processes(2);
    const leading = outcome(ask(0, streamed));
    await pass(20);
    const following = outcome(ask(1, streamed));
    await pass(50);
    call(0).begin(200, sse);
    await pass(50);
    call(0).send(text);
    await pass(200);
    const readers = [leading, following].map((reply) => listen(there(reply)));
    await pass(50);
    expect(readers.map((reader) => [reader.text, reader.ended])).toEqual([
      [text, true],
      [text, true],
    ]);
    expect(all.map(({ count }) => count('provider-call'))).toEqual([1, 0]);
    expect(one(0).count('stored')).toBe(1);
  });

  it('a follower whose leader dies behind the end mark has the whole answer, and no error', async () => {
    const { ask, call, pass, one, memory } = await processes(2);
    const leading = outcome(ask(0, streamed));
    await pass(20);
    const following = outcome(ask(1, streamed));
    await pass(50);
    call(0).begin(200, sse);
    call(0).send(whole[0] ?? '');
    await pass(50);
    const reader = listen(there(following));
    // The end of the broadcast never arrives.
    memory.tamper((frames) => frames.filter((frame) => frame[0] === 0));
    call(0).send(whole.slice(1).join(''));
    await pass(100);
    one(0).kill();
    await pass(3000, 50);
    expect([reader.text, reader.ended, reader.error]).toEqual([text, true, undefined]);
    expect(leading.error).toBeUndefined();
  });
});
