import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collectGarbage } from '../../../../../test/support/garbage.ts';
import { parseJson } from '../../json.ts';
import { heldValues } from './held.ts';
import { readPart, writePart } from './parts.ts';
import type { StreamPart } from './types.ts';
import { fromJson, Inexpressible, toJson } from './values.ts';

const again = (value: unknown) => fromJson(parseJson(JSON.stringify(toJson(value))));

/** Values of JSON, and those that the SDK's types allow besides: properties without a value, bytes, dates, URLs. */
const leaf = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.constant(undefined),
  fc.bigInt(),
  fc.uint8Array({ maxLength: 40 }),
  fc.date(),
  fc.webUrl().map((url) => new URL(url)),
);
const name = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.constantFrom('$askonce', '__proto__', 'type', 'undefined', 'own', 'value', 'constructor', '0'),
);
const value = fc.letrec((tie) => ({
  any: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, tie('list'), tie('object')),
  list: fc.array(tie('any'), { maxLength: 4 }),
  object: fc
    .tuple(fc.array(fc.tuple(name, tie('any')), { maxLength: 4 }), fc.boolean())
    .map(([entries, isBare]): unknown => {
      const object: unknown = Object.fromEntries(entries);
      return isBare ? Object.setPrototypeOf(object, null) : object;
    }),
})).any;

describe('values as JSON', () => {
  it('any value that the SDK’s types allow is the same again', () => {
    const isSame = fc.property(value, (one) => {
      expect(isDeepStrictEqual(again(one), one)).toBe(true);
    });
    fc.assert(isSame, { numRuns: 500 });
  });

  it.each<[string, unknown]>([
    ['a function', () => 1],
    ['a symbol', Symbol('a')],
    ['an instance of a class', new Map()],
    ['an error', new Error('a')],
    ['one of those within', { a: [{ b: () => 1 }] }],
  ])('%s cannot be expressed', (_what, one) => {
    expect(() => toJson(one)).toThrow(Inexpressible);
  });

  it('a cycle cannot be expressed', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    expect(() => toJson(cycle)).toThrow(Inexpressible);
  });

  it('a buffer is its bytes', () => {
    expect(again(Buffer.from('abc').subarray(1))).toStrictEqual(new Uint8Array([98, 99]));
  });
});

describe('parts as lines', () => {
  const held = heldValues().ofCall();

  it('a part that JSON cannot express, and an error, are themselves where they were written', () => {
    const odd: StreamPart[] = [
      { type: 'raw', rawValue: () => 1 },
      { type: 'error', error: new TypeError('no') },
    ];
    for (const part of odd) expect(readPart(writePart(part, held), held)).toBe(part);
  });

  it('elsewhere an error has its message, and a part that JSON cannot express is left out', () => {
    const elsewhere = heldValues().ofCall();
    expect(readPart(writePart({ type: 'error', error: new TypeError('no') }, held), elsewhere)).toEqual({
      type: 'error',
      error: new Error('no'),
    });
    expect(readPart(writePart({ type: 'raw', rawValue: () => 1 }, held), elsewhere)).toBeUndefined();
  });

  it('a line that says no part is none', () => {
    expect(readPart('[]', held)).toBeUndefined();
    expect(readPart('{"a":1}', held)).toBeUndefined();
  });

  it('a call finds each value that it holds, whatever other calls hold meanwhile', () => {
    const all = heldValues();
    const calls = Array.from({ length: 1000 }, (_, index) => {
      const call = all.ofCall();
      return { call, value: { index }, name: '' };
    });
    for (const one of calls) one.name = one.call.hold(one.value);
    for (const { call, value, name } of calls) expect(call.find(name)?.value).toBe(value);
    const [{ value, name } = { value: undefined, name: '' }] = calls;
    expect(all.ofCall().find(name)?.value).toBe(value);
  });

  it('of the values of a call that has ended only the latest of all calls stay, and of a long call its own latest', async () => {
    const all = heldValues();
    const long = all.ofCall();
    const names = Array.from({ length: 2000 }, (_, index) => long.hold({ index }));
    const ended = Array.from({ length: 1000 }, (_, index) => all.ofCall().hold({ index }));
    // What a job has touched lives until its end.
    await new Promise((resolve) => setImmediate(resolve));
    const found = (some: readonly string[]) => some.filter((name) => long.find(name) !== undefined).length;
    const left = () => {
      collectGarbage();
      return [found(names), found(ended)];
    };
    // V8's compilers hold what they met last until they are done.
    await expect.poll(left).toEqual([1024, 64]);
  });
});
