import fc from 'fast-check';
import type { CompletionCreateParamsBase } from 'openai/resources/completions';
import { describe, expect, it } from 'vitest';
import {
  chunkStream,
  clientOf,
  listOf,
  openaiRecordings,
  textOf,
} from '../../../../../../test/support/openai-recordings.ts';
import { bodyOf } from '../../../../../../test/support/provider-recordings.ts';
import { describeRecorded } from '../../../../../../test/support/recorded-suites.ts';
import type { Recording } from '../../../entry/entry.ts';
import { CanonicalText } from '../../../identity/canonical.ts';
import type { JsonObject, JsonValue } from '../../../json.ts';
import type { FieldRule } from '../../contract.ts';
import { fields, openaiCompletions } from './protocol.ts';

const { assess, convert, read, mayFollow } = openaiCompletions;

// Does not compile once OpenAI adds a parameter, until the table has a rule for it.
const documented: Record<keyof CompletionCreateParamsBase, FieldRule> = fields;

function converted(recording: Recording, to: Recording['form']): Recording {
  const other = convert(recording, to);
  expect(other, `${recording.form} → ${to}`).toBeDefined();
  return other ?? recording;
}

const recordings = openaiRecordings('openai-completions');

describeRecorded('real recordings of text completions', () => {
  it('the recordings of text completions are a body and a stream', () => {
    expect(recordings.map(({ name }) => name)).toEqual([
      'openai-completion-text.events.jsonl',
      'openai-completion-text.json',
    ]);
  });

  it.each(recordings)('$name was cut by its limit on tokens', ({ recording }) => {
    expect(assess(recording)).toEqual({
      id: expect.stringMatching(/^cmpl-/),
      finish: 'length',
      finishReason: 'length',
      empty: false,
      toolCalls: 'none',
      usage: { inputTokens: 14, outputTokens: 16 },
      model: 'gpt-3.5-turbo-instruct:20230824-v2',
    });
  });

  it.each(recordings)('$name: the official client reads the same in either form', async ({ recording }) => {
    const body = converted(recording, 'body');
    const stream = converted(recording, 'stream+usage');
    const request = { model: 'm', prompt: 'x' };
    const completion = await clientOf(body).completions.create(request);
    const chunks = await listOf(await clientOf(stream).completions.create({ ...request, stream: true }));
    const texts = chunks.map(({ choices }) => choices[0]?.text ?? '');
    expect(texts.join('')).toBe(completion.choices[0]?.text);
    expect(chunks.findLast(({ choices }) => choices.length > 0)?.choices[0]?.finish_reason).toBe('length');
    expect(chunks.at(-1)?.usage).toEqual(completion.usage);
    expect(chunks.every(({ id }) => id === completion.id)).toBe(true);
  });
});

const text = fc.string({ maxLength: 20, unit: 'grapheme' });
const completion = fc
  .array(
    fc.record({
      text,
      logprobs: fc.option(
        fc.record({
          tokens: fc.array(text),
          text_offset: fc.array(fc.nat()),
          top_logprobs: fc.constant(null),
        }),
      ),
      finish_reason: fc.constantFrom('stop', 'length', 'content_filter'),
      vendor: text,
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((choices) => ({
    id: 'cmpl-1',
    object: 'text_completion',
    created: 7,
    model: 'm',
    choices: choices.map((choice, index) => ({ ...choice, index })),
    usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
  }));

describe('any text completion', () => {
  it('a text completion converted to a stream and back is the same completion', () => {
    fc.assert(
      fc.property(completion, (original) => {
        const stream = converted(bodyOf(JSON.stringify(original)), 'stream+usage');
        expect(JSON.parse(textOf(converted(stream, 'body')))).toEqual(original);
        expect(assess(stream)).toEqual(assess(bodyOf(JSON.stringify(original))));
      }),
    );
  });

  it('a text completion converts to the same stream without usage directly and by way of a stream with usage', () => {
    fc.assert(
      fc.property(completion, (original) => {
        const body = bodyOf(JSON.stringify(original));
        const bare = converted(converted(body, 'stream+usage'), 'stream');
        expect(textOf(bare)).toBe(textOf(converted(body, 'stream')));
      }),
    );
  });
});

describe('why a text completion ended', () => {
  const chunk = (finish_reason: string | null, index = 0) => ({
    choices: [{ text: 'x', index, finish_reason }],
  });

  it.each<[string, Recording, string]>([
    ['its own end', chunkStream([chunk(null), chunk('stop'), '[DONE]']), 'natural'],
    ['no end', chunkStream([chunk(null), chunk('stop')]), 'incomplete'],
    ['one choice without an end', chunkStream([chunk('stop'), chunk(null, 1), '[DONE]']), 'incomplete'],
    ['no choice', chunkStream(['[DONE]']), 'incomplete'],
    ['a filter', bodyOf(JSON.stringify(chunk('content_filter'))), 'filtered'],
    ['an error', chunkStream([chunk(null), { error: { message: 'no' } }]), 'failed'],
    ['an error under 200', bodyOf('{"error":{"message":"no"}}'), 'failed'],
    ['a body cut off', bodyOf('{"choices":[{"text":"x"'), 'incomplete'],
    ['no JSON', bodyOf('<html>'), 'unreadable'],
    ['another protocol', bodyOf('{"data":[]}'), 'unreadable'],
  ])('a text completion with %s ends as assessed', (_name, recording, finish) => {
    expect(assess(recording).finish).toBe(finish);
  });

  it('a text completion is empty without text, and not with white space alone', () => {
    const ended = (value: string) =>
      bodyOf(JSON.stringify({ choices: [{ text: value, index: 0, finish_reason: 'stop' }] }));
    expect([assess(ended('')).empty, assess(ended('\n')).empty]).toEqual([true, false]);
  });

  it('a text stream without usage does not convert to a form with usage', () => {
    expect(convert(chunkStream([chunk('stop'), '[DONE]']), 'body')).toBeUndefined();
    expect(convert(chunkStream([chunk('stop'), '[DONE]']), 'stream+usage')).toBeUndefined();
    expect([
      mayFollow('stream+usage', 'body'),
      mayFollow('stream', 'body'),
      mayFollow('body', 'stream'),
    ]).toEqual([true, false, false]);
  });
});

describe('a completions request', () => {
  function write(prompt: JsonValue, rest: JsonObject = {}) {
    const writer = new CanonicalText(
      { hashAlgorithm: 'sha256', textHashThreshold: 256 },
      (value) => value,
      openaiCompletions.schemaKeys,
    );
    const frame = openaiCompletions.writeContent('prompt', prompt, { model: 'm', prompt, ...rest }, writer);
    return { all: `${frame}\n${writer.semantic?.canonical}`, semantic: writer.semantic?.plain };
  }

  it('every documented parameter of completions has a rule', () => {
    expect(Object.keys(documented)).toHaveLength(18);
  });

  it.each<[JsonValue, JsonValue]>([
    ['x', 'x '],
    ['x', ' x'],
    [
      ['a', 'b'],
      ['b', 'a'],
    ],
    [['a', 'b'], ['ab']],
    [[1, 2], [[1, 2]]],
    [
      [1, 2],
      [1, 3],
    ],
    ['', null],
  ])('the prompts %j and %j differ', (one, other) => {
    expect(write(one).all).not.toBe(write(other).all);
  });

  it('a completions request has a semantic text where its prompt is one text that the answer does not echo', () => {
    expect(write(' x ').semantic).toBe(' x ');
    expect(write('x', { echo: true }).semantic).toBeUndefined();
    expect(write(['x']).semantic).toBeUndefined();
    expect(write([1]).semantic).toBeUndefined();
    expect(write('').semantic).toBeUndefined();
  });

  it('a completions request names its form, ceiling and user', () => {
    const body = { model: 'm', prompt: 'x', max_tokens: 9, user: 'u', stream: true };
    expect(read(body)).toMatchObject({
      subject: 'm',
      form: 'stream',
      ceiling: 9,
      user: 'u',
      bypass: undefined,
    });
    expect(read({ prompt: [[1], [2]] }).bypass).toBe('unrepresentable');
    expect(read({ model: 'm' }).bypass).toBeUndefined();
  });

  it.each<[JsonObject, RegExp]>([
    [{ model: 'm', prompt: 7 }, /^prompt: expected a string/],
    [{ model: 'm', prompt: ['a', null] }, /^prompt\[1\]: /],
    [{ model: 'm', prompt: { a: 1 } }, /^prompt: /],
    [{ model: null, prompt: 'x' }, /^model: /],
  ])('the completions request %j is refused', (body, message) => {
    expect(() => read(body)).toThrow(
      expect.objectContaining({ code: 'invalid_request', message: expect.stringMatching(message) }),
    );
  });
});
