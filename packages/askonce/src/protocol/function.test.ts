import { describe, expect, it } from 'vitest';
import { functionRequest, identityOf } from '../../../../test/support/identify.ts';
import type { Recording } from '../entry/entry.ts';
import { readEvents, streamOf } from '../entry/sse.ts';
import type { JsonValue } from '../json.ts';
import type { RequestLine } from './contract.ts';
import { serverSentEvents } from './framings/server-sent-events.ts';
import { functionProtocol } from './function.ts';

const line: RequestLine = { route: '/classify', query: '', header: () => undefined };

const recorded = (text: string): Recording => ({
  form: 'body',
  status: 200,
  headers: {},
  body: Buffer.from(text),
});

const streamed = (...events: readonly string[]): Recording => ({
  ...recorded(''),
  form: 'stream',
  ...streamOf(events),
});

describe("a function's request", () => {
  it.each([{ input: 1 }, { name: '', input: 1 }, { name: 7, input: 1 }, { name: 'n'.repeat(257), input: 1 }])(
    'a call with the body %o is refused for its name',
    (body) => {
      expect(() => functionProtocol.read(body, line)).toThrow(
        'name: expected a string of 1 to 256 characters',
      );
    },
  );

  it('a call is read as a request for a body, with the function as its subject', () => {
    expect(functionProtocol.read({ name: 'classify', input: 1 }, line)).toEqual({
      subject: 'classify',
      form: 'body',
    });
    expect(functionProtocol.read({ name: 'now' }, line)).toEqual({ subject: 'now', form: 'body' });
  });

  it('a call has no semantic text and no ceiling', () => {
    expect(identityOf(functionRequest({ question: 'Where?' }))).toMatchObject({
      subject: 'classify',
      semanticText: undefined,
      ceiling: undefined,
      parts: 1,
    });
  });

  it('the text of a call is its semantic text, and counts as the place where it stands does', () => {
    const call = (at: string, text: string, input: object = { lang: 'en' }) =>
      identityOf(functionRequest(1, { body: JSON.stringify({ name: 'f', input, text: { at, text } }) }));
    const one = call('question', 'What does it cost?');
    expect(one.questionText).toBe('What does it cost?');
    const other = call('question', 'How much is it?');
    expect([other.frame === one.frame, other.key === one.key]).toEqual([true, false]);
    expect(call('answer', 'What does it cost?').frame).not.toBe(one.frame);
    expect(call('question', 'What does it cost?', { lang: 'es' }).frame).not.toBe(one.frame);
  });

  it('only the text of a call is the same in another Unicode form', () => {
    const call = (at: string, text: JsonValue, input: JsonValue) =>
      identityOf(functionRequest(1, { body: JSON.stringify({ name: 'f', input, text: { at, text } }) })).key;
    const [composed, decomposed] = ['caf\u00e9', 'cafe\u0301'];
    expect(call('q', decomposed, composed)).toBe(call('q', composed, composed));
    expect(call('q', composed, decomposed)).not.toBe(call('q', composed, composed));
    expect(call(decomposed, 'q', 1)).not.toBe(call(composed, 'q', 1));
    expect(call('q', [decomposed], 1)).not.toBe(call('q', [composed], 1));
  });

  it('a stream of values is another answer than a value', () => {
    const identity = (stream: boolean) =>
      identityOf(functionRequest(1, { body: JSON.stringify({ name: 'f', input: 1, stream }) }));
    expect([identity(true).form, identity(false).form]).toEqual(['stream', 'body']);
    expect(identity(true).key).not.toBe(identity(false).key);
  });

  it('every further field of a call counts', () => {
    const key = (more: object) =>
      identityOf(functionRequest(1, { body: JSON.stringify({ name: 'f', input: 1, ...more }) })).key;
    expect(key({ version: 2 })).not.toBe(key({ version: 1 }));
  });
});

describe("a function's answer", () => {
  it.each<[string, string]>([
    ['{"a":1}', 'natural'],
    ['false', 'natural'],
    ['0', 'natural'],
    ['""', 'natural'],
    ['null', 'natural'],
    ['', 'unreadable'],
    ['{"a":', 'unreadable'],
    ['<html>', 'unreadable'],
  ])('the result %j is assessed as %s', (text, finish) => {
    const finishReason = finish === 'natural' ? 'returned' : '';
    expect(functionProtocol.assess(recorded(text))).toEqual({
      finish,
      finishReason,
      empty: false,
      toolCalls: 'none',
    });
  });

  it.each([
    [
      '{"usage":{"inputTokens":1,"outputTokens":2},"model":"m"}',
      'natural',
      { inputTokens: 1, outputTokens: 2 },
    ],
    ['{"isComplete":false,"model":"m"}', 'incomplete', undefined],
    ['{"usage":{"inputTokens":null,"outputTokens":2},"model":"m"}', 'natural', undefined],
  ])('an answer has what its facts %s say of it, as far as they can be read', (facts, finish, usage) => {
    const answer = { ...recorded('1'), headers: { 'askonce-facts': facts } };
    expect(functionProtocol.assess(answer)).toMatchObject({ finish, model: 'm' });
    expect(functionProtocol.assess(answer).usage).toEqual(usage);
    const events = ['1', '[2]'].map((value) => serverSentEvents.write(value));
    const stream = streamed(...events, serverSentEvents.write(facts, 'end'));
    expect(functionProtocol.assess(stream)).toMatchObject({ finish, model: 'm' });
    expect(functionProtocol.readAnswer(stream)).toEqual([1, [2]]);
  });

  it('facts that are not JSON leave the answer as it is', () => {
    const answer = { ...recorded('1'), headers: { 'askonce-facts': '{' } };
    expect(functionProtocol.assess(answer)).toMatchObject({ finish: 'natural', usage: undefined });
  });

  it.each([
    ['without its end', [serverSentEvents.write('1')], 'incomplete'],
    [
      'with an event that has no value',
      [serverSentEvents.write('{'), serverSentEvents.write('{}', 'end')],
      'unreadable',
    ],
    [
      'with an event of another type',
      [serverSentEvents.write('1', 'x'), serverSentEvents.write('{}', 'end')],
      'unreadable',
    ],
    ['of no values', [serverSentEvents.write('{}', 'end')], 'natural'],
  ])('a stream %s is assessed as such', (_what, events, finish) => {
    expect(functionProtocol.assess(streamed(...events)).finish).toBe(finish);
  });

  it('a function has one form, and no request follows it in another', () => {
    expect(functionProtocol.convert(recorded('1'), 'stream')).toBeUndefined();
    expect(functionProtocol.mayFollow('stream', 'body')).toBe(false);
  });

  it("a function's error is JSON with code and message, in a body and in an event", () => {
    const error = { status: 502, code: 'provider_unreachable', message: 'it "broke"\noff' } as const;
    const expected = { error: { code: error.code, message: error.message } };
    expect(JSON.parse(functionProtocol.errorBody(error))).toEqual(expected);
    const [event] = readEvents({
      ...recorded(''),
      form: 'stream',
      ...streamOf([functionProtocol.errorEvent(error, serverSentEvents)]),
    });
    expect(JSON.parse(event?.data ?? '')).toEqual(expected);
  });
});
