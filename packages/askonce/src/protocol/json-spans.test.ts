import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readElements, readProperties, replaceSpans } from './json-spans.ts';

function sliced(text: string, { start, end }: { start: number; end: number }): string {
  return Buffer.from(text).toString('utf8', start, end);
}

const indents = fc.constantFrom(undefined, 1, '\t');
const nested = fc.oneof(fc.jsonValue(), fc.array(fc.array(fc.integer())), fc.array(fc.jsonValue()));

describe('the spans of JSON text', () => {
  it('the properties of an object are found with their positions', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), nested), indents, (object, indent) => {
        const text = JSON.stringify(object, null, indent);
        const read = readProperties(Buffer.from(text), 0);
        expect(read?.end).toBe(Buffer.byteLength(text));
        const values = [...(read?.properties.values() ?? [])].map(({ value }) =>
          JSON.parse(sliced(text, value)),
        );
        expect(values).toEqual(Object.values(JSON.parse(text)));
      }),
    );
  });

  it('the elements of a list are found with their positions', () => {
    fc.assert(
      fc.property(fc.array(nested), indents, (list, indent) => {
        const text = JSON.stringify(list, null, indent);
        const elements = readElements(Buffer.from(text), 0);
        expect(elements?.map((span) => JSON.parse(sliced(text, span)))).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each([
    ['{'],
    ['{"a"'],
    ['{"a":'],
    ['{"a":1'],
    ['{"a":1,'],
    ['{"a" 1}'],
    ['{1:1}'],
    ['{"a":1 "b":2}'],
    ['{"a":,}'],
    ['[]'],
    [''],
  ])('%s is not read as an object', (text) => {
    expect(readProperties(Buffer.from(text), 0)).toBeUndefined();
  });

  it.each([['['], ['[1'], ['[1,'], ['[1,]'], ['["a'], ['[{"a":1]'], ['[1 2]'], ['{}'], ['']])(
    '%s is not read as a list',
    (text) => {
      expect(readElements(Buffer.from(text), 0)).toBeUndefined();
    },
  );

  it('an object with a repeated name is refused', () => {
    expect(readProperties(Buffer.from('{"a":1,"a":2}'), 0)).toBeUndefined();
  });

  it('a deeply nested list does not exhaust the stack', () => {
    const depth = 200_000;
    const text = Buffer.from(`[${'[1,'.repeat(depth)}1${']'.repeat(depth)}]`);
    expect(readElements(text, 0)).toEqual([{ start: 1, end: text.length - 1 }]);
  });

  it('replacing spans leaves all other bytes as they are', () => {
    const text = Buffer.from('{"a":1,"b":2}');
    const a = readProperties(text, 0)?.properties.get('a')?.value;
    expect(a).toBeDefined();
    const pieces = replaceSpans(
      text,
      { start: 0, end: text.length },
      a === undefined ? [] : [{ ...a, by: 'true' }],
    );
    expect(Buffer.concat(pieces).toString()).toBe('{"a":true,"b":2}');
  });
});
