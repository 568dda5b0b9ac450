/**
 * A language model of the AI SDK behind the cache, as `generateText` and `streamText` call it.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import {
  type Content,
  type Part,
  partsIn,
  question,
  resultOf,
  setUpModel,
  statusIn,
  textParts,
  textResult,
  usage,
  without,
} from './support/ai-sdk.ts';

describe('a generated answer', () => {
  it('is given once, and then stored: the stored one equals it in all but the HTTP exchange', async () => {
    const made = textResult('Because of Rayleigh scattering.', {
      request: { body: 'sent' },
      response: {
        id: 'r-1',
        timestamp: new Date('2026-11-01T10:00:00.123Z'),
        modelId: 'mock-model-id',
        headers: { 'x-request-id': 'req-1' },
        body: { raw: true },
      },
    });
    const { model, calls, clock } = setUpModel({ generate: () => made });
    const first = await model.doGenerate(question('Why is the sky blue?'));
    expect(without(first)).toStrictEqual(made);
    expect(statusIn(first.providerMetadata)).toBe('miss');
    await clock.advance(61_000);
    const again = await model.doGenerate(question('Why is the sky blue?'));
    const { request: _request, response, ...rest } = made;
    const { id, timestamp, modelId } = response ?? {};
    expect(without(again)).toStrictEqual({ ...rest, response: { id, timestamp, modelId } });
    expect(again.response?.timestamp).toBeInstanceOf(Date);
    expect(statusIn(again.providerMetadata)).toBe('hit memory');
    expect(again.providerMetadata?.['askonce']).toMatchObject({ age: 61, key: expect.any(String) });
    expect(calls()).toBe(1);
  });

  it('has tool calls, reasoning, sources, files and content of providers as the model gave them', async () => {
    const content: Content[] = [
      { type: 'reasoning', text: 'Hm.', providerMetadata: { mock: { signature: 'abc' } } },
      {
        type: 'text',
        text: 'See [1].',
        citations: [
          { source: { type: 'source', sourceType: 'url', id: 's', url: 'https://a.test/' }, startIndex: 4 },
        ],
      },
      { type: 'source', sourceType: 'document', id: 'd', mediaType: 'application/pdf', title: 'A paper' },
      {
        type: 'file',
        mediaType: 'image/png',
        data: { type: 'data', data: new Uint8Array([137, 80, 0, 255]) },
      },
      { type: 'file', mediaType: 'image/png', data: { type: 'data', data: 'iVBORw0KGgo=' } },
      { type: 'file', mediaType: 'image/png', data: { type: 'url', url: new URL('https://a.test/cat.png') } },
      { type: 'reasoning-file', mediaType: 'image/png', data: { type: 'data', data: new Uint8Array() } },
      { type: 'custom', kind: 'mock.compaction', providerMetadata: { mock: { $askonce: 'bytes', a: [1] } } },
      {
        type: 'tool-call',
        toolCallId: 'c-1',
        toolName: 'weather',
        input: '{"city":"Lisbon"}',
        dynamic: true,
      },
      { type: 'tool-result', toolCallId: 'c-0', toolName: 'search', result: { found: [] }, isError: false },
    ];
    const made = resultOf(content, { finishReason: { unified: 'tool-calls', raw: undefined } });
    const { model, calls } = setUpModel({ generate: () => made });
    await model.doGenerate(question('Draw a cat.'));
    const again = await model.doGenerate(question('Draw a cat.'));
    expect(without(again)).toStrictEqual(made);
    expect(calls()).toBe(1);
  });

  it('is one call for all who ask at once', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { model, calls } = setUpModel({ generate: () => promise.then(() => textResult('Paris')) });
    const asked = Array.from({ length: 20 }, () => model.doGenerate(question('What is the capital?')));
    resolve();
    const results = await Promise.all(asked);
    expect(calls()).toBe(1);
    for (const result of results) expect(result.content).toEqual([{ type: 'text', text: 'Paris' }]);
    expect(results.map(({ providerMetadata }) => statusIn(providerMetadata)).toSorted()).toEqual([
      'miss',
      ...Array.from({ length: 19 }, () => 'miss collapsed'),
    ]);
  });

  it.each([
    ['length', { unified: 'length', raw: 'max_tokens' }, 'Once upon'],
    ['filtered', { unified: 'content-filter', raw: 'content_filter' }, 'I'],
    ['paused', { unified: 'stop', raw: 'pause_turn' }, 'Let me'],
    ['failed', { unified: 'error', raw: undefined }, 'Oh'],
    ['incomplete', { unified: 'other', raw: undefined }, 'Once'],
    ['incomplete', { unified: 'interrupted', raw: undefined }, 'Once'],
    ['empty', { unified: 'stop', raw: 'stop' }, ' \n'],
  ] as const)('is not stored if it is %s', async (reason, finishReason, text) => {
    const { model, calls, events } = setUpModel({ generate: () => textResult(text, { finishReason }) });
    await model.doGenerate(question('Tell me a story.'));
    await model.doGenerate(question('Tell me a story.'));
    expect(calls()).toBe(2);
    expect(events.flatMap((event) => (event.type === 'refused' ? [event.reason] : []))).toEqual([
      reason,
      reason,
    ]);
  });

  it('is not stored if the arguments of a tool call are not JSON', async () => {
    const call = { type: 'tool-call', toolCallId: 'c', toolName: 'weather', input: '{"city":' } as const;
    const { model, calls } = setUpModel({ generate: () => resultOf([call]) });
    for (const _turn of [1, 2]) await model.doGenerate(question('What is the weather?'));
    expect(calls()).toBe(2);
  });

  it.each([
    [{ type: 'required' }, 'weather', true],
    [{ type: 'required' }, undefined, false],
    [{ type: 'tool', toolName: 'weather' }, 'weather', true],
    [{ type: 'tool', toolName: 'weather' }, 'now', false],
    [{ type: 'tool', toolName: 'weather' }, undefined, false],
    [{ type: 'none' }, 'weather', false],
    [{ type: 'none' }, undefined, true],
    [{ type: 'auto' }, 'weather', true],
    [{ type: 'auto' }, undefined, true],
  ] as const)(
    'with the tool choice %j that calls %s is stored: %s',
    async (toolChoice, toolName, isStored) => {
      const text: Content = { type: 'text', text: 'Let me see.' };
      const call: Content = { type: 'tool-call', toolCallId: 'c', toolName: toolName ?? '', input: '{}' };
      const made = resultOf(toolName === undefined ? [text] : [text, call]);
      const spoken: Part[] = textParts('Let me see.');
      const streamed = toolName === undefined ? spoken : spoken.toSpliced(-1, 0, call);
      const { model, calls, events } = setUpModel({ generate: () => made, stream: () => streamed });
      for (const _turn of [1, 2]) await model.doGenerate(question('Whole?', { toolChoice }));
      for (const _turn of [1, 2])
        await partsIn((await model.doStream(question('Streamed?', { toolChoice }))).stream);
      expect(calls()).toBe(isStored ? 2 : 4);
      const refusals = events.flatMap((event) => (event.type === 'refused' ? [event.reason] : []));
      expect(refusals).toEqual(isStored ? [] : Array(4).fill('tool-calls'));
    },
  );

  it('is stored if a tool call has no arguments', async () => {
    const call = { type: 'tool-call', toolCallId: 'c', toolName: 'now', input: '' } as const;
    const { model, calls } = setUpModel({ generate: () => resultOf([call]) });
    for (const _turn of [1, 2]) await model.doGenerate(question('What time is it?'));
    expect(calls()).toBe(1);
  });

  it('is not stored if JSON was asked for and it is none, or does not fit the schema', async () => {
    const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } as const;
    const asked = { responseFormat: { type: 'json', schema } } as const;
    const texts = ['not JSON', '{"town":"Lisbon"}', '{"city":"Lisbon"}'];
    const { model, calls, events } = setUpModel({
      generate: (_call, index) => textResult(texts[index] ?? 'one too many'),
    });
    for (const _turn of [1, 2, 3, 4]) await model.doGenerate(question('Which city?', asked));
    expect(calls()).toBe(3);
    expect(events.flatMap((event) => (event.type === 'refused' ? [event.reason] : []))).toEqual([
      'not-json',
      'schema',
    ]);
  });

  it('reaches its caller as it is, and is not stored, if JSON cannot express it', async () => {
    class Odd {
      readonly value = 1;
    }
    const providerMetadata = JSON.parse('{"mock":{}}');
    providerMetadata.mock.odd = new Odd();
    const { model, calls } = setUpModel({ generate: () => textResult('odd', { providerMetadata }) });
    const results = await Promise.all([1, 2].map(() => model.doGenerate(question('Be odd.'))));
    for (const result of results) expect(result.providerMetadata?.['mock']?.['odd']).toBeInstanceOf(Odd);
    await model.doGenerate(question('Be odd.'));
    expect(calls()).toBe(2);
  });
});

describe('a streamed answer', () => {
  const parts: Part[] = [
    { type: 'stream-start', warnings: [{ type: 'other', message: 'careful' }] },
    { type: 'ping' },
    { type: 'response-metadata', id: 'r', timestamp: new Date(1_700_000_000_123), modelId: 'mock-model-id' },
    { type: 'reasoning-start', id: '0', providerMetadata: { mock: { encrypted: null } } },
    { type: 'reasoning-delta', id: '0', delta: 'Hm.' },
    { type: 'reasoning-end', id: '0' },
    { type: 'text-start', id: '1' },
    { type: 'text-delta', id: '1', delta: 'Olá, ' },
    { type: 'text-delta', id: '1', delta: 'mundo 🌍\n' },
    { type: 'text-end', id: '1' },
    { type: 'tool-input-start', id: 'c', toolName: 'weather', dynamic: false },
    { type: 'tool-input-delta', id: 'c', delta: '{"city":' },
    { type: 'tool-input-delta', id: 'c', delta: '"Lisbon"}' },
    { type: 'tool-input-end', id: 'c' },
    { type: 'tool-call', toolCallId: 'c', toolName: 'weather', input: '{"city":"Lisbon"}' },
    { type: 'file', mediaType: 'image/png', data: { type: 'data', data: new Uint8Array([0, 10, 255]) } },
    { type: 'finish', usage, finishReason: { unified: 'tool-calls', raw: 'tool_calls' } },
  ];

  it('is replayed part by part, as it was', async () => {
    const { model, calls } = setUpModel({ stream: () => parts });
    const first = await model.doStream(question('Hello?'));
    expect(first.request).toEqual({ body: 'sent' });
    expect(first.response).toEqual({ headers: { a: 'b' } });
    const live = await partsIn(first.stream);
    const second = await model.doStream(question('Hello?'));
    expect(second.request).toBeUndefined();
    const again = await partsIn(second.stream);
    for (const all of [live, again]) {
      expect(all.slice(0, -1)).toStrictEqual(parts.slice(0, -1));
      const last = all.at(-1);
      expect(last?.type === 'finish' && last.finishReason).toEqual({
        unified: 'tool-calls',
        raw: 'tool_calls',
      });
      expect(last?.type === 'finish' && last.usage).toStrictEqual(usage);
    }
    const [one, other] = [live, again].map((all) => {
      const last = all.at(-1);
      return last?.type === 'finish' ? statusIn(last.providerMetadata) : 'no finish';
    });
    expect([one, other]).toEqual(['miss', 'hit memory']);
    expect(calls()).toBe(1);
  });

  it('is one call for all who stream at once, and each gets the parts as they come', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const text = textParts('one two three');
    const source = async function* () {
      yield* text.slice(0, 4);
      await promise;
      yield* text.slice(4);
    };
    const { model, mock } = setUpModel({});
    mock.doStream = async (call) => {
      mock.doStreamCalls.push(call);
      return { stream: ReadableStream.from(source()) };
    };
    const results = await Promise.all([1, 2, 3].map(() => model.doStream(question('Count.'))));
    const readers = results.map(({ stream }) => stream.getReader());
    for (const reader of readers)
      for (const part of text.slice(0, 4)) expect((await reader.read()).value).toEqual(part);
    resolve();
    for (const reader of readers) {
      for (const part of text.slice(4, -1)) expect((await reader.read()).value).toEqual(part);
      expect((await reader.read()).value).toMatchObject({ type: 'finish' });
      expect((await reader.read()).done).toBe(true);
    }
    expect(mock.doStreamCalls).toHaveLength(1);
  });

  it.each([
    ['without its last part', textParts('cut off').slice(0, -1)],
    [
      'with an error in it',
      [
        ...textParts('it was').slice(0, -2),
        { type: 'error', error: new Error('no') },
        ...textParts('it').slice(-2),
      ],
    ],
    [
      'with an end that has no word of the provider',
      [
        ...textParts('a').slice(0, -1),
        { type: 'finish', usage, finishReason: { unified: 'other', raw: undefined } },
      ],
    ],
  ] satisfies [string, Part[]][])('is not stored %s', async (_how, broken) => {
    const { model, calls } = setUpModel({ stream: () => broken });
    const [first] = [await partsIn((await model.doStream(question('Go on.'))).stream)];
    expect(first.map(({ type }) => type)).toEqual(broken.map(({ type }) => type));
    await partsIn((await model.doStream(question('Go on.'))).stream);
    expect(calls()).toBe(2);
  });

  it('has the very error of an error part, for followers, too', async () => {
    const error = new TypeError('overloaded');
    const { model, calls } = setUpModel({ stream: () => [{ type: 'error', error }] });
    const results = await Promise.all([1, 2].map(() => model.doStream(question('Fail.'))));
    for (const { stream } of results) expect(await partsIn(stream)).toEqual([{ type: 'error', error }]);
    for (const { stream } of [await model.doStream(question('Fail.'))])
      expect((await partsIn(stream)).map((part) => part.type === 'error' && part.error)).toEqual([error]);
    expect(calls()).toBe(2);
  });

  it('fails with the error with which the model’s stream fails', async () => {
    const failure = new Error('socket hang up');
    const { model, mock } = setUpModel({});
    mock.doStream = async () => ({
      stream: ReadableStream.from(
        (async function* () {
          yield* textParts('half').slice(0, 3);
          throw failure;
        })(),
      ),
    });
    const { stream } = await model.doStream(question('Break.'));
    await expect(partsIn(stream)).rejects.toBe(failure);
  });

  it('is cancelled at the model when its only reader cancels it while it waits for a part', async () => {
    const signals: (AbortSignal | undefined)[] = [];
    let isCancelled = false;
    const { model, mock } = setUpModel({}, { abandoned: 'cancel' });
    mock.doStream = async ({ abortSignal }) => {
      signals.push(abortSignal);
      return {
        stream: new ReadableStream({
          start: (to) => to.enqueue({ type: 'text-start', id: '1' }),
          cancel() {
            isCancelled = true;
          },
        }),
      };
    };
    const { stream } = await model.doStream(question('Stop.'));
    const reader = stream.getReader();
    await reader.read();
    const awaited = reader.read();
    await nextTurn();
    await reader.cancel();
    expect(await awaited).toEqual({ done: true, value: undefined });
    await vi.waitFor(() => expect(isCancelled).toBe(true));
    expect(signals.map((signal) => signal?.aborted)).toEqual([true]);
  });

  it('has the provider’s chunks where they are asked for, under a key of its own', async () => {
    const raw: Part[] = [{ type: 'raw', rawValue: { id: 1, deep: [null] } }, ...textParts('raw')];
    const { model, calls } = setUpModel({
      stream: ({ includeRawChunks }) => (includeRawChunks ? raw : textParts('raw')),
    });
    for (const _turn of [1, 2]) {
      const asked = await partsIn(
        (await model.doStream(question('Raw?', { includeRawChunks: true }))).stream,
      );
      expect(asked[0]).toEqual(raw[0]);
      const plain = await partsIn(
        (await model.doStream(question('Raw?', { includeRawChunks: false }))).stream,
      );
      expect(plain[0]).toEqual(raw[1]);
    }
    expect(calls()).toBe(2);
  });
});

describe('an answer in the other form', () => {
  it('a streamed answer is generated from the entry, tool call by tool call', async () => {
    const { model, calls } = setUpModel({
      stream: () => [
        ...textParts('Let me look.').slice(0, -1),
        { type: 'tool-input-start', id: 'c', toolName: 'weather' },
        { type: 'tool-input-delta', id: 'c', delta: '{}' },
        { type: 'tool-input-end', id: 'c' },
        { type: 'tool-call', toolCallId: 'c', toolName: 'weather', input: '{}' },
        ...textParts('').slice(-1),
      ],
    });
    await partsIn((await model.doStream(question('Weather?'))).stream);
    const made = await model.doGenerate(question('Weather?'));
    expect(statusIn(made.providerMetadata)).toBe('hit converted');
    expect(without(made)).toEqual({
      content: [
        { type: 'text', text: 'Let me look.' },
        { type: 'tool-call', toolCallId: 'c', toolName: 'weather', input: '{}' },
      ],
      finishReason: { unified: 'stop', raw: 'stop' },
      usage,
      providerMetadata: { mock: { fingerprint: 'fp' } },
      response: { id: 'r-2', timestamp: new Date(5_000), modelId: 'mock-model-id' },
      warnings: [],
    });
    expect(calls()).toBe(1);
  });

  it('a generated answer is streamed from the entry, tool call by tool call', async () => {
    const { model, calls } = setUpModel({
      generate: () =>
        resultOf([
          { type: 'reasoning', text: 'Hm.', providerMetadata: { mock: { signature: 's' } } },
          { type: 'text', text: 'Looking.' },
          { type: 'tool-call', toolCallId: 'c', toolName: 'weather', input: '{"a":1}' },
        ]),
    });
    await model.doGenerate(question('Weather?'));
    const parts = await partsIn((await model.doStream(question('Weather?'))).stream);
    expect(parts.slice(0, -1)).toEqual([
      { type: 'stream-start', warnings: [{ type: 'unsupported', feature: 'seed' }] },
      {
        type: 'response-metadata',
        id: 'r-1',
        timestamp: new Date('2026-11-01T10:00:00.123Z'),
        modelId: 'mock-model-id',
      },
      { type: 'reasoning-start', id: '0', providerMetadata: { mock: { signature: 's' } } },
      { type: 'reasoning-delta', id: '0', delta: 'Hm.' },
      { type: 'reasoning-end', id: '0' },
      { type: 'text-start', id: '1' },
      { type: 'text-delta', id: '1', delta: 'Looking.' },
      { type: 'text-end', id: '1' },
      { type: 'tool-input-start', id: 'c', toolName: 'weather' },
      { type: 'tool-input-delta', id: 'c', delta: '{"a":1}' },
      { type: 'tool-input-end', id: 'c' },
      { type: 'tool-call', toolCallId: 'c', toolName: 'weather', input: '{"a":1}' },
    ]);
    const last = parts.at(-1);
    expect(last?.type === 'finish' && without(last)).toStrictEqual({
      type: 'finish',
      usage,
      finishReason: { unified: 'stop', raw: 'stop' },
      providerMetadata: { mock: { fingerprint: 'fp', empty: null } },
    });
    expect(calls()).toBe(1);
  });

  it('a generated answer with a text for its output apart is not streamed from the entry', async () => {
    const { model, calls } = setUpModel({
      generate: () => textResult('draft {"a":1}', { structuredOutputText: '{"a":1}' }),
      stream: () => textParts('{"a":1}'),
    });
    await model.doGenerate(question('A?'));
    await partsIn((await model.doStream(question('A?'))).stream);
    expect(calls()).toBe(2);
  });

  it('a caller that generates follows the stream of another', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { model, calls } = setUpModel({ stream: () => promise.then(() => textParts('shared')) });
    const streaming = model.doStream(question('Share.'));
    const generating = model.doGenerate(question('Share.'));
    resolve();
    await partsIn((await streaming).stream);
    expect((await generating).content).toEqual([{ type: 'text', text: 'shared' }]);
    expect(calls()).toBe(1);
  });
});

it('a stream is closed once its last part has come, whatever its source does', async () => {
  const { model, mock } = setUpModel({});
  mock.doStream = async () => ({
    stream: new ReadableStream<Part>({
      start(to) {
        for (const part of textParts('done')) to.enqueue(part);
      },
    }),
  });
  const parts = await partsIn((await model.doStream(question('Hang.'))).stream);
  expect(parts.at(-1)?.type).toBe('finish');
});
