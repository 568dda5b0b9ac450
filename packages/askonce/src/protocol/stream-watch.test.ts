import { describe, expect, it } from 'vitest';
import { anthropicMessages } from './anthropic/protocol.ts';
import { jsonArray } from './framings/json-array.ts';
import { jsonLines } from './framings/json-lines.ts';
import { serverSentEvents } from './framings/server-sent-events.ts';
import { openaiChat } from './openai/chat/protocol.ts';
import { openaiResponses } from './openai/responses/protocol.ts';
import { StreamWatch } from './stream-watch.ts';

const newWatch = () => new StreamWatch(serverSentEvents, openaiChat);
const chunk = 'data: {"choices":[{"delta":{"content":"it ends with [DONE], as é"}}]}\n\n';

/** Where the answer is found to end, and the ends of its events, if the stream comes in pieces cut at these places. */
function watched(text: string, cuts: readonly number[], watch = newWatch()) {
  const bytes = Buffer.from(text);
  const places = [0, ...cuts, bytes.length];
  const ends = places.slice(1).flatMap((to, index) => watch.push(bytes.subarray(places[index], to)));
  return { end: watch.end, ends, isEnding: watch.isEnding };
}

describe('the end mark of a stream', () => {
  it.each([
    ['as OpenAI writes it', 'data: [DONE]\n\n'],
    ['without a blank', 'data:[DONE]\n\n'],
    ['with blanks around it', 'data:  [DONE] \n\n'],
    ['in an event with a name', 'event: done\ndata: [DONE]\n\n'],
    ['with CR LF', 'data: [DONE]\r\n\r\n'],
    ['behind a comment', ': keep-alive\ndata: [DONE]\n\n'],
  ])('%s is found at every cut, and nothing behind it is read', (_how, mark) => {
    const answer = `\uFEFF${chunk}${mark}`;
    const text = `${answer}${mark}: bye\n\ndata: {"usage":{}}\n\n`;
    const end = Buffer.byteLength(answer);
    for (let cut = 1; cut < Buffer.byteLength(text); cut++) {
      const { end: found, ends } = watched(text, [cut]);
      expect([found, ends.at(-1), ends.length], `cut at ${cut}`).toEqual([end, end, 2]);
    }
    const each = Array.from({ length: Buffer.byteLength(text) - 1 }, (_, index) => index + 1);
    expect(watched(text, each)).toMatchObject({ end, isEnding: true });
  });

  it('an end mark whose last CR may be followed by its LF is nearly the end, until the next byte comes', () => {
    for (const [mark, rest, more] of [
      ['data: [DONE]\r\r', 'x', 0],
      ['data: [DONE]\r\n\r', '\n', 1],
    ] as const) {
      const watch = newWatch();
      watch.push(Buffer.from(mark));
      expect([watch.end, watch.isEnding]).toEqual([undefined, true]);
      watch.push(Buffer.from(rest));
      expect(watch.end).toBe(mark.length + more);
      expect(watch.finish()).toBeUndefined();
    }
  });

  it('an end mark whose LF never comes is an event at the end of the stream', () => {
    const watch = newWatch();
    watch.push(Buffer.from('data: [DONE]\r\r'));
    expect(watch.finish()).toBe(14);
  });

  it.each([
    ['text that mentions it', chunk],
    ['an unfinished event', 'data: [DONE]\n'],
    ['an unfinished event with CR', 'data: {}\r\r'],
    ['a comment', ': [DONE]\n\n'],
    ['another field', 'id: [DONE]\n\n'],
  ])('%s is no end mark', (_what, text) => {
    expect(watched(text, [])).toMatchObject({ end: undefined, isEnding: false });
  });

  it.each([
    ['{"type":"message_stop"}', anthropicMessages, true],
    ['{"type":"content_block_delta","delta":{"text":"message_stop"}}', anthropicMessages, false],
    ['message_stop', anthropicMessages, false],
    ['{"type":"response.completed","response":{}}', openaiResponses, true],
    ['{"type":"response.incomplete","response":{}}', openaiResponses, true],
    ['{"type":"response.failed","response":{}}', openaiResponses, true],
    ['{"type":"response.output_text.delta","delta":"response.completed"}', openaiResponses, false],
  ])('whether %s ends a stream depends on its type', (data, protocol, isMark) => {
    const watch = new StreamWatch(serverSentEvents, protocol);
    watch.push(Buffer.from(`data: ${data}\n\n`));
    expect(watch.end !== undefined).toBe(isMark);
  });

  it('a protocol without an end mark has none, and a check that throws finds none', () => {
    expect(watched('data: [DONE]\n\n', [], new StreamWatch(serverSentEvents, {})).end).toBeUndefined();
    const throwing = {
      hints: ['DONE'],
      isMark() {
        throw new Error('of the caller');
      },
    };
    const watch = new StreamWatch(serverSentEvents, { endMark: throwing });
    expect(watched('data: [DONE]\n\n', [], watch).ends).toEqual([14]);
    expect(watch.end).toBeUndefined();
  });

  it('the closing bracket of a JSON array is its end, whatever the protocol', () => {
    for (const protocol of [{}, openaiChat])
      expect(watched('[{"a":1}] tail', [3], new StreamWatch(jsonArray, protocol)).end).toBe(9);
  });

  it('a protocol of lines may end at a line of its own', () => {
    const endMark = { hints: ['"done"'], isMark: ({ data = '' }) => JSON.parse(data).done === true };
    const watch = new StreamWatch(jsonLines, { endMark });
    expect(watched('{"done":false}\n{"done":true}\n{}\n', [20], watch)).toMatchObject({
      end: 29,
      ends: [15, 29],
    });
  });

  it('an event beyond 4 MB is not read, and does not hide the end mark behind it', () => {
    const watch = newWatch();
    watch.push(Buffer.from('data: '));
    for (let piece = 0; piece < 5; piece++) watch.push(Buffer.alloc(1024 * 1024, 'a'));
    watch.push(Buffer.from('[DONE]\n\n'));
    expect(watch.end).toBeUndefined();
    watch.push(Buffer.from('data: [DONE]\n'));
    watch.push(Buffer.from('\n'));
    expect(watch.end).toBe(6 + 5 * 1024 * 1024 + 8 + 14);
  });
});

describe('what a stream has sent', () => {
  it('the first event and the last few are held, if the protocol continues errors', () => {
    const watch = new StreamWatch(serverSentEvents, openaiResponses);
    const room = Buffer.alloc(64);
    for (let number = 0; number < 9; number++) {
      // A provider may use the memory of a piece again.
      const length = room.write(`data: ${number}\n\n`);
      watch.push(room.subarray(0, 3));
      watch.push(room.subarray(3, length));
    }
    const { first, latest } = watch.sent();
    expect([first?.data, latest.map(({ data }) => data)]).toEqual(['0', ['5', '6', '7', '8']]);
  });

  it('comments are not held, so that any number of them hides nothing', () => {
    const watch = new StreamWatch(serverSentEvents, openaiResponses);
    const comments = ': keep-alive\n\n'.repeat(20);
    watch.push(Buffer.from(`${comments}: hello\ndata: 1\n\n${comments}`));
    const { first, latest } = watch.sent();
    expect([first?.data, latest.map(({ data }) => data)]).toEqual(['1', ['1']]);
  });

  it('nothing is held for a protocol whose errors stand alone', () => {
    const watch = newWatch();
    watch.push(Buffer.from(chunk));
    expect(watch.sent()).toEqual({ first: undefined, latest: [] });
  });
});
