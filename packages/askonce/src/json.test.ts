import { expect, it } from 'vitest';
import { isJsonArray, isJsonObject, parseJson, tryParseJson } from './json.ts';

it('an object is distinguished from lists and all other values', () => {
  const values = [{}, [], null, 'a', 1, true, undefined];
  expect(values.map(isJsonObject)).toEqual([true, false, false, false, false, false, false]);
  expect(values.map(isJsonArray)).toEqual([false, true, false, false, false, false, false]);
});

it('parsing text that is not JSON throws, or returns undefined when only tried', () => {
  expect(parseJson('{"a":[null]}')).toEqual({ a: [null] });
  expect(() => parseJson('{')).toThrow(SyntaxError);
  expect([tryParseJson('null'), tryParseJson('')]).toEqual([null, undefined]);
});
