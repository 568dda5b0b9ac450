import { type CacheRequest, createCache, type Protocol, type Provider, type Recording } from 'askonce';
import type { Framing } from 'askonce/protocol';
import { jsonArray, jsonLines, serverSentEvents, socketMessages } from 'askonce/protocol';
import { describeProtocolContract, fakeClock } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import { gatedProvider, listen, settled, textOf } from './support/gated-provider.ts';
import { processes } from './support/processes.ts';
import { observedCache, once } from './support/set-up-cache.ts';
import { bodyOf, eventsOf, linesVendor, vendors } from './support/vendor-protocols.ts';

const texts = ['Take ', 'the “early” ', 'train.'];

interface Vendor {
  readonly protocol: Protocol;
  readonly framing: Framing;
  /** The same question as a stream, and where the vendor has bodies, as a body. */
  readonly stream: Partial<CacheRequest>;
  readonly body?: Partial<CacheRequest>;
}

const prompt = { prompt: 'How do I get to Lyon?' };

const spoken: Readonly<Record<string, Vendor>> = {
  'newline-delimited JSON': {
    protocol: vendors.lines,
    framing: jsonLines,
    stream: { protocol: 'lines', route: '/models/small/chat', body: JSON.stringify(prompt) },
    body: {
      protocol: 'lines',
      route: '/models/small/chat',
      body: JSON.stringify({ ...prompt, stream: false }),
    },
  },
  'a JSON array': {
    protocol: vendors.array,
    framing: jsonArray,
    stream: { protocol: 'array', route: '/models/small:streamSay', body: JSON.stringify(prompt) },
    body: { protocol: 'array', route: '/models/small:say', body: JSON.stringify(prompt) },
  },
  'messages of a socket': {
    protocol: vendors.socket,
    framing: socketMessages,
    stream: { protocol: 'socket', route: '/socket', body: JSON.stringify({ ...prompt, model: 'small' }) },
  },
};

function requestOf(more: Partial<CacheRequest>): CacheRequest {
  return {
    protocol: 'lines',
    upstream: 'https://vendor.example',
    route: '/',
    query: '',
    headers: { authorization: 'Bearer one' },
    body: '{}',
    context: {},
    directives: {},
    ...more,
  };
}

function setUp(settings = {}) {
  const clock = fakeClock();
  const gate = gatedProvider();
  return { clock, ...gate, ...observedCache({ clock, settings, protocols: vendors }) };
}

function wire(framing: Framing, events: readonly string[]): string {
  return Buffer.from(framing.join(events.map((event) => framing.write(event))).body).toString();
}

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

const headersOf = (type: string) => ({ 'content-type': type });

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

describe('a vendor with the model in the path', () => {
  const ask = async (requests: readonly Partial<CacheRequest>[]) => {
    const { cache } = setUp();
    let asked = 0;
    const counting: Provider = async (request) => {
      asked++;
      const stream = /streamSay|chat/.test(request.route);
      const framing =
        request.protocol === 'lines'
          ? jsonLines
          : request.query.includes('alt=sse')
            ? serverSentEvents
            : jsonArray;
      const [type, text] = stream
        ? [framing.contentType, wire(framing, eventsOf(texts))]
        : ['application/json', bodyOf(texts)];
      return { status: 200, headers: { 'content-type': type }, body: once(text) };
    };
    const replies: string[] = [];
    for (const request of requests) {
      replies.push(await textOf(await cache.ask(requestOf(request), counting)));
      await settled();
    }
    return { asked, replies };
  };

  it('two models named in the path share no answer, even for equal bodies', async () => {
    const { cache } = setUp();
    const provider: Provider = async ({ route }) => ({
      status: 200,
      headers: headersOf(jsonLines.contentType),
      body: once(wire(jsonLines, eventsOf([route]))),
    });
    // From the third time on, a body is known by its bytes.
    for (const model of ['small', 'large', 'small', 'large', 'medium', 'small', 'medium']) {
      const route = `/models/${model}/chat`;
      const request = requestOf({ ...spoken['newline-delimited JSON']?.stream, route });
      expect(await textOf(await cache.ask(request, provider))).toBe(wire(jsonLines, eventsOf([route])));
      await settled();
      expect((await cache.get(request))?.meta.subject).toBe(model);
    }
  });

  it('two framings of a vendor’s stream share no answer', async () => {
    const array = { ...spoken['a JSON array']?.stream };
    const { asked, replies } = await ask([
      array,
      { ...array, query: 'alt=sse' },
      array,
      { ...array, query: 'alt=sse' },
    ]);
    expect(asked).toBe(2);
    expect(replies[2]).toBe(wire(jsonArray, eventsOf(texts)));
    expect(replies[3]).toBe(wire(serverSentEvents, eventsOf(texts)));
  });

  it('requests that differ in the rest of the query share no answer', async () => {
    const array = { ...spoken['a JSON array']?.stream };
    expect((await ask([array, { ...array, query: 'voice=2' }, array])).asked).toBe(2);
  });

  it('a request whose route names no model is refused', async () => {
    const { cache, provider } = setUp();
    await expect(cache.ask(requestOf({ route: '/chat' }), provider)).rejects.toMatchObject({
      code: 'invalid_request',
      message: 'route: expected one that names the model',
    });
  });

  it('an entry is found by the tag of its route as it counts', async () => {
    const { cache } = setUp();
    const streamOnce: Provider = async () => ({
      status: 200,
      headers: { 'content-type': jsonLines.contentType },
      body: once(wire(jsonLines, eventsOf(texts))),
    });
    await textOf(await cache.ask(requestOf({ ...spoken['newline-delimited JSON']?.stream }), streamOnce));
    await settled();
    expect(await cache.invalidate({ endpoint: '/models/chat' }, { dryRun: true })).toBe(1);
  });
});

describe('a vendor that takes multipart bodies', () => {
  interface Form {
    readonly boundary?: string;
    readonly model?: string;
    readonly filename?: string;
    readonly sound?: string;
    readonly stream?: string;
    readonly header?: string;
  }

  function upload(form: Form = {}): CacheRequest {
    const {
      boundary = 'b1',
      model = 'ears',
      filename = 'a.wav',
      sound = 'RIFF\0\xff',
      stream,
      header = '',
    } = form;
    const field = (name: string, value: string) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
    const body = [
      field('model', model),
      stream === undefined ? '' : field('stream', stream),
      `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${filename}"\r\n${header}Content-Type: audio/wav\r\n\r\n${sound}\r\n`,
      `--${boundary}--\r\n`,
    ].join('');
    return requestOf({
      protocol: 'upload',
      route: '/transcriptions',
      headers: { authorization: 'Bearer one', 'content-type': `multipart/form-data; boundary=${boundary}` },
      body: Buffer.from(body, 'latin1'),
    });
  }

  async function asked(forms: readonly Form[]) {
    const { cache } = setUp();
    let calls = 0;
    const provider: Provider = async ({ body, headers }) => {
      calls++;
      const boundary = String(headers['content-type']).split('boundary=')[1];
      expect(Buffer.from(body).toString('latin1')).toContain(`--${boundary}--`);
      return { status: 200, headers: { 'content-type': 'application/json' }, body: once(bodyOf(texts)) };
    };
    const kinds: string[] = [];
    for (const form of forms) {
      kinds.push((await cache.ask(upload(form), provider)).cacheStatus.kind);
      await settled();
    }
    return { calls, kinds };
  }

  it('a multipart request with the same file is answered once, whatever its boundary and file name', async () => {
    expect(await asked([{}, { boundary: 'other' }, { filename: 'b.wav' }])).toEqual({
      calls: 1,
      kinds: ['forward', 'hit', 'hit'],
    });
  });

  it('a multipart request with other bytes or another model is asked again', async () => {
    expect((await asked([{}, { sound: 'RIFF\0\xfe' }, { model: 'other' }, {}])).calls).toBe(3);
  });

  it('a multipart request bypasses the cache if a part has more than a form’s headers', async () => {
    expect((await asked([{ header: 'X-More: 1\r\n' }, { header: 'X-More: 1\r\n' }])).calls).toBe(2);
  });

  it('a body that is not what its content type says is refused', async () => {
    const { cache, provider } = setUp();
    const broken = upload();
    const cases: readonly CacheRequest[] = [
      { ...broken, body: 'not a form' },
      { ...broken, body: Buffer.from(broken.body).subarray(0, -6) },
      { ...broken, headers: { ...broken.headers, 'content-type': 'multipart/form-data' } },
    ];
    for (const request of cases)
      await expect(cache.ask(request, provider)).rejects.toMatchObject({
        code: 'invalid_request',
        message: expect.stringMatching(/^the multipart body cannot be read: .*; send multipart\/form-data/),
      });
  });

  it('a protocol with multipart bodies still accepts JSON', async () => {
    const { cache } = setUp();
    let calls = 0;
    const provider: Provider = async () => {
      calls++;
      return { status: 200, headers: { 'content-type': 'application/json' }, body: once(bodyOf(texts)) };
    };
    const request = requestOf({
      protocol: 'upload',
      route: '/transcriptions',
      body: '{"model":"ears","file":"id"}',
    });
    for (let turn = 0; turn < 2; turn++) {
      await textOf(await cache.ask(request, provider));
      await settled();
    }
    expect(calls).toBe(1);
  });
});

describe('protocols of a caller’s own', () => {
  it('a protocol of a caller’s own reads the headers that count and no others, whatever their case', async () => {
    const seen: unknown[] = [];
    const byHeader: Protocol = {
      ...linesVendor,
      name: 'by-header',
      headers: { 'x-answer': 'counts' },
      read(_body, line) {
        const headers = ['x-answer', 'authorization', 'accept', 'x-absent'].map((name) => line.header(name));
        seen.push(headers);
        return { subject: 'm', form: headers[0] === 'stream' ? 'stream' : 'body' };
      },
    };
    const cache = createCache({ protocols: { 'by-header': byHeader } });
    const provider: Provider = async ({ headers }) => {
      const [type, text] =
        headers['X-Answer'] === 'stream'
          ? [jsonLines.contentType, wire(jsonLines, eventsOf(texts))]
          : ['application/json', bodyOf(texts)];
      return { status: 200, headers: headersOf(type), body: once(text) };
    };
    const ask = async (wish: string) => {
      const headers = { Authorization: 'Bearer one', Accept: '*/*', 'X-Answer': wish };
      return textOf(await cache.ask(requestOf({ protocol: 'by-header', headers }), provider));
    };
    // The third request of each kind is known by its bytes, and still not taken for the other kind.
    for (let turn = 0; turn < 3; turn++) {
      expect(await ask('stream')).toBe(wire(jsonLines, eventsOf(texts)));
      expect(await ask('body')).toBe(bodyOf(texts));
    }
    expect(seen.length).toBeGreaterThan(1);
    expect(seen[0]).toEqual(['stream', undefined, undefined, undefined]);
    expect(seen[1]).toEqual(['body', undefined, undefined, undefined]);
  });

  it('a protocol of a caller’s own cannot take a built-in, malformed or foreign name', () => {
    const create = (protocols: Readonly<Record<string, typeof linesVendor>>) => () =>
      createCache({ protocols });
    expect(create({ 'openai-chat': linesVendor })).toThrow(
      /is the name of a built-in protocol; choose another name/,
    );
    expect(create({ 'My Vendor': { ...linesVendor, name: 'My Vendor' } })).toThrow(/lower-case letters/);
    expect(create({ other: linesVendor })).toThrow(/the protocol calls itself lines; use one name/);
    expect(create({ other: linesVendor })).toThrow(expect.objectContaining({ code: 'invalid_settings' }));
  });

  it('a request of an unknown protocol is refused with the names of all protocols', async () => {
    const { cache, provider, calls } = setUp();
    await expect(cache.ask(requestOf({ protocol: 'unheard-of' }), provider)).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringMatching(
        /^protocol: there is none named "unheard-of"; use one of openai-chat, .*lines/,
      ),
    });
    expect(calls.length).toBe(0);
  });
});

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
