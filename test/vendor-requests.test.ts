/**
 * Requests of made-up vendors: what counts in a route, a query, a header and a multipart body, and which names
 * protocols may have.
 */
import { type CacheRequest, createCache, type Protocol, type Provider } from 'askonce';
import { jsonArray, jsonLines, serverSentEvents } from 'askonce/protocol';
import { describe, expect, it } from 'vitest';
import { settled, textOf } from './support/gated-provider.ts';
import { once } from './support/set-up-cache.ts';
import { bodyOf, eventsOf, linesVendor } from './support/vendor-protocols.ts';
import { headersOf, requestOf, setUp, spoken, texts, wire } from './support/vendor-requests.ts';

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

  it('a request whose route names no model bypasses the cache', async () => {
    const { cache } = setUp();
    expect(await cache.explain(requestOf({ route: '/chat' }))).toEqual({
      kind: 'bypass',
      reason: 'unrepresentable',
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

  it('a body that is not what its content type says bypasses the cache', async () => {
    const { cache } = setUp();
    const broken = upload();
    const cases: readonly CacheRequest[] = [
      { ...broken, body: 'not a form' },
      { ...broken, body: Buffer.from(broken.body).subarray(0, -6) },
      { ...broken, headers: { ...broken.headers, 'content-type': 'multipart/form-data' } },
    ];
    for (const request of cases)
      expect(await cache.explain(request)).toEqual({ kind: 'bypass', reason: 'unrepresentable' });
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
    for (const foreign of [linesVendor, undefined, null, 'lines']) {
      // @ts-expect-error JavaScript callers can pass anything.
      const created = create({ other: foreign });
      expect(created).toThrow(/^protocols\["other"\]: must be a Protocol whose `name` is this name/);
      expect(created).toThrow(expect.objectContaining({ code: 'invalid_settings' }));
    }
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
