import { describe, expect, it } from 'vitest';
import { chunkStream, completionRead, openaiRecordings } from '../../../../test/support/openai-recordings.ts';
import { bodyOf, namedRecordings, streamRecording } from '../../../../test/support/provider-recordings.ts';
import { describeRecorded } from '../../../../test/support/recorded-suites.ts';
import { isStream, type Recording } from '../entry/entry.ts';
import { readEvents, writeEvent } from '../entry/sse.ts';
import { isJsonObject, parseJson } from '../json.ts';
import type { CommonProtocolName } from './contract.ts';
import { protocols } from './protocols.ts';

function textOf(name: CommonProtocolName, recording: Recording): string | undefined {
  const protocol = protocols[name];
  const answer = protocol.readAnswer(recording);
  return answer === undefined ? undefined : protocol.answerText?.(answer);
}

/** The texts of the events of one type, joined. */
function deltas(recording: Recording, type: string, textIn: (event: object) => unknown): string {
  const events = readEvents(recording).map(({ data = '' }) => (data.startsWith('{') ? parseJson(data) : {}));
  return events
    .filter(isJsonObject)
    .filter((event) => event['type'] === type)
    .map(textIn)
    .filter((text) => typeof text === 'string')
    .join('');
}

describeRecorded('the text of recorded answers', () => {
  const chats = openaiRecordings('openai-chat').filter(({ name }) => !name.includes('tool-call'));
  it.each(chats)('the text of the chat answer $name is what the official client reads', async (recorded) => {
    const read = await completionRead(recorded.recording);
    expect(textOf('openai-chat', recorded.recording)).toBe(read.choices[0]?.message.content?.trim());
  });

  const streams = namedRecordings('openai-responses').filter(({ recording }) => isStream(recording.form));
  it('the text of a streamed response is that of its text events', () => {
    const spoken = streams.filter(({ recording }) => textOf('openai-responses', recording) !== undefined);
    expect(spoken.length).toBeGreaterThan(4);
    for (const { name, recording } of spoken.filter(({ name }) => !name.includes('phase')))
      expect(textOf('openai-responses', recording), name).toBe(
        deltas(recording, 'response.output_text.delta', (event) => Reflect.get(event, 'delta')).trim(),
      );
  });

  const messages = namedRecordings('anthropic-messages');
  it('the text of a streamed message is that of its text deltas', () => {
    const spoken = messages.filter(
      ({ recording }) => isStream(recording.form) && textOf('anthropic-messages', recording) !== undefined,
    );
    expect(spoken.length).toBeGreaterThan(3);
    for (const { name, recording } of spoken)
      expect(textOf('anthropic-messages', recording), name).toBe(
        deltas(recording, 'content_block_delta', (event) => {
          const delta: unknown = Reflect.get(event, 'delta');
          return typeof delta === 'object' && delta !== null ? Reflect.get(delta, 'text') : undefined;
        }).trim(),
      );
  });

  it('no recorded answer with a tool call, an error or a cut has a text', () => {
    const all = [
      ...openaiRecordings('openai-chat').map((each) => ['openai-chat', each] as const),
      ...namedRecordings('openai-responses').map((each) => ['openai-responses', each] as const),
      ...messages.map((each) => ['anthropic-messages', each] as const),
    ];
    const silent = all.filter(([name, { recording }]) => {
      const { finish, toolCalls } = protocols[name].assess(recording);
      return toolCalls !== 'none' || (finish !== 'natural' && finish !== 'refused');
    });
    expect(silent.length).toBeGreaterThan(50);
    const spoken = silent.filter(([name, { recording }]) => textOf(name, recording) !== undefined);
    expect(spoken.map(([, { name }]) => name)).toEqual([]);
  });

  it('a converted answer has the same text', () => {
    const all = [
      ...openaiRecordings('openai-chat').map((each) => ['openai-chat', each] as const),
      ...openaiRecordings('openai-completions').map((each) => ['openai-completions', each] as const),
      ...messages.map((each) => ['anthropic-messages', each] as const),
    ];
    let compared = 0;
    for (const [name, { recording }] of all) {
      const to = isStream(recording.form)
        ? 'body'
        : name === 'anthropic-messages'
          ? 'stream'
          : 'stream+usage';
      const other = protocols[name].convert(recording, to);
      if (other === undefined) continue;
      expect(textOf(name, other)).toBe(textOf(name, recording));
      compared++;
    }
    expect(compared).toBeGreaterThan(40);
  });
});

const chat = (...messages: readonly object[]) =>
  bodyOf(
    JSON.stringify({
      choices: messages.map((message, index) => ({ index, message, finish_reason: 'stop' })),
    }),
  );
const message = (...content: readonly object[]) =>
  bodyOf(JSON.stringify({ type: 'message', role: 'assistant', content, stop_reason: 'end_turn' }));
const response = (...output: readonly object[]) =>
  bodyOf(JSON.stringify({ object: 'response', status: 'completed', output }));
const said = (text: string, more: object = {}) => ({
  type: 'message',
  content: [{ type: 'output_text', text }],
  ...more,
});
const completion = (...texts: readonly string[]) =>
  bodyOf(JSON.stringify({ choices: texts.map((text, index) => ({ index, text, finish_reason: 'stop' })) }));

describe('the text of an answer', () => {
  it.each([
    ['openai-chat', chat({ content: ' Paris. \n' }), 'Paris.'],
    [
      'openai-chat',
      chat({ content: 'Paris.', tool_calls: [], refusal: null, images: [], audio: null }),
      'Paris.',
    ],
    ['openai-chat', chat({ content: 'Paris.', reasoning_content: 'The capital …' }), 'Paris.'],
    ['openai-chat', chat({ content: '<think>The capital …</think>\nParis.' }), 'Paris.'],
    [
      'openai-chat',
      chat({
        content: [
          { type: 'thinking', thinking: [] },
          { type: 'text', text: 'Par' },
          { type: 'text', text: 'is.' },
        ],
      }),
      'Paris.',
    ],
    ['openai-completions', completion(' Paris.'), 'Paris.'],
    ['openai-responses', response({ type: 'reasoning', summary: [] }, said('Paris.')), 'Paris.'],
    ['openai-responses', response(said('I look it up.', { phase: 'commentary' }), said('Paris.')), 'Paris.'],
    ['openai-responses', response(said('Paris, '), said('in France.')), 'Paris, in France.'],
    [
      'anthropic-messages',
      message(
        { type: 'thinking', thinking: 'The capital …' },
        { type: 'text', text: 'Paris.', citations: [] },
      ),
      'Paris.',
    ],
    ['function', bodyOf('"Paris."'), 'Paris.'],
    ['function', bodyOf('{"intent":"pricing"}'), '{"intent":"pricing"}'],
    ['function', bodyOf('["Par","is."]'), 'Paris.'],
  ] as const)(
    'an answer of %s is its text alone, without thoughts and outer white space',
    (name, answer, text) => {
      expect(textOf(name, answer)).toBe(text);
    },
  );

  it.each([
    ['of several choices', 'openai-chat', chat({ content: 'Paris.' }, { content: 'Lyon.' })],
    ['without a choice', 'openai-chat', chat()],
    [
      'that calls a tool',
      'openai-chat',
      chat({ content: 'Paris.', tool_calls: [{ id: 'a', function: { name: 'f' } }] }),
    ],
    [
      'that calls a function',
      'openai-chat',
      chat({ content: 'Paris.', function_call: { name: 'f', arguments: '' } }),
    ],
    ['that declines', 'openai-chat', chat({ content: null, refusal: 'No.' })],
    ['with an image', 'openai-chat', chat({ content: 'Paris.', images: [{ type: 'image_url' }] })],
    ['with sound', 'openai-chat', chat({ content: 'Paris.', audio: { data: '' } })],
    [
      'with a part of another type',
      'openai-chat',
      chat({ content: [{ type: 'text', text: 'a' }, { type: 'file' }] }),
    ],
    ['of thoughts alone', 'openai-chat', chat({ content: '<think>Paris.</think>' })],
    ['of white space', 'openai-chat', chat({ content: ' \n\u200b' })],
    ['of several choices', 'openai-completions', completion('Paris.', 'Lyon.')],
    ['without a choice', 'openai-completions', completion()],
    ['that searches', 'openai-responses', response({ type: 'web_search_call' }, said('Paris.'))],
    ['with an image', 'openai-responses', response({ type: 'image_generation_call' }, said('Paris.'))],
    [
      'that declines',
      'openai-responses',
      response({ type: 'message', content: [{ type: 'refusal', refusal: 'No.' }] }),
    ],
    ['without a message', 'openai-responses', response({ type: 'reasoning', summary: [] })],
    [
      'that calls a tool',
      'anthropic-messages',
      message({ type: 'text', text: 'a' }, { type: 'tool_use', input: {} }),
    ],
    ['of another model', 'anthropic-messages', message({ type: 'fallback' }, { type: 'text', text: 'a' })],
    ['of vectors', 'openai-embeddings', bodyOf('{"object":"list","data":[{"index":0,"embedding":[0.5]}]}')],
    ['of an empty text of a function', 'function', bodyOf('""')],
  ] as const)('an answer %s (%s) has no text', (_what, name, answer) => {
    expect(textOf(name, answer)).toBe(undefined);
  });

  it('the text of a stream is joined from its pieces', () => {
    const chunk = (delta: object, reason: string | null = null) => ({
      id: 'c',
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta, finish_reason: reason }],
    });
    const stream = chunkStream([
      chunk({ content: 'Par' }),
      chunk({ content: 'is.' }),
      chunk({}, 'stop'),
      '[DONE]',
    ]);
    expect(textOf('openai-chat', stream)).toBe('Paris.');
    const event = (type: string, more: object) => writeEvent(JSON.stringify({ type, ...more }), type);
    const events = streamRecording([
      event('message_start', { message: { type: 'message', role: 'assistant', content: [] } }),
      event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
      event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Par' } }),
      event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'is.' } }),
      event('content_block_stop', { index: 0 }),
      event('message_delta', { delta: { stop_reason: 'end_turn' } }),
      event('message_stop', {}),
    ]);
    expect(textOf('anthropic-messages', events)).toBe('Paris.');
  });
});
