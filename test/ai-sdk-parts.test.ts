/**
 * Whatever parts and content a model gives, callers get the same from it, from a flight and from an entry.
 */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type Content,
  type Part,
  partsIn,
  question,
  type Result,
  setUpModel,
  without,
} from './support/ai-sdk.ts';

const json = fc.jsonValue({ maxDepth: 2, noUnicodeString: false });
const metadata = fc.dictionary(fc.constantFrom('mock', 'other'), fc.dictionary(fc.string(), json), {
  maxKeys: 2,
});
const text = fc.string({ unit: 'binary', maxLength: 12 });
const id = fc.constantFrom('0', '1', '__proto__', '$askonce');
const bytes = fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.base64String({ maxLength: 20 }));
const data = fc.oneof(
  fc.record({ type: fc.constant('data' as const), data: bytes }),
  fc.record({ type: fc.constant('url' as const), url: fc.webUrl().map((url) => new URL(url)) }),
);
const file = { mediaType: fc.constantFrom('image/png', 'audio/mp3'), data };
const source = fc.record({
  type: fc.constant('source' as const),
  sourceType: fc.constant('url' as const),
  id,
  url: fc.webUrl(),
});

const call = fc.record({
  type: fc.constant('tool-call' as const),
  toolCallId: id,
  toolName: text,
  input: fc.oneof(fc.json({ maxDepth: 1 }), fc.constant('')),
});
const flags = fc.record(
  { providerExecuted: fc.boolean(), dynamic: fc.boolean(), providerMetadata: metadata },
  { requiredKeys: [] },
);
const shared = [
  fc.tuple(call, flags).map(([one, more]) => ({ ...one, ...more })),
  fc.record({
    type: fc.constant('tool-result' as const),
    toolCallId: id,
    toolName: text,
    result: text,
    isError: fc.boolean(),
  }),
  fc.record({ type: fc.constant('tool-approval-request' as const), approvalId: id, toolCallId: id }),
  fc.record({
    type: fc.constant('custom' as const),
    kind: fc.constant('mock.it' as const),
    providerMetadata: metadata,
  }),
  fc.record({ type: fc.constant('file' as const), ...file }),
  fc.record({ type: fc.constant('reasoning-file' as const), ...file, providerMetadata: metadata }),
  source,
] as const;

const warnings = fc.array(
  fc.oneof(
    fc.record({ type: fc.constant('other' as const), message: text }),
    fc.record({ type: fc.constant('unsupported' as const), feature: text }),
  ),
  { maxLength: 2 },
);
const response = fc.record(
  {
    id: text,
    timestamp: fc.date({ noInvalidDate: true }),
    modelId: fc.constantFrom('mock-model-id', 'other'),
  },
  // It is stored without the headers and the body of the HTTP response, and so is made anew.
  { requiredKeys: [], noNullPrototype: true },
);
const count = fc.option(fc.nat(), { nil: undefined });
const usage = fc.record({
  inputTokens: fc.record({ total: count, noCache: count, cacheRead: count, cacheWrite: count }),
  outputTokens: fc.record({ total: count, text: count, reasoning: count }),
});
const finishReason = fc.record({
  unified: fc.constantFrom('stop' as const, 'tool-calls' as const),
  raw: fc.option(fc.constantFrom('end_turn', 'eos'), { nil: undefined }),
});

/** A text that begins, goes on and ends. */
const block = fc
  .record({
    kind: fc.constantFrom('text' as const, 'reasoning' as const),
    id,
    deltas: fc.array(text, { maxLength: 3 }),
    more: fc.option(metadata),
  })
  .map(({ kind, id: name, deltas, more }): Part[] => {
    const extra = more === null ? {} : { providerMetadata: more };
    return [
      { type: `${kind}-start`, id: name, ...extra },
      ...deltas.map((delta): Part => ({ type: `${kind}-delta`, id: name, delta })),
      { type: `${kind}-end`, id: name, ...extra },
    ];
  });
const input = fc
  .record({ id, toolName: text, deltas: fc.array(text, { maxLength: 2 }) })
  .map(({ id: name, toolName, deltas }): Part[] => [
    { type: 'tool-input-start', id: name, toolName },
    ...deltas.map((delta): Part => ({ type: 'tool-input-delta', id: name, delta })),
    { type: 'tool-input-end', id: name },
  ]);
const one = fc
  .oneof(
    ...shared,
    fc.record({ type: fc.constant('raw' as const), rawValue: json }),
    fc.record({ type: fc.constant('ping' as const) }),
    response.map((some) => ({ type: 'response-metadata' as const, ...some })),
    warnings.map((some) => ({ type: 'stream-start' as const, warnings: some })),
  )
  .map((part): Part[] => [part]);
/** Something that is an answer, so that the whole may be stored. */
const said: Part[] = [
  { type: 'text-start', id: 'said' },
  { type: 'text-delta', id: 'said', delta: 'an answer' },
  { type: 'text-end', id: 'said' },
];
const stream = fc
  .record({
    parts: fc.array(fc.oneof(block, input, one), { maxLength: 6 }),
    end: fc.record(
      { type: fc.constant('finish' as const), usage, finishReason, providerMetadata: metadata },
      { requiredKeys: ['type', 'usage', 'finishReason'] },
    ),
  })
  .map(({ parts, end }): Part[] => [...parts.flat(), ...said, end]);

const content = fc.oneof(
  ...shared,
  fc.record(
    {
      type: fc.constant('text' as const),
      text,
      citations: fc.array(fc.record({ source }), { maxLength: 1 }),
      providerMetadata: metadata,
    },
    { requiredKeys: ['type', 'text'] },
  ),
  fc.record(
    { type: fc.constant('reasoning' as const), text, providerMetadata: metadata },
    { requiredKeys: ['type', 'text'] },
  ),
);
const result = fc.record(
  {
    content: fc
      .array(content, { maxLength: 6 })
      .map((some): Content[] => [...some, { type: 'text', text: 'an answer' }]),
    structuredOutputText: text,
    finishReason,
    usage,
    warnings,
    response,
    providerMetadata: metadata,
  },
  { requiredKeys: ['content', 'finishReason', 'usage', 'warnings'] },
);

/** Metadata are there in any case, since the cache adds its own. */
function comparable<Some extends { providerMetadata?: Result['providerMetadata'] | undefined }>(some: Some) {
  return without(some);
}

function allOf(parts: readonly Part[]): unknown[] {
  return parts.map((part) => (part.type === 'finish' ? comparable(part) : part));
}

it('any sequence of parts that the types allow is replayed deep-equal, live, to followers and from the entry', async () => {
  let stored = 0;
  await fc.assert(
    fc.asyncProperty(stream, async (parts) => {
      const { model, calls } = setUpModel({ stream: () => parts });
      const live = await Promise.all([1, 2].map(() => model.doStream(question('a'))));
      const read = await Promise.all(live.map((made) => partsIn(made.stream)));
      expect(calls()).toBe(1);
      read.push(await partsIn((await model.doStream(question('a'))).stream));
      stored += calls() === 1 ? 1 : 0;
      for (const all of read) expect(isDeepStrictEqual(allOf(all), allOf(parts))).toBe(true);
    }),
    { numRuns: 80 },
  );
  expect(stored).toBeGreaterThan(10);
});

it('any result that the types allow is given deep-equal, live, to followers and from the entry', async () => {
  let stored = 0;
  await fc.assert(
    fc.asyncProperty(result, async (made) => {
      const { model, calls } = setUpModel({ generate: () => made });
      const read = await Promise.all([1, 2].map(() => model.doGenerate(question('a'))));
      expect(calls()).toBe(1);
      read.push(await model.doGenerate(question('a')));
      stored += calls() === 1 ? 1 : 0;
      for (const one of read) expect(isDeepStrictEqual(comparable(one), comparable(made))).toBe(true);
    }),
    { numRuns: 80 },
  );
  expect(stored).toBeGreaterThan(10);
});

it('any result that can be streamed says the same when it is generated from that stream again', async () => {
  let converted = 0;
  await fc.assert(
    fc.asyncProperty(result, async ({ structuredOutputText: _apart, ...made }) => {
      const first = setUpModel({ generate: () => made, stream: () => [] });
      await first.model.doGenerate(question('a'));
      const parts = await partsIn((await first.model.doStream(question('a'))).stream);
      if (first.calls() > 1) return;
      converted += 1;
      const second = setUpModel({ stream: () => parts });
      await partsIn((await second.model.doStream(question('a'))).stream);
      const again = await second.model.doGenerate(question('a'));
      if (second.calls() > 1) return;
      const of = ({ content: some, usage: used, finishReason: why, warnings: warned }: Result) => ({
        some: some.map((piece) =>
          piece.type === 'text' && piece.citations?.length === 0 ? { ...piece, citations: [] } : piece,
        ),
        used,
        why,
        warned,
      });
      expect(of(again)).toEqual(of(made));
    }),
    { numRuns: 60 },
  );
  expect(converted).toBeGreaterThan(5);
});
