/**
 * Recorded answers of real providers, as the SDK's own providers read them, behind the cache.
 */
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { embedMany, generateText, streamText, type wrapLanguageModel } from 'ai';
import { createCache } from 'askonce';
import { withAskonce } from 'askonce/ai-sdk';
import { expect, it } from 'vitest';
import type { Recording } from '../packages/askonce/src/entry/entry.ts';
import { type Call, type Part, partsIn, question, statusIn, without } from './support/ai-sdk.ts';
import { openaiRecordings } from './support/openai-recordings.ts';
import { namedRecordings, replay } from './support/provider-recordings.ts';
import { describeRecorded } from './support/recorded-suites.ts';

globalThis.AI_SDK_LOG_WARNINGS = false;

type Wrapped = ReturnType<typeof wrapLanguageModel>;

/** A model whose provider answers every call with the recording, and how often it was called. */
function counted(recording: Recording) {
  let calls = 0;
  const answer = replay(recording);
  const fetch = () => {
    calls += 1;
    return answer();
  };
  return { fetch, calls: () => calls };
}

const options = { apiKey: 'none', baseURL: 'http://127.0.0.1:9/v1' };

const kinds = [
  [
    'openai-chat',
    () => openaiRecordings('openai-chat'),
    (fetch: () => Promise<Response>) => createOpenAI({ ...options, fetch }).chat('any-model'),
  ],
  [
    'openai-responses',
    () => namedRecordings('openai-responses'),
    (fetch: () => Promise<Response>) => createOpenAI({ ...options, fetch }).responses('any-model'),
  ],
  [
    'anthropic-messages',
    () => namedRecordings('anthropic-messages'),
    (fetch: () => Promise<Response>) => createAnthropic({ ...options, fetch })('any-model'),
  ],
] as const;

const call: Call = question('How do I get to Lyon?');

/** The parts up to the end of the answer: some recordings have several answers, one behind the other. */
function answerIn(parts: readonly Part[]): unknown[] {
  const end = parts.findIndex(({ type }) => type === 'finish');
  const answer = end < 0 ? parts : parts.slice(0, end + 1);
  return answer.map((part) => (part.type === 'finish' ? without(part) : part));
}

/** As text without the ids that the SDK's providers make up. */
function said(value: unknown): string {
  return JSON.stringify(value).replaceAll(/"[A-Za-z0-9]{16}"/g, '"made up"');
}

/** What a caller reads of an answer, in either form. */
async function readWhole(model: Wrapped, form: 'body' | 'stream') {
  const request = { model, prompt: 'How do I get to Lyon?', maxRetries: 0 };
  const made = form === 'body' ? await generateText(request) : streamText({ ...request, onError: () => {} });
  return {
    text: await made.text,
    reasoning: await made.reasoningText,
    toolCalls: await made.toolCalls,
    sources: await made.sources,
    finishReason: await made.finishReason,
    usage: await made.usage,
  };
}

describeRecorded('recorded answers behind the AI SDK', () => {
  for (const [name, recordings, modelOf] of kinds) {
    const all = recordings();
    const streams = all.filter(({ recording }) => recording.form !== 'body');
    const bodies = all.filter(({ recording }) => recording.form === 'body');

    it(`${name}: a stream is replayed part by part, and one that is no complete answer is asked for again`, async () => {
      let stored = 0;
      for (const { name: file, recording } of streams) {
        const bare = modelOf(replay(recording));
        const { fetch, calls } = counted(recording);
        const model = withAskonce(modelOf(fetch), { cache: createCache() });
        const refusal: unknown = await bare.doStream(call).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (refusal !== undefined) {
          await expect(model.doStream(call), file).rejects.toThrow(String(refusal).replace(/^.*?: /, ''));
          continue;
        }
        const expected = await partsIn((await bare.doStream(call)).stream);
        const first = await partsIn((await model.doStream(call)).stream);
        const second = await partsIn((await model.doStream(call)).stream);
        const hasError = expected.some(({ type }) => type === 'error');
        if (!hasError) expect(said(answerIn(first)), file).toBe(said(answerIn(expected)));
        if (calls() > 1) continue;
        stored += 1;
        expect(answerIn(second), file).toStrictEqual(answerIn(first));
        const last = second.at(-1);
        expect(last?.type === 'finish' && statusIn(last.providerMetadata), file).toBe('hit memory');
      }
      expect(stored).toBeGreaterThan(3);
    });

    it(`${name}: a body is given again as it was`, async () => {
      let stored = 0;
      for (const { name: file, recording } of bodies) {
        const bare = modelOf(replay(recording));
        const expected = await bare.doGenerate(call).then(undefined, () => undefined);
        if (expected === undefined) continue;
        const { fetch, calls } = counted(recording);
        const model = withAskonce(modelOf(fetch), { cache: createCache() });
        const first = await model.doGenerate(call);
        const second = await model.doGenerate(call);
        if (calls() > 1) continue;
        stored += 1;
        for (const part of ['content', 'usage', 'finishReason', 'warnings'] as const) {
          expect(said(first[part]), file).toBe(said(expected[part]));
          expect(second[part], file).toStrictEqual(first[part]);
        }
        const { id, timestamp, modelId } = expected.response ?? {};
        expect(second.response, file).toEqual({ id, timestamp, modelId });
      }
      expect(stored).toBeGreaterThan(3);
    });

    it(`${name}: what is stored in one form says the same in the other`, async () => {
      let converted = 0;
      for (const { name: file, recording } of all) {
        const form = recording.form === 'body' ? 'body' : 'stream';
        const { fetch, calls } = counted(recording);
        const model = withAskonce(modelOf(fetch), { cache: createCache() });
        const first = await readWhole(model, form).then(undefined, () => undefined);
        if (first === undefined || !(await isStored(model))) continue;
        expect(await readWhole(model, form === 'body' ? 'stream' : 'body'), file).toEqual(first);
        expect(calls(), file).toBe(1);
        converted += 1;
      }
      expect(converted).toBeGreaterThan(5);
    });
  }

  it('openai-embeddings: vectors have the numbers that the provider sent', async () => {
    for (const { recording } of openaiRecordings('openai-embeddings')) {
      const sent: { data: { embedding: number[] }[] } = JSON.parse(
        Buffer.from(recording.body).toString('utf8'),
      );
      const { fetch, calls } = counted(recording);
      const model = withAskonce(createOpenAI({ ...options, fetch }).embedding('any-model'), {
        cache: createCache(),
      });
      const values = sent.data.map((_item, index) => `value ${index}`);
      for (const _turn of [1, 2])
        expect((await embedMany({ model, values, maxRetries: 0 })).embeddings).toStrictEqual(
          sent.data.map(({ embedding }) => embedding),
        );
      expect(calls()).toBe(1);
    }
  });
});

/** Whether there is an entry, in whichever form. */
async function isStored(model: Wrapped): Promise<boolean> {
  const providerOptions = { askonce: { onlyIfCached: true } };
  const request = { model, prompt: 'How do I get to Lyon?', maxRetries: 0, providerOptions };
  const read = async (made: PromiseLike<unknown>) =>
    made.then(
      () => true,
      () => false,
    );
  return (await read(generateText(request))) && (await read(generateText(request)));
}
