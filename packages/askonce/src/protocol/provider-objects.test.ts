import { describe, expect, it } from 'vitest';
import { objectsInAnswer, objectsInRequest } from './provider-objects.ts';

const asked = (body: unknown) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const [inText, inBytes] = [objectsInRequest(text), objectsInRequest(Buffer.from(text))];
  expect(inBytes).toEqual(inText);
  return { ids: [...inText.ids], store: inText.store };
};
const answered = (answer: unknown) => {
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
  return [...objectsInAnswer({ form: 'body', status: 200, headers: {}, body: Buffer.from(text) })];
};

describe('the objects that a request names', () => {
  it.each<[string, unknown, readonly string[]]>([
    ['none', { model: 'm', messages: [] }, []],
    [
      'a file of a chat',
      { messages: [{ content: [{ type: 'file', file: { file_id: 'file-1' } }] }] },
      ['file-1'],
    ],
    [
      'a file of a response',
      { input: [{ content: [{ type: 'input_file', file_id: 'file-2' }] }] },
      ['file-2'],
    ],
    [
      'a file of a message',
      { messages: [{ content: [{ source: { type: 'file', file_id: 'f3' } }] }] },
      ['f3'],
    ],
    [
      'a container',
      { tools: [{ container: 'cntr_1' }, { container: { file_ids: ['a', 'b'] } }] },
      ['cntr_1', 'a', 'b'],
    ],
    ['a container with an id', { container: { id: 'container_1' } }, ['container_1']],
    ['a conversation', { conversation: { id: 'conv_1' } }, ['conv_1']],
    ['a response', { previous_response_id: 'resp_1' }, ['resp_1']],
    ['a stored prompt', { prompt: { id: 'pmpt_1' } }, ['pmpt_1']],
    ['vector stores', { tools: [{ vector_store_ids: ['vs_1', 'vs_2'] }] }, ['vs_1', 'vs_2']],
    ["the caller's own words", { messages: [{ content: '{"file_id": "file-4"}' }] }, []],
    ['names without ids', { file_id: null, container: 7, conversation: '', skills: [{}] }, []],
  ])('%s', (_what, body, ids) => {
    expect(asked(body).ids).toEqual(ids);
  });

  it('the request says whether the answer is to be stored', () => {
    expect(
      [{}, { store: true }, { store: false }, { store: 'yes' }, { a: { store: true } }].map(asked),
    ).toEqual([undefined, true, false, undefined, undefined].map((store) => ({ ids: [], store })));
  });

  it('a body that is not JSON names none, and one that names thousands names 48', () => {
    expect(asked('"file_id" {').ids).toEqual([]);
    expect(asked('["file_id"]').ids).toEqual([]);
    expect(asked({ file_ids: Array.from({ length: 5000 }, (_, index) => `f${index}`) }).ids).toHaveLength(48);
    expect(asked({ file_id: 'f'.repeat(300) }).ids).toEqual([]);
  });
});

describe('the objects that an answer names', () => {
  it.each<[string, unknown, readonly string[]]>([
    ['none', { id: 'resp_1', output: [] }, []],
    [
      'a citation',
      { output: [{ annotations: [{ container_id: 'cntr_1', file_id: 'cfile_1' }] }] },
      ['cntr_1', 'cfile_1'],
    ],
    ['a container', { container: { expires_at: 'x', id: 'container_1' } }, ['container_1']],
    ['a conversation', { conversation: { id: 'conv_1' } }, ['conv_1']],
    ["the model's own words", { content: '{"file_id": "file-4"}' }, []],
    ['no container', { container: null }, []],
    [
      'a stream',
      'data: {"item":{"container_id":"cntr_1"}}\n\ndata: {"item":{"container_id":"cntr_1"}}\n\n',
      ['cntr_1'],
    ],
  ])('%s', (_what, answer, ids) => {
    expect(answered(answer)).toEqual(ids);
  });

  it('an answer that names thousands names 48', () => {
    const output = Array.from({ length: 5000 }, (_, index) => ({ file_id: `f${index}` }));
    expect(answered({ output })).toHaveLength(48);
  });
});
