import { describe, expect, it } from 'vitest';
import { functionRequest, identityOf } from '../../../../test/support/identify.ts';
import type { Recording } from '../entry/entry.ts';
import { readEvents, streamOf } from '../entry/sse.ts';
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

  it('every further field of a call counts', () => {
    const key = (more: object) =>
      identityOf(functionRequest(1, { body: JSON.stringify({ name: 'f', input: 1, ...more }) })).key;
    expect(key({ version: 2 })).not.toBe(key({ version: 1 }));
  });
});

describe("a function's answer", () => {
  it.each<[string, string, boolean]>([
    ['{"a":1}', 'natural', false],
    ['false', 'natural', false],
    ['0', 'natural', false],
    ['""', 'natural', false],
    ['null', 'natural', true],
    ['', 'unreadable', false],
    ['{"a":', 'unreadable', false],
    ['<html>', 'unreadable', false],
  ])('the result %j is assessed as %s', (text, finish, empty) => {
    const finishReason = finish === 'natural' ? 'returned' : '';
    expect(functionProtocol.assess(recorded(text))).toEqual({
      finish,
      finishReason,
      empty,
      toolCalls: 'none',
    });
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
