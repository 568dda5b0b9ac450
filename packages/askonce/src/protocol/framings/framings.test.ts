import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Recording } from '../../entry/entry.ts';
import type { Framing } from '../framing.ts';
import { jsonArray } from './json-array.ts';
import { jsonLines } from './json-lines.ts';
import { serverSentEvents } from './server-sent-events.ts';
import { messageFrame, socketMessages } from './socket-messages.ts';

const framings = { serverSentEvents, jsonLines, jsonArray, socketMessages };

/** The marks that a cutter finds where the stream is cut at these places. */
function cutAt(
  framing: Framing,
  text: string | Uint8Array,
  cuts: readonly number[] = [],
  isOver = true,
): Recording {
  const body = Buffer.from(text);
  const cutter = framing.cutter();
  const ends: number[] = [];
  let start = 0;
  for (const cut of [...cuts.map((each) => each % (body.length + 1)), body.length].toSorted(
    (a, b) => a - b,
  )) {
    ends.push(...cutter.push(body.subarray(start, cut)));
    start = cut;
  }
  const last = isOver ? cutter.finish() : undefined;
  if (last !== undefined) ends.push(last);
  const events = { ends: Uint32Array.from(ends), at: new Uint32Array(ends.length) };
  return { form: 'stream', status: 200, headers: { 'content-type': framing.contentType }, body, events };
}

function dataOf(framing: Framing, recording: Recording): (string | undefined)[] {
  return framing.read(recording).map(({ data }) => data);
}

const values = fc.array(fc.jsonValue({ noUnicodeString: false }), { maxLength: 6 });
const cuts = fc.array(fc.nat(), { maxLength: 12 });

describe.each(Object.entries(framings))('%s', (_name, framing) => {
  const json = (value: unknown) => JSON.stringify(value);

  it('a framing finds the events that it wrote, wherever the stream is cut', () => {
    fc.assert(
      fc.property(values, cuts, (events, at) => {
        const joined = framing.join(events.map((event) => framing.write(json(event))));
        const cut = cutAt(framing, joined.body, at);
        expect(cut.events?.ends).toEqual(joined.events.ends);
        expect(dataOf(framing, cut)).toEqual(events.map(json));
        expect(framing.isWhole(cut)).toBe(true);
      }),
    );
  });

  it('a framing can end a broken stream with one more event exactly where an event has ended', () => {
    fc.assert(
      fc.property(
        fc.array(fc.object(), { minLength: 1, maxLength: 4 }),
        cuts,
        fc.nat(),
        (events, at, length) => {
          const whole = Buffer.from(framing.join(events.map((event) => framing.write(json(event)))).body);
          const sent = whole.subarray(0, length % (whole.length + 1));
          const ending = framing.ending();
          const parts = [...at.map((cut) => cut % (sent.length + 1)), sent.length].toSorted((a, b) => a - b);
          let start = 0;
          for (const part of parts) {
            ending.push(sent.subarray(start, part));
            start = part;
          }
          const before = cutAt(framing, sent, [], false);
          const last = ending.last(framing.write('{"error":1}'));
          if (last === undefined) {
            const closed = framing === jsonArray && framing.isWhole(before);
            expect(closed || !framing.isWhole(before)).toBe(true);
            return;
          }
          const after = cutAt(framing, Buffer.concat([sent, Buffer.from(last)]));
          expect(dataOf(framing, after)).toEqual([...dataOf(framing, before), '{"error":1}']);
          expect(framing.isWhole(after)).toBe(true);
        },
      ),
    );
  });

  it('a framing is recognised by its own content type, with parameters and in any case', () => {
    const stream = (type: string | undefined) =>
      framing.isStream(
        { status: 200, headers: type === undefined ? {} : { 'content-type': type } },
        'stream',
      );
    const [bare = ''] = framing.contentType.split(';');
    const types = [framing.contentType, bare.toUpperCase(), `${bare} ;charset=utf-8`, `${bare}-x`, undefined];
    expect(types.map(stream)).toEqual([true, true, true, false, false]);
  });
});

describe('the framings', () => {
  it('each framing has a name of its own', () => {
    expect(new Set(Object.values(framings).map(({ name }) => name)).size).toBe(4);
  });

  it('only server-sent events have event ids', () => {
    expect(Object.values(framings).flatMap(({ name, numbering }) => (numbering ? [name] : []))).toEqual([
      'server-sent-events',
    ]);
  });
});

describe('newline-delimited JSON', () => {
  it('newline-delimited JSON ignores blank lines, and a last line without its line feed is an event', () => {
    const recording = cutAt(jsonLines, '\n\r\n{"a":1}\r\n \n\n{"b":2}\n{"c":3}');
    expect(dataOf(jsonLines, recording)).toEqual(['{"a":1}', '{"b":2}', '{"c":3}']);
    expect(jsonLines.isWhole(recording)).toBe(true);
  });
});

describe('a JSON array', () => {
  it('the elements of a JSON array are its events, whatever separates them', () => {
    const recording = cutAt(jsonArray, ' [\n{"a":[1,"]\\"},{"]}\r\n,\r\n[2]\n, "x,]" ,3,null\n]\n');
    expect(dataOf(jsonArray, recording)).toEqual(['{"a":[1,"]\\"},{"]}', '[2]', '"x,]"', '3', 'null']);
    expect(jsonArray.isWhole(recording)).toBe(true);
  });

  it('a JSON array without its closing bracket is incomplete', () => {
    expect(jsonArray.isWhole(cutAt(jsonArray, '[{"a":1}'))).toBe(false);
    expect(jsonArray.isWhole(cutAt(jsonArray, '{"error":1}'))).toBe(false);
  });

  it('a body that is no JSON array has no events', () => {
    expect(dataOf(jsonArray, cutAt(jsonArray, '{"error":{"code":400}}'))).toEqual([]);
  });

  it('a JSON array is a stream if the request asked for one and was not refused', () => {
    const headers = { 'content-type': 'application/json' };
    const asked = (status: number, form: 'body' | 'stream' | undefined) =>
      jsonArray.isStream({ status, headers }, form);
    expect([asked(200, 'stream'), asked(200, 'body'), asked(200, undefined), asked(429, 'stream')]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('messages of a socket', () => {
  it('messages of a socket keep binary messages apart from text, whatever bytes they have', () => {
    const bytes = Uint8Array.of(0, 44, 255, 116, 49, 58);
    const recording = cutAt(
      socketMessages,
      Buffer.concat([messageFrame('é,'), messageFrame(bytes), messageFrame('')]),
    );
    expect(socketMessages.read(recording)).toEqual([
      { type: undefined, data: 'é,' },
      { type: 'binary', data: Buffer.from(bytes).toString('base64') },
      { type: undefined, data: '' },
    ]);
  });

  it('messages of a socket end where the bytes are no frame', () => {
    for (const damage of ['x1:a,', 't:a,', 't12345678901:a,', 't1a:b,']) {
      const recording = cutAt(
        socketMessages,
        `${socketMessages.write('one')}${damage}${socketMessages.write('two')}`,
      );
      expect(dataOf(socketMessages, recording)).toEqual(['one']);
      expect(socketMessages.isWhole(recording)).toBe(false);
    }
  });
});
