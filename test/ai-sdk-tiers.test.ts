/**
 * Models of the AI SDK before what caches share and find: other words for a question, other processes, a file, and the pace of a
 * recorded stream.
 */
import { createCache, memoryStore, tieredStore } from 'askonce';
import { withAskonce } from 'askonce/ai-sdk';
import { sqliteStore } from 'askonce/sqlite';
import { fakeClock } from 'askonce/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
// Loaded before the first cache asks for it.
import '../packages/askonce/src/semantic/tier.ts';
import {
  mockModel,
  type Part,
  partsIn,
  question,
  statusIn,
  textParts,
  textResult,
} from './support/ai-sdk.ts';
import { settled } from './support/gated-provider.ts';
import { observedCache } from './support/set-up-cache.ts';
import { sharedMemory } from './support/shared-memory.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { wordEmbedder } from './support/word-embedder.ts';

describe('a question in other words', () => {
  const settings = { semanticUpper: 0.8, semanticLower: 0.5, semanticGuards: 'none' } as const;
  const capital = question('What is the capital city of France?');
  const again = question('Which is the capital city of France?');

  function setUp() {
    const { cache } = observedCache({ clock: fakeClock(), settings, semantic: { embedder: wordEmbedder() } });
    const mock = mockModel({ generate: () => textResult('Paris'), stream: () => textParts('Paris') });
    const calls = () => mock.doGenerateCalls.length + mock.doStreamCalls.length;
    return { cache, model: withAskonce(mock, { cache }), calls };
  }

  it('is answered by the stored answer, generated and streamed, and says how near it is', async () => {
    const { model, calls, cache } = setUp();
    await model.doGenerate(capital);
    await settled();
    const { content, providerMetadata } = await model.doGenerate(again);
    expect(content).toEqual([{ type: 'text', text: 'Paris' }]);
    expect(statusIn(providerMetadata)).toBe('hit semantic');
    expect(providerMetadata?.['askonce']).toMatchObject({
      similarity: expect.closeTo(0.857, 3),
      match: expect.stringMatching(/^[\w-]+$/),
    });
    const parts = await partsIn((await model.doStream(again)).stream);
    const last = parts.at(-1);
    expect(last?.type === 'finish' && statusIn(last.providerMetadata)).toBe('hit semantic');
    expect(calls()).toBe(1);
    const { match } = providerMetadata?.['askonce'] ?? {};
    await cache.feedback({ match: String(match), verdict: 'wrong' });
    expect(statusIn((await model.doGenerate(again)).providerMetadata)).toBe('miss');
  });

  it('is asked if the call says so, or has another system prompt or tools', async () => {
    const { model, calls } = setUp();
    await model.doGenerate(capital);
    await settled();
    const system = { role: 'system', content: 'Answer in French.' } as const;
    const tool = { type: 'function', name: 'look', inputSchema: {} } as const;
    for (const call of [
      question('Which is the capital city of France?', {
        providerOptions: { askonce: { semantic: { off: true } } },
      }),
      { prompt: [system, ...again.prompt] },
      { ...again, tools: [tool] },
    ])
      expect(statusIn((await model.doGenerate(call)).providerMetadata)).toBe('miss');
    expect(calls()).toBe(4);
  });
});

describe('other processes', () => {
  it('a process follows the stream of another, part by part', async () => {
    const clock = fakeClock();
    const memory = sharedMemory(clock);
    const text = textParts('one two three');
    const { promise, resolve } = Promise.withResolvers<void>();
    const source = async function* (): AsyncGenerator<Part> {
      yield* text.slice(0, 4);
      await promise;
      yield* text.slice(4);
    };
    let calls = 0;
    const models = [1, 2].map(() => {
      const { cache } = observedCache({
        clock,
        store: memory.process().store,
        settings: { secret: 'shared by the processes' },
      });
      const mock = mockModel({});
      mock.doStream = async () => {
        calls += 1;
        return { stream: ReadableStream.from(source()) };
      };
      return withAskonce(mock, { cache });
    });
    const pass = async () => {
      for (let step = 0; step < 40; step++) {
        clock.advance(10);
        await settled();
      }
    };
    // The invalidation log must have been read before anything can be shared.
    await pass();
    const asked = models.map(async (model) => partsIn((await model.doStream(question('Count.'))).stream));
    await pass();
    resolve();
    await pass();
    const [first, second] = await Promise.all(asked);
    expect(calls).toBe(1);
    expect(first?.slice(0, -1)).toStrictEqual(text.slice(0, -1));
    expect(second?.slice(0, -1)).toStrictEqual(text.slice(0, -1));
  });

  it('an answer is found in the file after a restart', async () => {
    const folder = temporaryFolder();
    const mock = mockModel({ generate: () => textResult('Paris') });
    for (const expected of ['miss', 'hit sqlite']) {
      const cache = createCache({
        store: tieredStore({ upper: memoryStore(), lower: await sqliteStore({ folder }) }),
        settings: { secret: 'of both processes' },
      });
      const { providerMetadata } = await withAskonce(mock, { cache }).doGenerate(question('Which city?'));
      expect(statusIn(providerMetadata)).toBe(expected);
      await cache.close();
    }
    expect(mock.doGenerateCalls).toHaveLength(1);
  });
});

describe('the pace of a replay', () => {
  async function setUp(replayPace: 'at-once' | 'recorded') {
    const clock = fakeClock();
    const { cache } = observedCache({ clock, settings: { replayPace } });
    const mock = mockModel({});
    mock.doStream = async () => ({
      stream: ReadableStream.from(
        (async function* () {
          for (const part of textParts('one two')) {
            clock.advance(100);
            await settled();
            yield part;
          }
        })(),
      ),
    });
    const model = withAskonce(mock, { cache });
    await partsIn((await model.doStream(question('Slow?'))).stream);
    const { stream } = await model.doStream(question('Slow?'));
    const read: Part[] = [];
    const reading = (async () => {
      for await (const part of stream) read.push(part);
    })();
    onTestFinished(async () => {
      clock.advance(10_000);
      await reading;
    });
    await settled();
    return { clock, read };
  }

  it('is none by default', async () => {
    const { read } = await setUp('at-once');
    expect(read).toHaveLength(textParts('one two').length);
  });

  it('is that of the recorded stream if the settings say so', async () => {
    const { clock, read } = await setUp('recorded');
    const seen = [read.length];
    for (const ms of [150, 100, 100]) {
      clock.advance(ms);
      await settled();
      seen.push(read.length);
    }
    expect(seen).toEqual([1, 2, 3, 4]);
  });
});
