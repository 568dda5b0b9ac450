import { describe, expect, it } from 'vitest';
import { multipartBody } from './multipart.ts';

const type = 'multipart/form-data; boundary=b';

const parse = (text: string, contentType = type) =>
  multipartBody.parse(Buffer.from(text, 'latin1'), contentType);

const part = (disposition: string, value: string, more = '') =>
  `--b\r\nContent-Disposition: form-data; ${disposition}\r\n${more}\r\n${value}\r\n`;

describe('a multipart body', () => {
  it('a multipart body is read as fields: texts as strings, parts of one name as a list, files by their digest', () => {
    const body = [
      part('name="model"', 'm'),
      part('name="tag"', 'one'),
      part('name="tag"', 'two'),
      part('name="file"; filename="a.wav"', 'abc', 'Content-Type: audio/wav\r\n'),
      '--b--\r\n',
    ];
    expect(parse(body.join(''))).toEqual({
      isFaithful: true,
      body: {
        model: 'm',
        tag: ['one', 'two'],
        file: {
          filename: 'a.wav',
          type: 'audio/wav',
          bytes: 3,
          digest: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
        },
      },
    });
  });

  it('a multipart field named __proto__ is a field like any other', () => {
    const { body } = parse(`${part('name="__proto__"', 'x')}--b--`);
    expect(Object.entries(body)).toEqual([['__proto__', 'x']]);
  });

  it.each<[string, string]>([
    ['a boundary inside a part', `${part('name="a"', 'x --b y')}--b--\r\n`],
    [
      'a boundary that goes on',
      `${part('name="a"', 'x')}--b${part('name="z"', 'y').slice(3).replace('\r\n', 'xx')}--b--\r\n`,
    ],
    ['text behind its end', `${part('name="a"', 'x')}--b--\r\nmore`],
    [
      'a part with a header of its own',
      `${part('name="a"', 'x', 'Content-Transfer-Encoding: base64\r\n')}--b--`,
    ],
  ])('a multipart body may have two meanings with %s', (_what, text) => {
    expect(parse(text).isFaithful).toBe(false);
  });

  it.each<[string, string, string]>([
    ['no boundary', part('name="a"', 'x'), 'multipart/form-data'],
    ['another boundary', `${part('name="a"', 'x')}--b--`, 'multipart/form-data; boundary=c'],
    ['no end', part('name="a"', 'x'), type],
    ['a part without a name', `${part('filename="a"', 'x')}--b--`, type],
    ['a text that is not UTF-8', `${part('name="a"', '\xff')}--b--`, type],
    ['more than 256 parts', `${part('name="a"', 'x').repeat(257)}--b--`, type],
    ['a header of more than 8 KB', `${part('name="a"', 'x', `X: ${'y'.repeat(9000)}\r\n`)}--b--`, type],
  ])('a multipart body is refused with %s', (_what, text, contentType) => {
    expect(() => parse(text, contentType)).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        message: expect.stringMatching(/^The multipart body cannot be read: /),
      }),
    );
  });
});
