/**
 * Models of the AI SDK whose answers a test gives, and a cache before them.
 */
import { MockLanguageModelV4 } from 'ai/test';
import type { SettingsInput } from 'askonce';
import { type AskonceOptions, withAskonce } from 'askonce/ai-sdk';
import { fakeClock } from 'askonce/testing';
import { z } from 'zod';
import { observedCache } from './set-up-cache.ts';

type Model = InstanceType<typeof MockLanguageModelV4>;
export type Call = Parameters<Model['doGenerate']>[0];
export type Result = Awaited<ReturnType<Model['doGenerate']>>;
export type Part =
  Awaited<ReturnType<Model['doStream']>>['stream'] extends ReadableStream<infer One> ? One : never;
export type Content = Result['content'][number];

export const usage: Result['usage'] = {
  inputTokens: { total: 12, noCache: 12, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: 5, text: 5, reasoning: undefined },
};

const stop: Result['finishReason'] = { unified: 'stop', raw: 'stop' };

/** A result with this content, and all else that a result may have. */
export function resultOf(content: Content[], more: Partial<Result> = {}): Result {
  return {
    content,
    finishReason: stop,
    usage,
    response: { id: 'r-1', timestamp: new Date('2026-11-01T10:00:00.123Z'), modelId: 'mock-model-id' },
    warnings: [{ type: 'unsupported', feature: 'seed' }],
    providerMetadata: { mock: { fingerprint: 'fp', empty: null } },
    ...more,
  };
}

export function textResult(text: string, more: Partial<Result> = {}): Result {
  return resultOf([{ type: 'text', text }], more);
}

/** The parts of a streamed text, one a word. */
export function textParts(text: string): Part[] {
  return [
    { type: 'stream-start', warnings: [] },
    { type: 'response-metadata', id: 'r-2', timestamp: new Date(5_000), modelId: 'mock-model-id' },
    { type: 'text-start', id: '1' },
    ...text.split(/(?<= )/).map((delta): Part => ({ type: 'text-delta', id: '1', delta })),
    { type: 'text-end', id: '1' },
    { type: 'finish', usage, finishReason: stop, providerMetadata: { mock: { fingerprint: 'fp' } } },
  ];
}

export async function partsIn(stream: ReadableStream<Part>): Promise<Part[]> {
  const parts: Part[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
}

export interface ModelAnswers {
  readonly generate?: (call: Call, index: number) => Result | Promise<Result>;
  readonly stream?: (call: Call, index: number) => readonly Part[] | Promise<readonly Part[]>;
}

/** A model that counts its calls. */
export function mockModel({ generate, stream }: ModelAnswers): Model {
  const model: Model = new MockLanguageModelV4({
    doGenerate: async (call) => {
      const result = await generate?.(call, model.doGenerateCalls.length - 1);
      return result ?? Promise.reject(new Error('the test generates nothing'));
    },
    doStream: async (call) => {
      const parts = await stream?.(call, model.doStreamCalls.length - 1);
      return {
        stream: ReadableStream.from<Part>(parts ?? []),
        request: { body: 'sent' },
        response: { headers: { a: 'b' } },
      };
    },
  });
  return model;
}

/** A model behind a cache on a fake clock. */
export function setUpModel(
  answers: ModelAnswers,
  settings: SettingsInput = {},
  options: Omit<AskonceOptions, 'cache'> = {},
) {
  const clock = fakeClock();
  const observed = observedCache({ clock, settings });
  const mock = mockModel(answers);
  const model = withAskonce(mock, { cache: observed.cache, ...options });
  const calls = () => mock.doGenerateCalls.length + mock.doStreamCalls.length;
  return { clock, ...observed, mock, model, calls };
}

/** A call that asks one question. */
export function question(text: string, more: Partial<Call> = {}): Call {
  return { prompt: [{ role: 'user', content: [{ type: 'text', text }] }], ...more };
}

type Metadata = Result['providerMetadata'];

const status = z.looseObject({
  kind: z.string(),
  reason: z.string().optional(),
  detail: z.string().optional(),
  collapsed: z.boolean().optional(),
});

/** What a result says of the cache: `hit`, or the reason for which it was forwarded. */
export function statusIn(metadata: Metadata): string {
  const read = status.safeParse(metadata?.['askonce']?.['cacheStatus']);
  if (!read.success) return 'none';
  const { kind, reason, detail, collapsed } = read.data;
  return [kind === 'hit' ? kind : reason, collapsed === true ? 'collapsed' : undefined, detail]
    .filter((one) => one !== undefined)
    .join(' ');
}

/** The result without what the cache adds to it. */
export function without<Some extends { providerMetadata?: Metadata | undefined }>(result: Some) {
  const { providerMetadata, ...rest } = result;
  const { askonce: _askonce, ...others } = providerMetadata ?? {};
  return { ...rest, providerMetadata: others };
}
