import { type ProviderRecording, type RecordedProtocol, recordings } from 'askonce/testing';
import { expect, it, onTestFinished } from 'vitest';
import { events } from './support/chat.ts';
import { encoded } from './support/encoded.ts';
import { cacheStatusHeader, gatewayForTest } from './support/gateway.ts';
import { listen } from './support/listener.ts';
import { eventually, type ManualCall, manualProvider } from './support/manual-provider.ts';
import { notStored } from './support/not-stored.ts';
import { formOf, question } from './support/questions.ts';
import { describeRecorded } from './support/recorded-suites.ts';

const sse = { 'content-type': 'text/event-stream' };

async function setUp(settings: Parameters<typeof gatewayForTest>[1] = {}) {
  const provider = await manualProvider();
  const gateway = await gatewayForTest(provider.url, settings);
  let asked = 0;
  return {
    provider,
    gateway,
    /** Asks a new question, or the last one again. */
    ask(protocol: RecordedProtocol, again = false) {
      if (!again) asked++;
      const { path, body } = question(protocol, formOf(protocol, 'stream'), `Question no. ${asked}`);
      const listener = listen(gateway.url + path, body);
      onTestFinished(() => listener.hangUp());
      return listener;
    },
    /** The newest call, with the whole stream written and nothing ended. */
    async answered(index: number, bytes: Uint8Array, headers: Record<string, string> = {}) {
      const call = await provider.call(index);
      call.response.writeHead(200, { ...sse, ...headers });
      call.response.write(bytes);
      return call;
    },
  };
}

const then: Readonly<Record<string, (call: ManualCall) => void>> = {
  'stays open': () => {},
  'is reset': ({ response }) => void response.socket?.resetAndDestroy(),
  'is closed': ({ response }) => void response.socket?.destroy(),
  ends: ({ response }) => void response.end(),
  'sends more': ({ response }) => void response.write('data: {"error":{"message":"too late"}}\n\n'),
};

/** The shortest complete stream of each protocol. */
const shortest = (['openai-chat', 'openai-responses', 'anthropic-messages'] as const).map((protocol) => {
  const complete = recordings(protocol).filter(({ name, form }) => form === 'stream' && !(name in notStored));
  return [protocol, complete.toSorted((one, other) => one.body.length - other.body.length)[0]] as const;
});

describeRecorded('recorded streams whose connection outlives them, or does not', () => {
  const ways = shortest.flatMap(([protocol, recording]) =>
    Object.entries(then).map(([how, act]) => [protocol, how, recording, act] as const),
  );

  it.each(ways)('a stream of %s whose connection then %s has ended and is stored', async (...way) => {
    const [protocol, how, recording, act] = way;
    if (recording === undefined) throw new Error('there is no recording');
    const { ask, answered, gateway, provider } = await setUp();
    const first = ask(protocol);
    await provider.call(0);
    const follower = ask(protocol, true);
    await gateway.happened('joined', 1);
    const call = await answered(0, recording.body);
    if (how !== 'stays open') await first.receives(recording.body.length);
    act(call);
    for (const { whole } of [first, follower]) expect((await whole).equals(recording.body)).toBe(true);
    const again = ask(protocol, true);
    expect(cacheStatusHeader(await again.head)).toContain('; hit');
    expect((await again.whole).equals(recording.body)).toBe(true);
    expect(provider.calls.length).toBe(1);
    // The provider's connection is not leaked.
    await eventually(
      () => call.response.closed || call.response.writableFinished,
      'the connection to be closed',
    );
  });

  it.each(shortest)(
    'a stream of %s is stored if its only client leaves at its end mark',
    async (protocol, recording) => {
      const { ask, answered, gateway } = await setUp({ abandoned: 'cancel' });
      if (recording === undefined) throw new Error('there is no recording');
      const first = ask(protocol);
      await answered(0, recording.body);
      await first.receives(recording.body.length);
      first.hangUp();
      await gateway.happened('stored', 1);
      expect(cacheStatusHeader(await ask(protocol, true).head)).toContain('; hit');
    },
  );

  const trailing = [
    '',
    '\n',
    ': bye\n\n',
    'data: [DONE]\n\n',
    'event: ping\ndata: {"type":"ping"}\n\n',
    'data: {"x',
  ];

  it.each(shortest)(
    'a stream of %s that is cut anywhere around its end mark, with anything behind it, is stored as far as the mark',
    async (protocol, recording) => {
      if (recording === undefined) throw new Error('there is no recording');
      const { ask, answered, provider } = await setUp();
      const { body, events: all } = recording;
      const markAt = body.length - Buffer.byteLength(all.at(-1) ?? '');
      const step = Math.max(1, Math.floor((body.length - markAt) / 16));
      let index = 0;
      for (let cut = markAt; cut <= body.length; cut += step) {
        const tail = trailing[index % trailing.length] ?? '';
        const asked = ask(protocol);
        const call = await answered(index, body.subarray(0, cut));
        if (cut > 0) await asked.receives(Math.min(cut, body.length));
        call.response.write(Buffer.concat([body.subarray(cut), Buffer.from(tail)]));
        expect((await asked.whole).equals(body), `cut at ${cut}`).toBe(true);
        const again = ask(protocol, true);
        expect(cacheStatusHeader(await again.head), `cut at ${cut}`).toContain('; hit');
        expect((await again.whole).equals(body)).toBe(true);
        index++;
      }
      expect(provider.calls.length).toBe(index);
    },
  );

  it('a compressed stream has ended at its end mark, while its connection stays open', async () => {
    const [protocol, recording] = shortest[0] ?? [];
    if (protocol === undefined || recording === undefined) throw new Error('there is no recording');
    const { ask, answered } = await setUp();
    const first = ask(protocol);
    const call = await answered(0, await encoded(recording.body, 'gzip'), { 'content-encoding': 'gzip' });
    expect((await first.whole).equals(recording.body)).toBe(true);
    expect(cacheStatusHeader(await ask(protocol, true).head)).toContain('; hit');
    await eventually(() => call.response.closed, 'the connection to be closed');
  });

  it('a connection whose body ends right behind its end mark is used again', async () => {
    const { ask, answered } = await setUp();
    const ports = new Set<number | undefined>();
    for (let index = 0; index < 5; index++) {
      const { body }: Pick<ProviderRecording, 'body'> = { body: Buffer.from(events(['one']).join('')) };
      const asked = ask('openai-chat');
      const call = await answered(index, body);
      ports.add(call.response.socket?.remotePort);
      call.response.end();
      await asked.whole;
    }
    expect(ports.size).toBe(1);
  });
});

it('nothing is appended behind an end mark when the provider sends nothing for betweenBytesTimeoutMs, also on a bypass', async () => {
  const { provider, gateway, answered } = await setUp({ betweenBytesTimeoutMs: 300 });
  const body = Buffer.from(events(['one']).join(''));
  for (const [index, headers] of [{}, { 'cache-control': 'no-store' }].entries()) {
    const { path, body: asked } = question('openai-chat', 'stream', `Question ${index}`);
    const listener = listen(gateway.url + path, asked, headers);
    await answered(index, body);
    expect((await listener.whole).toString()).toBe(body.toString());
  }
  expect(provider.calls.length).toBe(2);
});
