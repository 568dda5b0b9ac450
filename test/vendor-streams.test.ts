/**
 * Streams of made-up vendors: shared, replayed, stored, converted and followed in framings that no built-in protocol has.
 */
import type { Provider, Recording } from 'askonce';
import type { Framing } from 'askonce/protocol';
import { describeProtocolContract } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import { listen, settled, textOf } from './support/gated-provider.ts';
import { processes } from './support/processes.ts';
import { once } from './support/set-up-cache.ts';
import { bodyOf, eventsOf, vendors } from './support/vendor-protocols.ts';
import { headersOf, prompt, requestOf, setUp, spoken, texts, wire } from './support/vendor-requests.ts';

describe.each(Object.entries(spoken))('a vendor that streams %s', (_name, { protocol, framing, stream }) => {
  const type = { 'content-type': framing.contentType };
  const whole = wire(framing, eventsOf(texts));

  it('a stream of a vendor’s own framing is asked for once, passed on as it arrives, and replayed byte for byte', async () => {
    const { cache, provider, calls, call } = setUp();
    const asked = cache.ask(requestOf(stream), provider);
    await settled();
    call(0).begin(200, type);
    const leader = listen(await asked);
    const follower = listen(await cache.ask(requestOf(stream), provider));
    // Cut at every seventh byte, wherever that lies in an event.
    const bytes = Buffer.from(whole);
    for (let at = 0; at < bytes.length; at += 7) {
      call(0).send(bytes.subarray(at, at + 7));
      await settled();
      expect(leader.text).toBe(bytes.subarray(0, at + 7).toString('latin1'));
    }
    call(0).end();
    await settled();
    expect([leader.ended, follower.ended, follower.text === leader.text]).toEqual([true, true, true]);
    const hit = await cache.ask(requestOf(stream), provider);
    expect(hit.cacheStatus).toMatchObject({ kind: 'hit', detail: 'memory' });
    expect(hit.framing).toBe(framing);
    expect([await textOf(hit), calls.length]).toEqual([whole, 1]);
    const entry = await cache.get(requestOf(stream));
    expect(entry?.meta.usage).toEqual({ inputTokens: 3, outputTokens: 3 });
    expect(entry?.meta.subject).toBe('small');
    const events = entry === undefined ? [] : framing.read(entry.recording);
    expect(events.map(({ data }) => data)).toEqual(eventsOf(texts));
  });

  it('a stream of a vendor’s own framing is replayed event by event at the recorded pace', async () => {
    const { cache, clock, provider, call } = setUp({ replayPace: 'recorded' });
    const asked = cache.ask(requestOf(stream), provider);
    await settled();
    call(0).begin(200, type);
    const first = listen(await asked);
    const pieces = piecesOf(framing, eventsOf(texts));
    for (const piece of pieces) {
      call(0).send(piece);
      await settled();
      clock.advance(100);
    }
    call(0).end();
    await settled();
    expect(first.ended).toBe(true);
    const replay = listen(await cache.ask(requestOf(stream), provider));
    await settled();
    const heard = [replay.text];
    for (let event = 1; event < pieces.length; event++) {
      clock.advance(100);
      heard.push(replay.text);
    }
    expect(heard).toEqual(pieces.map((_, index) => latin(pieces.slice(0, index + 1).join(''))));
  });

  it('a vendor’s stream that ended early is not stored, and the error is reported as an event of its own', async () => {
    const { cache, provider, call, count } = setUp();
    const [, second = ''] = piecesOf(framing, eventsOf(texts));
    const [start = ''] = piecesOf(framing, eventsOf(texts));
    const asked = cache.ask(requestOf(stream), provider);
    await settled();
    call(0).begin(200, type);
    const reply = await asked;
    const reader = listen(reply);
    call(0).send(start + second);
    await settled();
    call(0).fail(new Error('reset'));
    await settled();
    expect(reader.error).toMatchObject({ code: 'provider_broke_off' });
    expect(count('stored')).toBe(0);

    const ending = framing.ending();
    ending.push(Buffer.from(start + second));
    const info = { status: 502, code: 'provider_broke_off', message: 'ask again' } as const;
    const last = ending.last(protocol.errorEvent(info, framing));
    const heard = Buffer.from(start + second + last);
    const cutter = framing.cutter();
    const ends = Uint32Array.from([...cutter.push(heard), ...[cutter.finish() ?? []].flat()]);
    const recording = { form: 'stream', status: 200, headers: type, body: heard } as const;
    const events = framing.read({ ...recording, events: { ends, at: new Uint32Array(ends.length) } });
    expect(events.map(({ data }) => data)).toEqual([
      ...eventsOf(texts).slice(0, 2),
      '{"error":"provider_broke_off: ask again"}',
    ]);
    expect(protocol.assess({ ...recording, events: { ends, at: new Uint32Array(ends.length) } }).finish).toBe(
      'failed',
    );
    ending.push(Buffer.from(start.slice(0, -2)));
    expect(ending.last(protocol.errorEvent(info, framing))).toBeUndefined();
  });

  it('a vendor’s stream without its end mark is not stored, however the connection ended', async () => {
    const { cache, provider, call, count } = setUp();
    const asked = cache.ask(requestOf(stream), provider);
    await settled();
    call(0).begin(200, type);
    const reader = listen(await asked);
    call(0).send(piecesOf(framing, eventsOf(texts)).slice(0, 2).join(''));
    call(0).end();
    await settled();
    expect([reader.ended, count('stored'), count('refused')]).toEqual([true, 0, 1]);
  });

  it('a vendor’s error is passed on as it came', async () => {
    const { cache, provider, call, count } = setUp();
    const asked = cache.ask(requestOf(stream), provider);
    await settled();
    call(0).begin(400, { 'content-type': 'application/json' });
    call(0).send('{"error":"no such model"}');
    call(0).end();
    const reply = await asked;
    expect([reply.status, await textOf(reply), reply.framing]).toEqual([
      400,
      '{"error":"no such model"}',
      undefined,
    ]);
    expect(count('stored')).toBe(0);
  });

  it('a framing without event ids ignores a request for them', async () => {
    const { cache, provider } = setUp();
    const streamOnce: Provider = async () => ({ status: 200, headers: type, body: once(whole) });
    const directives = { eventIds: true };
    const first = await textOf(await cache.ask(requestOf({ ...stream, directives }), streamOnce));
    await settled();
    const hit = await textOf(await cache.ask(requestOf({ ...stream, directives }), provider));
    expect([first, hit]).toEqual([whole, whole]);
  });

  it('a stream is followed by another process, event by event, and replayed there byte for byte', async () => {
    const { one, pass, provider, calls, call } = await processes(2, {}, true, vendors);
    const asked = [0, 1].map((index) => one(index).cache.ask(requestOf(stream), provider));
    await pass(50);
    call(0).begin(200, type);
    const pieces = piecesOf(framing, eventsOf(texts));
    call(0).send(pieces[0] ?? '');
    await pass(50);
    const listeners = (await Promise.all(asked)).map(listen);
    let sent = pieces[0] ?? '';
    for (const piece of pieces.slice(1)) {
      call(0).send(piece);
      sent += piece;
      await pass(40);
      expect(listeners.map(({ text }) => text)).toEqual([latin(sent), latin(sent)]);
    }
    call(0).end();
    await pass(50);
    expect(listeners.map(({ ended }) => ended)).toEqual([true, true]);
    const hit = await one(1).cache.ask(requestOf(stream), provider);
    expect([hit.cacheStatus.kind, await textOf(hit), calls.length]).toEqual(['hit', whole, 1]);
  });
});

const bodied = Object.entries(spoken).flatMap(([name, { body, ...vendor }]) =>
  body === undefined ? [] : [[name, { ...vendor, body }] as const],
);

describe.each(bodied)('a vendor with bodies that streams %s', (_name, { framing, stream, body }) => {
  const type = { 'content-type': framing.contentType };
  const whole = wire(framing, eventsOf(texts));

  it('a vendor’s stored stream serves a body, and a stored body serves a stream', async () => {
    const { cache, provider, calls } = setUp();
    const streamOnce: Provider = async () => ({ status: 200, headers: type, body: once(whole) });
    await textOf(await cache.ask(requestOf(stream), streamOnce));
    await settled();
    const converted = await cache.ask(requestOf(body), provider);
    expect(converted.cacheStatus).toMatchObject({ kind: 'hit', detail: 'converted' });
    expect(await textOf(converted)).toBe(bodyOf(texts));

    const other = setUp();
    const bodyOnce: Provider = async () => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: once(bodyOf(texts)),
    });
    await textOf(await other.cache.ask(requestOf(body), bodyOnce));
    await settled();
    const streamed = await other.cache.ask(requestOf(stream), other.provider);
    expect(streamed.cacheStatus).toMatchObject({ kind: 'hit', detail: 'converted' });
    expect(streamed.headers['content-type']).toBe(framing.contentType);
    expect(await textOf(streamed)).toBe(wire(framing, eventsOf([texts.join('')]).map(withUsage)));
    expect([calls.length, other.calls.length]).toEqual([0, 0]);
  });

  it('a body follows the flight of a vendor’s stream', async () => {
    const { cache, provider, calls, call } = setUp();
    const leading = cache.ask(requestOf(stream), provider);
    await settled();
    const following = cache.ask(requestOf(body), provider);
    await settled();
    call(0).begin(200, type);
    call(0).send(whole);
    call(0).end();
    await textOf(await leading);
    expect(await textOf(await following)).toBe(bodyOf(texts));
    expect(calls.length).toBe(1);
  });
});

for (const { protocol, framing, stream, body } of Object.values(spoken)) {
  const streamed: Recording = {
    form: 'stream',
    status: 200,
    headers: headersOf(framing.contentType),
    ...framing.join(eventsOf(texts).map((event) => framing.write(event))),
  };
  const whole: Recording = {
    form: 'body',
    status: 200,
    headers: headersOf('application/json'),
    body: Buffer.from(bodyOf(texts)),
  };
  describeProtocolContract({
    protocol,
    runner: { describe, it, expect },
    questions: [
      { title: 'a stream', body: prompt, route: stream.route, answers: [streamed] },
      ...(body === undefined ? [] : [{ title: 'a body', body: prompt, route: body.route, answers: [whole] }]),
    ],
  });
}

function latin(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** The bytes of a stream event by event; those of the array's end are one more. */
function piecesOf(framing: Framing, events: readonly string[]): readonly string[] {
  const { body, events: marks } = framing.join(events.map((event) => framing.write(event)));
  let start = 0;
  return [...marks.ends].map((end) => {
    const piece = Buffer.from(body).subarray(start, end).toString();
    start = end;
    return piece;
  });
}

/** The made-up usage of a converted answer is that of the body: as many tokens as it had pieces. */
function withUsage(event: string): string {
  return event.replace('"output":1', `"output":${texts.length}`);
}
