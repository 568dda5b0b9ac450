import fc from 'fast-check';
import type { EmbeddingCreateParams } from 'openai/resources/embeddings';
import { describe, expect, it } from 'vitest';
import { clientOf, openaiRecordings, textOf } from '../../../../../../test/support/openai-recordings.ts';
import { bodyOf } from '../../../../../../test/support/provider-recordings.ts';
import { describeRecorded } from '../../../../../../test/support/recorded-suites.ts';
import type { Recording } from '../../../entry/entry.ts';
import { CanonicalText } from '../../../identity/canonical.ts';
import type { JsonObject, JsonValue } from '../../../json.ts';
import type { FieldRule } from '../../contract.ts';
import { fields, openaiEmbeddings } from './protocol.ts';

const { assess, convert, read, mayFollow } = openaiEmbeddings;

// Does not compile once OpenAI adds a parameter, until the table has a rule for it.
const documented: Record<keyof EmbeddingCreateParams, FieldRule> = fields;

function converted(recording: Recording, to: Recording['form']): Recording {
  const other = convert(recording, to);
  expect(other, `${recording.form} → ${to}`).toBeDefined();
  return other ?? recording;
}

function answer(vectors: readonly unknown[], rest: object = {}): Recording {
  const data = vectors.map((embedding, index) => ({ object: 'embedding', index, embedding }));
  return bodyOf(JSON.stringify({ object: 'list', data, model: 'm', ...rest }));
}

const recordings = openaiRecordings('openai-embeddings');

describeRecorded('real recordings of embeddings', () => {
  it('there is a recording of embeddings', () => {
    expect(recordings.map(({ name }) => name)).toEqual(['openai-embedding.json']);
  });

  it.each(recordings)('$name is judged for what it is', ({ recording }) => {
    expect(assess(recording)).toEqual({
      finish: 'natural',
      finishReason: '',
      empty: false,
      toolCalls: 'none',
      usage: { inputTokens: 12, outputTokens: 0 },
      model: 'text-embedding-3-small',
    });
  });

  it.each(recordings)('$name: the official client reads the same from base64', async ({ recording }) => {
    const input = ['a', 'b'];
    const encoded = converted(recording, 'body+base64');
    expect(textOf(encoded)).not.toContain('0.0057293195');
    const decoded = await clientOf(encoded).embeddings.create({ model: 'm', input });
    const plain = await clientOf(recording).embeddings.create({
      model: 'm',
      input,
      encoding_format: 'float',
    });
    expect(decoded.data.map(({ embedding }) => Array.from(embedding))).toEqual(
      plain.data.map(({ embedding }) => embedding.map(Math.fround)),
    );
    expect(decoded.usage).toEqual(plain.usage);
  });

  it.each(recordings)('$name: as base64 and as numbers again has the same numbers', ({ recording }) => {
    const again = converted(converted(recording, 'body+base64'), 'body');
    expect(JSON.parse(textOf(again))).toEqual(JSON.parse(textOf(recording)));
  });

  it.each(recordings)('$name, broken off anywhere, is never taken for finished', ({ recording }) => {
    for (let cut = 0; cut < recording.body.lastIndexOf(0x7d); cut++) {
      const piece = { ...recording, body: recording.body.subarray(0, cut) };
      expect(['incomplete', 'unreadable']).toContain(assess(piece).finish);
    }
  });
});

describe('vectors', () => {
  const float32 = fc.float({ noNaN: true, noDefaultInfinity: true });

  it('vectors converted from base64 to numbers and back keep every bit', () => {
    fc.assert(
      fc.property(fc.array(fc.array(float32, { minLength: 1 }), { minLength: 1 }), (vectors) => {
        const encoded = converted(answer(vectors), 'body+base64');
        const numbers = converted(encoded, 'body');
        expect(textOf(converted(numbers, 'body+base64'))).toBe(textOf(encoded));
        const read = JSON.parse(textOf(encoded)).data.map(({ embedding }: { embedding: string }) => {
          const bytes = Buffer.from(embedding, 'base64');
          return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
        });
        expect(read).toEqual(vectors.map((vector) => vector.map((number) => (number === 0 ? 0 : number))));
      }),
    );
  });

  it('vectors are written with the fewest digits that are the same float32', () => {
    const encoded = converted(answer([[0.1, -0.012727811, 1e-7, 3.4028235e38, 0]]), 'body+base64');
    expect(textOf(converted(encoded, 'body'))).toContain('[0.1,-0.012727811,1e-7,3.4028235e+38,0]');
  });

  it('converting vectors leaves all other bytes as they are', () => {
    const spaced = ' { "data" : [ { "index":0, "embedding": [1] , "x": "\\u00e9\\"" } ], "n": 1.50 }\n';
    expect(textOf(converted(bodyOf(spaced), 'body+base64'))).toBe(spaced.replace('[1]', '"AACAPw=="'));
  });

  it('vectors already in the requested form stay as the provider wrote them', () => {
    const numbers = { ...answer([[1.5]]), form: 'body+base64' } as const;
    expect(textOf(converted(numbers, 'body'))).toBe(textOf(numbers));
  });

  it.each<[string, Recording, Recording['form']]>([
    ['a text that is not base64', answer(['?']), 'body'],
    ['half a number', answer(['AAA=']), 'body'],
    ['not a number', answer(['AADAfw==']), 'body'],
    ['a number beyond float32', answer([[1e300]]), 'body+base64'],
    ['a list of lists', answer([[[1]]]), 'body+base64'],
    ['null', answer([null]), 'body+base64'],
    ['an error', bodyOf('{"error":{}}'), 'body+base64'],
    ['no JSON', bodyOf('{"data":[{"embedding":[1]}'), 'body+base64'],
    ['a stream', answer([[1]]), 'stream'],
  ])('an embeddings answer with %s does not convert', (_name, recording, to) => {
    const from = to === 'body' ? 'body+base64' : 'body';
    expect(convert({ ...recording, form: from }, to)).toBeUndefined();
  });

  it('a request for one form of vectors follows a flight in the other', () => {
    expect(mayFollow('body', 'body+base64')).toBe(true);
    expect(mayFollow('body+base64', 'body')).toBe(true);
    expect(mayFollow('body', 'stream')).toBe(false);
  });
});

describe('the content of an embeddings answer', () => {
  it.each<[string, Recording, string, boolean]>([
    ['numbers', answer([[1], [2]]), 'natural', false],
    ['base64', answer(['AACAPw==']), 'natural', false],
    ['a vector a token', answer([[[1], [2]]]), 'natural', false],
    ['no vector', answer([]), 'natural', true],
    ['an empty vector', answer([[1], []]), 'natural', true],
    ['a hole', answer([[1], null]), 'unreadable', false],
    ['a vector with a hole', answer([[1, null]]), 'unreadable', false],
    ['an error', bodyOf('{"error":{"message":"no"}}'), 'failed', true],
    ['an error beside data', answer([[1]], { error: { message: 'no' } }), 'failed', true],
    ['a chat answer', bodyOf('{"choices":[]}'), 'unreadable', true],
    ['a list', bodyOf('[]'), 'unreadable', true],
  ])('an embeddings answer with %s is assessed for what it has', (_name, recording, finish, empty) => {
    expect(assess(recording)).toMatchObject({ finish, empty });
  });
});

describe('an embeddings request', () => {
  function write(input: JsonValue) {
    const settings = { hashAlgorithm: 'sha256', textHashThreshold: 256 } as const;
    const writer = new CanonicalText(settings, (value) => value, openaiEmbeddings.schemaKeys);
    const text = openaiEmbeddings.writeContent('input', input, { model: 'm', input }, writer);
    return { text, semantic: writer.semantic, media: writer.media };
  }

  it('every documented parameter of embeddings has a rule', () => {
    expect(Object.keys(documented)).toHaveLength(5);
  });

  it.each<[JsonValue, JsonValue]>([
    ['x', ['x']],
    [[1, 2], [[1, 2]]],
  ])('the embeddings inputs %j and %j are the same', (one, other) => {
    expect(write(one).text).toBe(write(other).text);
  });

  it.each<[JsonValue, JsonValue]>([
    ['x', 'x '],
    [
      ['a', 'b'],
      ['b', 'a'],
    ],
    [
      [1, 2],
      [[1], [2]],
    ],
    ['1', [1]],
    [[], ['']],
  ])('the embeddings inputs %j and %j differ', (one, other) => {
    expect(write(one).text).not.toBe(write(other).text);
  });

  it('an embeddings request has no semantic text, so no similar text answers it', () => {
    expect(write('x').semantic).toBeUndefined();
  });

  it('media references limit an embeddings request to its credential', () => {
    expect(write([{ image: 'https://a/b.png' }]).media).toBe('reference');
  });

  it.each<[JsonObject, object]>([
    [{ input: 'x' }, { form: 'body', parts: undefined, bypass: undefined }],
    [{ input: 'x', encoding_format: 'float' }, { form: 'body' }],
    [
      { input: 'x', encoding_format: 'base64', user: 'u' },
      { form: 'body+base64', user: 'u' },
    ],
    [{ input: ['x', 'y', 'z'] }, { parts: 3 }],
    [{ input: [1, 2, 3] }, { parts: undefined }],
    [{ input: 'x', encoding_format: 'int8' }, { bypass: 'unrepresentable' }],
    [{ input: 'x', output_dtype: 'binary' }, { bypass: 'unrepresentable' }],
    [
      { input: 'x', model: undefined },
      { subject: '', bypass: 'unrepresentable' },
    ],
  ])('the embeddings request %j is read as %j', (body, reading) => {
    expect(read({ model: 'm', ...body })).toMatchObject(reading);
  });

  it.each<[JsonObject, RegExp]>([
    [{ model: 'm' }, /^input: /],
    [{ model: 'm', input: null }, /^input: expected a string/],
    [{ model: 'm', input: 7 }, /^input: expected a string/],
    [{ model: 'm', input: ['a', null] }, /^input\[1\]: /],
    [{ model: ['m'], input: 'x' }, /^model: /],
  ])('the embeddings request %j is refused', (body, message) => {
    expect(() => read(body)).toThrow(
      expect.objectContaining({ code: 'invalid_request', message: expect.stringMatching(message) }),
    );
  });
});
