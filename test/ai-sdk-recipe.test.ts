/**
 * The caching recipe of the AI SDK's documentation ("Caching Responses": a middleware that stores results and parts under
 * the JSON of the call), and the same model behind askonce: what the recipe promises holds, and what it leaves open does, too.
 */
import {
  generateText,
  type LanguageModelMiddleware,
  simulateReadableStream,
  streamText,
  wrapLanguageModel,
} from 'ai';
import { askonceMiddleware } from 'askonce/ai-sdk';
import { fakeClock } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import {
  type ModelAnswers,
  mockModel,
  type Part,
  partsIn,
  question,
  type Result,
  resultOf,
  textParts,
  textResult,
} from './support/ai-sdk.ts';
import { observedCache } from './support/set-up-cache.ts';

globalThis.AI_SDK_LOG_WARNINGS = false;

/** As the recipe does it, with a map in place of Redis: all that is stored goes through JSON, as there. */
function recipe(): LanguageModelMiddleware {
  const stored = new Map<string, string>();
  const keyOf = (params: object) => JSON.stringify({ params });
  return {
    specificationVersion: 'v4',
    async wrapGenerate({ doGenerate, params }) {
      const text = stored.get(keyOf(params));
      if (text !== undefined) {
        const result: Result = JSON.parse(text);
        const timestamp = new Date(result.response?.timestamp ?? 0);
        return { ...result, response: { ...result.response, timestamp } };
      }
      const result = await doGenerate();
      stored.set(keyOf(params), JSON.stringify(result));
      return result;
    },
    async wrapStream({ doStream, params }) {
      const text = stored.get(keyOf(params));
      if (text !== undefined) {
        const chunks: Part[] = JSON.parse(text);
        return { stream: simulateReadableStream({ chunks, initialDelayInMs: null, chunkDelayInMs: null }) };
      }
      const { stream, ...rest } = await doStream();
      const parts: Part[] = [];
      const collect = new TransformStream<Part, Part>({
        transform(part, controller) {
          parts.push(part);
          controller.enqueue(part);
        },
        flush: () => void stored.set(keyOf(params), JSON.stringify(parts)),
      });
      return { stream: stream.pipeThrough(collect), ...rest };
    },
  };
}

function both(answers: ModelAnswers) {
  const clock = fakeClock();
  const { cache } = observedCache({ clock });
  return {
    clock,
    models: [
      ['the recipe', recipe()],
      ['askonce', askonceMiddleware({ cache })],
    ].map(([name, middleware]) => {
      const mock = mockModel(answers);
      const calls = () => mock.doGenerateCalls.length + mock.doStreamCalls.length;
      if (typeof middleware === 'string' || middleware === undefined) throw new TypeError('no middleware');
      return { name, calls, model: wrapLanguageModel({ model: mock, middleware }) };
    }),
  };
}

type Wrapped = ReturnType<typeof both>['models'][number];

/** How many calls each makes of what is done with its model. */
async function callsOf(answers: ModelAnswers, work: (one: Wrapped) => Promise<unknown>) {
  const { models } = both(answers);
  const counted: number[] = [];
  for (const one of models) {
    await work(one);
    counted.push(one.calls());
  }
  return { 'the recipe': counted[0], askonce: counted[1] };
}

describe('what the recipe does', () => {
  it('a generated text is stored, and its timestamp is a date', async () => {
    const answers = { generate: () => textResult('Paris') };
    const counted = await callsOf(answers, async ({ model }) => {
      const first = await generateText({ model, prompt: 'The capital of France?' });
      const second = await generateText({ model, prompt: 'The capital of France?' });
      expect(second.text).toBe('Paris');
      expect(second.response.timestamp).toEqual(first.response.timestamp);
    });
    expect(counted).toEqual({ 'the recipe': 1, askonce: 1 });
  });

  it('a streamed text is stored, and streamed in the same pieces', async () => {
    const counted = await callsOf({ stream: () => textParts('one two three') }, async ({ model }) => {
      for (const _turn of [1, 2]) {
        const pieces: string[] = [];
        for await (const piece of streamText({ model, prompt: 'Count.' }).textStream) pieces.push(piece);
        expect(pieces).toEqual(['one ', 'two ', 'three']);
      }
    });
    expect(counted).toEqual({ 'the recipe': 1, askonce: 1 });
  });
});

describe('what the recipe leaves open', () => {
  it('an answer lives forever in the recipe, and a month here', async () => {
    const { clock, models } = both({ generate: () => textResult('Paris') });
    for (const { model } of models) await generateText({ model, prompt: 'The capital?' });
    clock.advance(31 * 86_400_000);
    for (const { model } of models) await generateText({ model, prompt: 'The capital?' });
    expect(models.map(({ calls }) => calls())).toEqual([1, 2]);
  });

  it('callers at once make a call each in the recipe, and one here', async () => {
    const counted = await callsOf({ generate: () => textResult('Paris') }, ({ model }) =>
      Promise.all(Array.from({ length: 10 }, () => generateText({ model, prompt: 'The capital?' }))),
    );
    expect(counted).toEqual({ 'the recipe': 10, askonce: 1 });
  });

  it('a stream that broke off is an answer in the recipe, and none here', async () => {
    const answers = {
      stream: (_call: unknown, index: number) =>
        index === 0 ? textParts('cut off').slice(0, -2) : textParts('the whole answer'),
    };
    const read: string[] = [];
    const counted = await callsOf(answers, async ({ model }) => {
      await partsIn((await model.doStream(question('Go on.'))).stream);
      const parts = await partsIn((await model.doStream(question('Go on.'))).stream);
      read.push(parts.map((part) => (part.type === 'text-delta' ? part.delta : '')).join(''));
    });
    expect(read).toEqual(['cut off', 'the whole answer']);
    expect(counted).toEqual({ 'the recipe': 1, askonce: 2 });
  });

  it('a stream with an error is replayed by the recipe, and asked for again here', async () => {
    const failed: Part[] = [
      ...textParts('oh').slice(0, 3),
      { type: 'error', error: new Error('overloaded') },
    ];
    const answers = { stream: (_call: unknown, index: number) => (index === 0 ? failed : textParts('fine')) };
    const counted = await callsOf(answers, async ({ model }) => {
      for (const _turn of [1, 2]) await partsIn((await model.doStream(question('Go on.'))).stream);
    });
    expect(counted).toEqual({ 'the recipe': 1, askonce: 2 });
  });

  it('a refused or cut answer is stored by the recipe, and not here', async () => {
    const cut = textResult('Once upon', { finishReason: { unified: 'length', raw: 'length' } });
    const counted = await callsOf({ generate: () => cut }, async ({ model }) => {
      for (const _turn of [1, 2]) await generateText({ model, prompt: 'A story.' });
    });
    expect(counted).toEqual({ 'the recipe': 1, askonce: 2 });
  });

  it('a tool call with broken arguments is stored by the recipe, and not here', async () => {
    const call = { type: 'tool-call', toolCallId: 'c', toolName: 'weather', input: '{"city":' } as const;
    const counted = await callsOf({ generate: () => resultOf([call]) }, async ({ model }) => {
      for (const _turn of [1, 2]) await model.doGenerate(question('Weather?'));
    });
    expect(counted).toEqual({ 'the recipe': 1, askonce: 2 });
  });

  it('a search of the provider is answered from yesterday by the recipe, and afresh here', async () => {
    const search = { type: 'provider', id: 'openai.web_search', name: 'web_search', args: {} } as const;
    const counted = await callsOf({ generate: () => textResult('news') }, async ({ model }) => {
      for (const _turn of [1, 2]) await model.doGenerate(question('News?', { tools: [search] }));
    });
    expect(counted).toEqual({ 'the recipe': 1, askonce: 2 });
  });

  it('bytes of files are lost in the recipe, and here they are bytes', async () => {
    const data = { type: 'data', data: new Uint8Array([1, 2, 3]) } as const;
    const seen: unknown[] = [];
    await callsOf(
      { generate: () => resultOf([{ type: 'file', mediaType: 'image/png', data }]) },
      async ({ model }) => {
        await model.doGenerate(question('Draw.'));
        const [file] = (await model.doGenerate(question('Draw.'))).content;
        seen.push(file?.type === 'file' && file.data.type === 'data' && file.data.data instanceof Uint8Array);
      },
    );
    expect(seen).toEqual([false, true]);
  });

  it('a generated and a streamed answer are apart in the recipe under one key, and convert here', async () => {
    const { models } = both({ generate: () => textResult('Paris'), stream: () => textParts('Paris') });
    const [, askonce] = models;
    if (askonce === undefined) throw new TypeError('no model');
    const { model, calls } = askonce;
    await generateText({ model, prompt: 'The capital?' });
    expect(await streamText({ model, prompt: 'The capital?' }).text).toBe('Paris');
    expect(calls()).toBe(1);
  });

  it('a call that its caller aborts ends the other callers’ wait in neither', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { models } = both({ generate: () => promise.then(() => textResult('Paris')) });
    const waits = models.map(({ model }) => {
      const leaving = new AbortController();
      const left = generateText({ model, prompt: 'The capital?', abortSignal: leaving.signal });
      left.catch(() => {});
      const staying = generateText({ model, prompt: 'The capital?' });
      leaving.abort();
      return staying;
    });
    resolve();
    for (const staying of waits) expect((await staying).text).toBe('Paris');
  });
});
