import fc from 'fast-check';
import type { ChatCompletion } from 'openai/resources';
import { describe, expect, it } from 'vitest';
import {
  chunkStream,
  chunksRead,
  completionRead,
  dataOf,
  openaiRecordings,
  textOf,
} from '../../../../../../test/support/openai-recordings.ts';
import { bodyOf } from '../../../../../../test/support/provider-recordings.ts';
import { describeRecorded } from '../../../../../../test/support/recorded-suites.ts';
import { forms, isStream, type Recording } from '../../../entry/entry.ts';
import { readEvents } from '../../../entry/sse.ts';
import { parseJson } from '../../../json.ts';
import { numbersAreExact } from '../../recorded-json.ts';
import { assess } from './assess.ts';
import { convert } from './convert.ts';
import { openaiChat } from './protocol.ts';

const recordings = openaiRecordings('openai-chat');

function converted(recording: Recording, to: Recording['form']): Recording {
  const other = convert(recording, to);
  expect(other, `${recording.form} → ${to}`).toBeDefined();
  return other ?? recording;
}

/** Everything that a reader learns from an answer, whichever form it had. */
function summary({ choices, usage, id, model, created }: ChatCompletion) {
  const said = choices.map(
    ({ index, finish_reason, message: { content, refusal, tool_calls, ...message } }) => ({
      index,
      finish_reason,
      content: content ?? '',
      refusal: refusal ?? null,
      calls: (tool_calls ?? []).map((call) => ('function' in call ? call.function : call)),
      reasoning: Object.entries(message).filter(
        ([name, value]) => name.startsWith('reasoning') && value !== null,
      ),
    }),
  );
  return { id, model, created, usage, said };
}

function textually(recording: Recording): string {
  return textOf(converted(recording, 'body'));
}

describeRecorded('real recordings in another form', () => {
  it('the recorded chat answers are bodies and streams', () => {
    const sorts = recordings.map(({ recording }) => isStream(recording.form));
    expect([sorts.includes(true), sorts.includes(false)]).toEqual([true, true]);
  });

  const whole = recordings.filter(({ recording }) => !isStream(recording.form));
  const streams = recordings.filter(({ recording }) => isStream(recording.form));

  it.each(whole)('$name: the official client reads the same from a stream', async ({ recording }) => {
    const stream = converted(recording, 'stream+usage');
    const completion: ChatCompletion = JSON.parse(textOf(recording));
    const read = JSON.parse(textually(stream));
    expect(summary(read)).toEqual(summary(completion));
    const chunks = await chunksRead(stream);
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(
      completion.choices[0]?.message.content ?? '',
    );
    expect(chunks.at(-1)?.usage).toEqual(completion.usage);
    expect(assess(stream)).toEqual(assess(recording));
  });

  it.each(streams)('$name: the official client reads the same from a body', async ({ recording }) => {
    const body = converted(recording, 'body');
    const chunks = await chunksRead(recording);
    const { choices, usage, id, model } = await completionRead(body);
    const deltas = chunks.flatMap((chunk) => chunk.choices);
    expect(choices[0]?.message.content ?? '').toBe(deltas.map(({ delta }) => delta.content ?? '').join(''));
    expect(choices[0]?.finish_reason).toBe(
      deltas.findLast(({ finish_reason }) => finish_reason)?.finish_reason,
    );
    expect(usage).toEqual(chunks.findLast((chunk) => chunk.usage)?.usage);
    expect([id, model]).toEqual([chunks[0]?.id, chunks[0]?.model]);
    expect(assess(body)).toEqual(assess(recording));
  });

  it.each(streams)('$name: without usage it says the same', async ({ recording }) => {
    const bare = converted(recording, 'stream');
    const chunks = await chunksRead(bare);
    const before = await chunksRead(recording);
    expect(chunks.every((chunk) => chunk.usage !== null && chunk.choices.length > 0)).toBe(true);
    expect(chunks.map(({ choices }) => choices)).toEqual(
      before.filter(({ choices }) => choices.length > 0).map(({ choices }) => choices),
    );
    expect(bare.events?.at.length).toBe(bare.events?.ends.length);
  });

  it.each(recordings)(
    '$name converted to the other form and back has the same assessment',
    ({ recording }) => {
      const other = isStream(recording.form) ? 'body' : 'stream+usage';
      expect(assess(converted(converted(recording, other), recording.form))).toEqual(assess(recording));
    },
  );
});

const frame = { id: 'chatcmpl-1', object: 'chat.completion', created: 7, model: 'm' };
const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };

const text = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' });
const logprob = fc.record({
  token: text,
  logprob: fc.double({ min: -1e4, max: 0, noNaN: true, noDefaultInfinity: true }),
});
const noMinusZero = (value: unknown) => JSON.parse(JSON.stringify(value));

const vendorValue = fc
  .jsonValue({ maxDepth: 2 })
  .map((value) => parseJson(JSON.stringify(value)))
  .filter((value) => value !== null && value !== '' && numbersAreExact(value));

const message = fc
  .record(
    {
      content: fc.option(text),
      refusal: fc.option(text),
      reasoning_content: text,
      reasoning: text,
      annotations: fc.array(fc.record({ type: text }), { maxLength: 2 }),
      vendor_field: vendorValue,
      // Two calls with one id do not convert.
      tool_calls: fc.uniqueArray(
        fc.oneof(
          fc.record({
            id: text,
            type: fc.constant('function'),
            function: fc.record({ name: text, arguments: fc.json() }),
          }),
          fc.record({
            id: text,
            type: fc.constant('custom'),
            custom: fc.record({ name: text, input: text }),
          }),
        ),
        { minLength: 1, maxLength: 3, selector: ({ id }) => id },
      ),
    },
    { requiredKeys: ['content', 'refusal'] },
  )
  .map((fields) => ({ role: 'assistant', ...fields }));

const choice = fc.record({
  message,
  logprobs: fc.option(
    fc.record({ content: fc.option(fc.array(logprob)), refusal: fc.option(fc.array(logprob)) }),
  ),
  finish_reason: fc.constantFrom('stop', 'length', 'tool_calls', 'content_filter'),
});

const completion = fc
  .record({
    choices: fc.array(choice, { minLength: 1, maxLength: 3 }),
    service_tier: fc.constantFrom('default', 'flex'),
    system_fingerprint: text,
    vendor: fc.record({ note: text }),
  })
  .map(({ choices, ...rest }) =>
    noMinusZero({ ...frame, ...rest, choices: choices.map((one, index) => ({ index, ...one })), usage }),
  );

describe('any completion', () => {
  it('a chat completion converted to a stream and back is the same completion', () => {
    fc.assert(
      fc.property(completion, (original) => {
        const stream = converted(bodyOf(JSON.stringify(original)), 'stream+usage');
        expect(JSON.parse(textually(stream))).toEqual(original);
      }),
    );
  });

  it("a chat completion reads the same to OpenAI's client from a stream and from the body", async () => {
    await fc.assert(
      fc.asyncProperty(completion, async (original) => {
        const recording = bodyOf(JSON.stringify(original));
        const fromStream = await completionRead(converted(recording, 'stream+usage'));
        expect(summary(fromStream)).toEqual(summary(await completionRead(recording)));
      }),
      { numRuns: 40 },
    );
  });

  it('a chat completion converts to the same stream without usage directly and by way of a stream with usage', () => {
    fc.assert(
      fc.property(completion, (original) => {
        const recording = bodyOf(JSON.stringify(original));
        const direct = converted(recording, 'stream');
        expect(textOf(converted(converted(recording, 'stream+usage'), 'stream'))).toBe(textOf(direct));
      }),
    );
  });

  it('a chat completion cut into deltas anywhere converts to one body', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), fc.array(text, { minLength: 1 }), (contents, pieces) => {
        const chunk = (delta: object) => ({ ...frame, choices: [{ index: 0, delta, finish_reason: null }] });
        const stream = chunkStream([
          chunk({ role: 'assistant', content: '' }),
          ...contents.map((content) => chunk({ content })),
          chunk({
            tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '' } }],
          }),
          ...pieces.map((piece) => chunk({ tool_calls: [{ index: 0, function: { arguments: piece } }] })),
          { ...frame, choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] },
          { ...frame, choices: [], usage },
          '[DONE]',
        ]);
        const [only] = JSON.parse(textually(stream)).choices;
        expect(only.message.content).toBe(contents.join(''));
        expect(only.message.tool_calls).toEqual([
          { id: 'a', type: 'function', function: { name: 'f', arguments: pieces.join('') } },
        ]);
      }),
    );
  });
});

function ended(rest: object = {}, delta: object = { content: 'x' }) {
  return { ...frame, choices: [{ index: 0, delta, finish_reason: 'stop' }], ...rest };
}

describe('conversion never invents', () => {
  it('a chat stream without usage converts to no body and to no stream with usage', () => {
    const bare = chunkStream([ended(), '[DONE]']);
    expect(convert(bare, 'body')).toBeUndefined();
    expect(convert(bare, 'stream+usage')).toBeUndefined();
  });

  it('a chat body without usage converts to a stream, and to no stream with usage', () => {
    const choices = [{ index: 0, message: { role: 'assistant', content: 'x' }, finish_reason: 'stop' }];
    const bare = bodyOf(JSON.stringify({ ...frame, choices }));
    expect(convert(bare, 'stream+usage')).toBeUndefined();
    expect(assess(converted(bare, 'stream')).finish).toBe('natural');
    expect(textOf(converted(bare, 'stream'))).not.toContain('usage');
  });

  it.each([
    ['broken off', chunkStream([ended({ usage })])],
    ['failed', chunkStream([ended({ usage }), { error: { message: 'no' } }, '[DONE]'])],
    ['without a reason', chunkStream([{ ...frame, choices: [{ index: 0, delta: {} }], usage }, '[DONE]'])],
    ['with sound', chunkStream([ended({ usage }, { audio: { id: 'a', data: 'AA==' } }), '[DONE]'])],
    [
      'with pieces of something unknown',
      chunkStream([ended({}, { x: 'a' }), ended({ usage }, { x: 'b' }), '[DONE]']),
    ],
    ['with a number beyond 2^53', chunkStream([ended({ usage, seed: 'SEED' }), '[DONE]'])],
  ])('a chat stream %s does not convert to a body', (name, recording) => {
    const exact = name.includes('2^53')
      ? textOf(recording).replace('"SEED"', '9007199254740993')
      : textOf(recording);
    const body = Buffer.from(exact);
    const ends = Uint32Array.from(exact.matchAll(/\n\n/g), ({ index }) => index + 2);
    expect(convert({ ...recording, body, events: { ends, at: ends } }, 'body')).toBeUndefined();
  });

  it('a chat body with audio does not convert to a stream', () => {
    const choices = [{ message: { audio: { id: 'a', data: 'AA==' } }, finish_reason: 'stop' }];
    expect(convert(bodyOf(JSON.stringify({ ...frame, choices, usage })), 'stream')).toBeUndefined();
  });

  it('a chat completion does not convert to a form of another protocol', () => {
    const recording = bodyOf(JSON.stringify({ ...frame, choices: [], usage }));
    expect(convert(recording, 'body+base64')).toBeUndefined();
    expect(convert(recording, 'stream')).toBeUndefined();
    expect(convert(recording, 'body')).toBe(recording);
  });
});

describe('a stream and its usage', () => {
  it('events without usage keep their bytes and their time', () => {
    const stream = chunkStream(
      [ended({}, { content: '"usage"' }), { choices: [], usage }, '[DONE]'],
      'stream+usage',
    );
    const timed = { ...stream, events: stream.events && { ...stream.events, at: Uint32Array.of(5, 9, 12) } };
    const bare = converted(timed, 'stream');
    expect(bare.events?.at).toEqual(Uint32Array.of(5, 12));
    expect(textOf(bare)).toBe(textOf(chunkStream([ended({}, { content: '"usage"' }), '[DONE]'])));
  });

  it('usage in Groq’s own field alone gets the chunk in which clients look for it', () => {
    const stream = chunkStream([ended({ x_groq: { usage } }), '[DONE]']);
    const full = converted(stream, 'stream+usage');
    expect(dataOf(full).at(-2)).toEqual({ ...frame, choices: [], usage });
    expect(readEvents(full).at(-1)?.data).toBe('[DONE]');
    expect(textOf(full).startsWith(textOf(stream).replace('data: [DONE]\n\n', ''))).toBe(true);
  });

  it('only a request for a body follows a chat stream, and only one with usage', () => {
    const pairs = forms.flatMap((leading) => forms.map((wanted) => [leading, wanted] as const));
    const allowed = pairs.filter(
      ([leading, wanted]) => leading !== wanted && openaiChat.mayFollow(leading, wanted),
    );
    expect(allowed).toEqual([
      ['stream+usage', 'body'],
      ['stream+usage+unpadded', 'body'],
    ]);
  });
});
