import { expect, it } from 'vitest';
import { isJsonArray, isJsonObject, parseJson, tryParseJson } from './json.ts';

it('tells objects from lists and everything else', () => {
  const values = [{}, [], null, 'a', 1, true, undefined];
  expect(values.map(isJsonObject)).toEqual([true, false, false, false, false, false, false]);
  expect(values.map(isJsonArray)).toEqual([false, true, false, false, false, false, false]);
});

it('parses JSON, and has an answer to what is none', () => {
  expect(parseJson('{"a":[null]}')).toEqual({ a: [null] });
  expect(() => parseJson('{')).toThrow(SyntaxError);
  expect([tryParseJson('null'), tryParseJson('')]).toEqual([null, undefined]);
});
