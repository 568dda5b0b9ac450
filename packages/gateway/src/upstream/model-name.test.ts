import fc from 'fast-check';
import { expect, it } from 'vitest';
import { findModel, withModel } from './model-name.ts';

const find = (text: string) => findModel(Buffer.from(text));
const rename = (text: string, model: string) => {
  const body = Buffer.from(text);
  const found = findModel(body);
  return found === undefined ? undefined : Buffer.from(withModel(body, found, model)).toString();
};

it('the model of a body is replaced and no other byte is touched', () => {
  const before =
    '{ "seed": 12345678901234567890, "model" :\n "local/a" ,"messages":[{"model":"x","content":"\\"model\\":\\"y\\""}], "temperature": 1.0 }';
  expect(find(before)?.value).toBe('local/a');
  expect(rename(before, 'b "quoted"')).toBe(before.replace('"local/a"', '"b \\"quoted\\""'));
});

it('an escaped name is the same name; of two the last counts, and both are replaced', () => {
  expect(find('{"mod\\u0065l":"a\\u002fb"}')?.value).toBe('a/b');
  const twice = '{"model":"a","model":"b"}';
  expect(find(twice)?.value).toBe('b');
  expect(rename(twice, 'c')).toBe('{"model":"c","model":"c"}');
});

it.each([
  '',
  '{}',
  '[]',
  '"model"',
  '["model","a"]',
  '{"model":null}',
  '{"model":{"model":"a"}}',
  '{"a":"model","b":"c"}',
  '{"a":{"model":"b"}}',
  '[{"model":"b"}]',
  '{"model":"unclosed',
  '{"model',
  '{"model":"a","model":7}',
])('the body %j names no model', (text) => {
  expect(find(text)).toBeUndefined();
});

it('the model is found in a body with a hundred thousand levels of nesting', () => {
  const deep = `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)},"model":"m"}`;
  expect(find(deep)?.value).toBe('m');
});

it('the search for the model finds what a JSON parser finds, and renames as a parser would', () => {
  fc.assert(
    fc.property(fc.json(), fc.string(), fc.string(), fc.boolean(), (other, model, to, first) => {
      const member = `${JSON.stringify('model')} : ${JSON.stringify(model)}`;
      const rest = `"other":${other}`;
      const text = first ? `{${member},${rest}}` : `{${rest},${member}}`;
      expect(find(text)?.value).toBe(model);
      expect(JSON.parse(rename(text, to) ?? '')).toEqual({ other: JSON.parse(other), model: to });
    }),
  );
});

it('the search for the model ends on any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const found = findModel(bytes);
      expect(found === undefined || found.spans.length > 0).toBe(true);
    }),
  );
});
