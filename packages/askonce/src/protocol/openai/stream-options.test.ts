import { describe, expect, it } from 'vitest';
import { chunkStream, dataOf, textOf } from '../../../../../test/support/openai-recordings.ts';
import { bodyOf, streamRecording } from '../../../../../test/support/provider-recordings.ts';
import type { Form } from '../../entry/entry.ts';
import { writeEvent } from '../../entry/sse.ts';
import { convert as convertChat } from './chat/convert.ts';
import { openaiChat } from './chat/protocol.ts';
import { convert as convertCompletion } from './completions/answer.ts';
import { openaiCompletions } from './completions/protocol.ts';
import { convert as convertResponse } from './responses/convert.ts';
import { openaiResponses } from './responses/protocol.ts';
import { completionStreamOptions, responseStreamOptions } from './stream-options.ts';

const frame = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' };
const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };
const said = { ...frame, choices: [{ index: 0, delta: { content: 'a' }, finish_reason: 'stop' }] };

/** A chat stream as OpenAI sends it. */
function chat({ padded, withUsage }: { padded: boolean; withUsage: boolean }, form: Form) {
  const padding = padded ? { obfuscation: 'x7Q' } : {};
  const unset = withUsage ? { usage: null } : {};
  return chunkStream(
    [
      { ...said, ...unset, ...padding },
      ...(withUsage ? [{ ...frame, choices: [], usage, ...padding }] : []),
      '[DONE]',
    ],
    form,
  );
}

const padded = chat({ padded: true, withUsage: true }, 'stream+usage');
const unpadded = chat({ padded: false, withUsage: true }, 'stream+usage+unpadded');

it('each option of a stream states why it is a form, or why it counts', () => {
  const rules = [completionStreamOptions, responseStreamOptions].flatMap((table) => Object.values(table));
  expect(rules.every(({ because }) => /\w+ \w+ \w+/.test(because))).toBe(true);
});

describe('padding', () => {
  it('is removed for a request without it, and nothing else', () => {
    const bare = convertChat(padded, 'stream+usage+unpadded');
    expect(bare && textOf(bare)).toBe(textOf(unpadded));
    expect(bare?.form).toBe('stream+usage+unpadded');
  });

  it('is removed together with usage', () => {
    const bare = convertChat(padded, 'stream+unpadded');
    expect(bare && textOf(bare)).toBe(textOf(chat({ padded: false, withUsage: false }, 'stream+unpadded')));
    expect(bare?.form).toBe('stream+unpadded');
  });

  it.each<Form>(['stream', 'stream+usage'])('is never made up for a request that wants a %s', (form) => {
    expect(convertChat(unpadded, form)).toBeUndefined();
  });

  it('does not keep a stream from a body, nor a body from either stream', () => {
    const body = convertChat(padded, 'body');
    expect(body).toEqual(convertChat(unpadded, 'body'));
    const [one, other] = ['stream+usage', 'stream+usage+unpadded'] as const;
    const [stream, bare] = [body && convertChat(body, one), body && convertChat(body, other)];
    expect(bare && dataOf(bare)).toEqual(stream && dataOf(stream));
    expect(bare?.form).toBe(other);
  });

  it('usage is removed from a stream without padding, and added to none', () => {
    const bare = convertChat(unpadded, 'stream+unpadded');
    expect(bare && dataOf(bare)).toEqual([said, '[DONE]']);
    expect(bare && convertChat(bare, 'stream+usage+unpadded')).toBeUndefined();
  });

  it('an event that would change when it is written again is not converted', () => {
    const event = JSON.stringify({ ...said, seed: 'SEED', obfuscation: 'x' }).replace(
      '"SEED"',
      '9007199254740993',
    );
    const stream = streamRecording([event, '[DONE]'].map((data) => writeEvent(data)));
    expect(convertChat(stream, 'stream+unpadded')).toBeUndefined();
  });

  it('events without padding keep their bytes and all keep their times', () => {
    const odd = [
      'data:  {"obfuscation" :1,"choices":[]}\n\n',
      'data: {"choices": [ ],"a":"\\"obfuscation\\""}\n\n',
      'data: [DONE]\n\n',
    ];
    const stream = streamRecording(odd);
    const timed = { ...stream, events: stream.events && { ...stream.events, at: Uint32Array.of(1, 2, 3) } };
    const bare = convertChat(timed, 'stream+unpadded');
    expect(bare && textOf(bare)).toBe(['data: {"choices":[]}\n\n', ...odd.slice(1)].join(''));
    expect(bare?.events?.at).toEqual(Uint32Array.of(1, 2, 3));
  });

  it('text completions have the same forms', () => {
    const stream = chunkStream(
      [
        { id: 'c', choices: [{ index: 0, text: 'a', finish_reason: 'stop' }], usage, obfuscation: 'x' },
        '[DONE]',
      ],
      'stream+usage',
    );
    const bare = convertCompletion(stream, 'stream+usage+unpadded');
    expect(bare && textOf(bare)).not.toContain('obfuscation');
    expect(bare && convertCompletion(bare, 'stream+usage')).toBeUndefined();
  });
});

describe('padding of the Responses API', () => {
  const response = {
    id: 'r',
    object: 'response',
    status: 'completed',
    model: 'm',
    output: [{ type: 'message', id: 'i', role: 'assistant', content: [{ type: 'output_text', text: 'ab' }] }],
    usage: { input_tokens: 1, output_tokens: 1 },
  };
  const body = bodyOf(JSON.stringify(response));
  const stream = convertResponse(body, 'stream');
  const events = (stream ? textOf(stream) : '').split(/(?<=\n\n)/);
  const withPadding = streamRecording(
    events.map((event) => event.replace(/("type":"[a-z_.]+\.delta")/, '$1,"obfuscation":"x7Q"')),
  );

  it('is removed for a request without it, and never made up', () => {
    const bare = convertResponse(withPadding, 'stream+unpadded');
    expect(textOf(withPadding)).toContain('obfuscation');
    expect(bare && textOf(bare)).toBe(stream && textOf(stream));
    expect(bare?.form).toBe('stream+unpadded');
    expect(bare && convertResponse(bare, 'stream')).toBeUndefined();
  });

  it('does not keep a stream from a body, nor a body from a stream', () => {
    const said = convertResponse(withPadding, 'body');
    expect(said && JSON.parse(textOf(said))).toEqual(response);
    expect(convertResponse(body, 'stream+unpadded')?.form).toBe('stream+unpadded');
    expect(convertResponse(body, 'stream+usage+unpadded')).toBeUndefined();
  });
});

it.each([
  ['chat completions', openaiChat, 'stream+usage+unpadded', 'stream+unpadded'],
  ['text completions', openaiCompletions, 'stream+usage+unpadded', 'stream+unpadded'],
  ['responses', openaiResponses, 'stream+unpadded', 'body'],
] as const)(
  'a request for a body of %s follows a stream without padding that reports usage',
  (_what, protocol, reports, lacks) => {
    expect(protocol.mayFollow(reports, 'body')).toBe(true);
    expect(protocol.mayFollow(reports, 'stream')).toBe(false);
    expect(protocol.mayFollow(lacks, 'body')).toBe(false);
  },
);
