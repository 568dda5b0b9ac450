import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forms, isStream, type Recording } from './entry.ts';
import { EventCutter, readEvents, streamOf, writeEvent } from './sse.ts';

const bytesOf = (text: string) => Buffer.from(text, 'utf8');

/** Where events end, by a regular expression: a blank line is a line break at the start or behind another. */
function reference(text: string): number[] {
  const ends: number[] = [];
  let blank = true;
  for (const match of text.matchAll(/\r\n|\n|\r|[^\r\n]+/g)) {
    const isBreak = /^[\r\n]/.test(match[0]);
    if (isBreak && blank) ends.push(Buffer.byteLength(text.slice(0, match.index + match[0].length)));
    blank = isBreak;
  }
  return ends;
}

function cut(bytes: Uint8Array, at: readonly number[]): number[] {
  const cutter = new EventCutter();
  const places = [0, ...at.toSorted((one, other) => one - other), bytes.length];
  const ends = places.slice(1).flatMap((place, index) => cutter.push(bytes.subarray(places[index], place)));
  const last = cutter.finish();
  return last === undefined ? ends : [...ends, last];
}

const stream = fc
  .array(
    fc.constantFrom(
      '\n',
      '\r',
      '\r\n',
      '\n\n',
      '\r\r',
      '\r\n\r\n',
      'data: x',
      'é',
      '\u{1f600}',
      '\ufeff',
      ':',
      ' ',
      'event: a',
      '',
    ),
    { maxLength: 14 },
  )
  .map((pieces) => pieces.join(''));

describe('cutting a stream into events', () => {
  it('an event that ends with CR ends there unless an LF follows', () => {
    const cutter = new EventCutter();
    expect([cutter.push(bytesOf('data: a\r\n\r')), cutter.pendingEnd]).toEqual([[], 10]);
    expect([cutter.push(bytesOf('\n')), cutter.pendingEnd]).toEqual([[11], undefined]);
  });

  it.each<[string, number[]]>([
    ['', []],
    ['data: a', []],
    ['data: a\n', []],
    ['data: a\n\n', [9]],
    ['data: a\r\n\r\n', [11]],
    ['data: a\r\r', [9]],
    ['data: a\n\r\n', [10]],
    ['data: a\r\n\n', [10]],
    ['data: a\n\r', [9]],
    ['data: a\r\n\rdata: b\n\n', [10, 19]],
    ['data: a\n\ndata: b\n\ndata: c', [9, 18]],
    ['\n', [1]],
    ['\n\n\n', [1, 2, 3]],
    ['\r\n\r\n', [2, 4]],
    ['\r\r\n', [1, 3]],
    ['data: é\n\n', [10]],
    ['\ufeffdata: a\n\n', [12]],
  ])('the stream %j ends its events at %o', (text, ends) => {
    expect(cut(bytesOf(text), [])).toEqual(ends);
    expect(reference(text)).toEqual(ends);
  });

  it('the ends of events are the same however the stream is cut into pieces', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat({ max: 40 }), { maxLength: 12 }), (text, at) => {
        const bytes = bytesOf(text);
        const places = at.map((place) => place % (bytes.length + 1));
        expect(cut(bytes, places)).toEqual(reference(text));
      }),
      { numRuns: 5000 },
    );
  });

  it('the ends of events are found byte by byte, with empty pieces between', () => {
    fc.assert(
      fc.property(stream, (text) => {
        const bytes = bytesOf(text);
        const everywhere = Array.from({ length: bytes.length }, (_, index) => [index, index]).flat();
        expect(cut(bytes, everywhere)).toEqual(reference(text));
      }),
      { numRuns: 1000 },
    );
  });

  it('an end that may still get its LF is reported with the next byte, and once', () => {
    const cutter = new EventCutter();
    expect(cutter.push(bytesOf('data: a\r\n\r'))).toEqual([]);
    expect(cutter.push(bytesOf(''))).toEqual([]);
    expect(cutter.push(bytesOf('\n'))).toEqual([11]);
    expect(cutter.push(bytesOf('\r'))).toEqual([]);
    expect([cutter.finish(), cutter.finish()]).toEqual([12, undefined]);
  });
});

describe('reading the events of a recording', () => {
  const read = (...blocks: string[]) => {
    const recording: Recording = { form: 'stream', status: 200, headers: {}, ...streamOf(blocks) };
    return readEvents(recording);
  };

  it.each<[string, string | undefined, string | undefined]>([
    ['data: a\n\n', undefined, 'a'],
    ['data:a\n\n', undefined, 'a'],
    ['data:  a \n\n', undefined, ' a '],
    ['data: a\ndata: b\n\n', undefined, 'a\nb'],
    ['data\n\n', undefined, ''],
    ['data\ndata\n\n', undefined, '\n'],
    ['data: a: b\n\n', undefined, 'a: b'],
    ['event: x\r\ndata: a\r\n\r\n', 'x', 'a'],
    ['event: x\revent: y\rdata: a\r\r', 'y', 'a'],
    ['event: x\nevent:\ndata: a\n\n', undefined, 'a'],
    ['event: x\n\n', 'x', undefined],
    [': a comment\n\n', undefined, undefined],
    ['retry: 5\nid: 7\n\n', undefined, undefined],
    ['Data: a\n data: b\n\n', undefined, undefined],
    ['\n', undefined, undefined],
    ['\ufeffdata: a\n\n', undefined, 'a'],
    ['data: \ufeffa\n\n', undefined, '\ufeffa'],
  ])('the event of %j is read', (block, type, data) => {
    expect(read(block)).toEqual([{ type, data }]);
  });

  it('a byte order mark is removed only at the start of the stream', () => {
    expect(read('data: a\n\n', '\ufeffdata: b\n\n').map(({ data }) => data)).toEqual(['a', undefined]);
  });

  it('bytes behind the last event are no event, and a plain body has none', () => {
    const { body, events } = streamOf(['data: a\n\n', 'data: b\n\n']);
    const ends = events?.ends.subarray(0, 1) ?? new Uint32Array();
    expect(
      readEvents({
        form: 'stream',
        status: 200,
        headers: {},
        body,
        events: { ends, at: new Uint32Array(1) },
      }),
    ).toHaveLength(1);
    expect(readEvents({ form: 'body', status: 200, headers: {}, body })).toEqual([]);
  });

  it('an event is read as it was written, and ends where it was cut', () => {
    const data = fc.string({ unit: 'grapheme' }).filter((text) => !/[\r\n]/.test(text));
    const type = fc.option(fc.stringMatching(/^[a-z._]{1,9}$/), { nil: undefined });
    fc.assert(
      fc.property(fc.array(fc.record({ type, data }), { maxLength: 6 }), (events) => {
        const written = events.map((event) => writeEvent(event.data, event.type));
        const { body, events: marks } = streamOf(written);
        expect(read(...written)).toEqual(events);
        expect(cut(body, [])).toEqual([...(marks?.ends ?? [])]);
        expect(marks?.at).toEqual(new Uint32Array(events.length));
      }),
    );
  });
});

it('forms keep their places, which entries hold, and all after the bodies are streams', () => {
  expect(forms.slice(0, 4)).toEqual(['body', 'body+base64', 'stream', 'stream+usage']);
  expect(forms.filter(isStream)).toEqual(forms.slice(2));
});
