import { describe, expect, it } from 'vitest';
import { CanonicalText } from '../../../identity/canonical.ts';
import type { JsonObject, JsonValue } from '../../../json.ts';
import { openaiChat } from './protocol.ts';

interface Written {
  /** Equal exactly where two requests have the same fingerprint. */
  readonly all: string;
  /** Equal exactly where two requests have the same frame. */
  readonly frame: string;
  readonly semantic: string | undefined;
  readonly media: CanonicalText['media'];
}

function write(messages: JsonValue, rest: JsonObject = {}): Written {
  const writer = new CanonicalText(
    { hashAlgorithm: 'sha256', textHashThreshold: 256 },
    (text) => text,
    openaiChat.schemaKeys,
  );
  const frame = openaiChat.writeContent('messages', messages, { model: 'm', messages, ...rest }, writer);
  const { semantic, media } = writer;
  return { all: `${frame}\n${semantic?.canonical}`, frame, semantic: semantic?.plain, media };
}

const user = (content: JsonValue, rest: JsonObject = {}) => ({ role: 'user', content, ...rest });
const text = (value: string, rest: JsonObject = {}) => ({ type: 'text', text: value, ...rest });
const image = (url: string) => ({ type: 'image_url', image_url: { url } });

const pixel = 'iVBORw0KGgo=';

describe('messages that mean the same are written the same', () => {
  it.each<[string, JsonValue, JsonValue]>([
    ['outer white space of a text', [user('hello')], [user('\n hello\t')]],
    ['the order of properties', [{ role: 'user', content: 'x' }], [{ content: 'x', role: 'user' }]],
    ['the Unicode form', [user('caf\u00e9')], [user('cafe\u0301')]],
    [
      'white space at the two ends of the parts',
      [user([text('a'), text('b')])],
      [user([text(' a'), text('b ')])],
    ],
    [
      'white space round a text beside an image',
      [user([image('https://a/b.png'), text('what?')])],
      [user([image('https://a/b.png'), text(' what? ')])],
    ],
    [
      'a mark for the provider’s prompt cache',
      [user([text('a')])],
      [user([text('a', { prompt_cache_breakpoint: { mode: 'explicit' } })])],
    ],
    [
      'a mark for the prompt cache on an earlier message',
      [{ role: 'system', content: [text('a')] }, user('x')],
      [
        { role: 'system', content: [text('a', { prompt_cache_breakpoint: { mode: 'explicit' } })] },
        user('x'),
      ],
    ],
    [
      'how base64 is wrapped',
      [user([image(`data:image/png;base64,${pixel}`)])],
      [user([image(`data:image/PNG;base64,${pixel.slice(0, 4)}\n${pixel.slice(4)}`)])],
    ],
    [
      'white space of an answer in the middle',
      [{ role: 'assistant', content: 'a' }, user('x')],
      [{ role: 'assistant', content: 'a ' }, user('x')],
    ],
  ])('%s does not count in chat messages', (_name, one, other) => {
    expect(write(one).all).toBe(write(other).all);
  });
});

describe('messages that differ are written differently', () => {
  it.each<[string, JsonValue, JsonValue]>([
    ['order', [user('a'), user('b')], [user('b'), user('a')]],
    ['role', [user('a')], [{ role: 'system', content: 'a' }]],
    ['name', [user('a')], [user('a', { name: 'n' })]],
    ['inner white space', [user('a b')], [user('a  b')]],
    ['case', [user('a')], [user('A')]],
    [
      'white space of a prefill',
      [user('x'), { role: 'assistant', content: 'a' }],
      [user('x'), { role: 'assistant', content: 'a ' }],
    ],
    [
      'white space of a prefill in parts',
      [user('x'), { role: 'assistant', content: [text('a')] }],
      [user('x'), { role: 'assistant', content: [text('a ')] }],
    ],
    ['white space between parts', [user([text('a'), text('b')])], [user([text('a '), text('b')])]],
    ['where a text is cut into parts', [user([text('ab'), text('c')])], [user([text('a'), text('bc')])]],
    ['how many parts a text has', [user([text('a\n\nb')])], [user([text('a'), text('b')])]],
    [
      'the bytes of an image',
      [user([image(`data:image/png;base64,${pixel}`)])],
      [user([image('data:image/png;base64,AAAA')])],
    ],
    [
      'the type of an image',
      [user([image(`data:image/png;base64,${pixel}`)])],
      [user([image(`data:image/gif;base64,${pixel}`)])],
    ],
    [
      'whether data is base64',
      [user([image('data:text/plain;base64,AAAA')])],
      [user([image('data:text/plain,AAAA')])],
    ],
    ['a URL', [user([image('https://a/1.png')])], [user([image('https://a/2.png')])]],
    [
      'a tool call’s arguments',
      [{ role: 'assistant', tool_calls: [{ id: 'a', function: { name: 'f', arguments: '{}' } }] }, user('x')],
      [{ role: 'assistant', tool_calls: [{ id: 'a', function: { name: 'f', arguments: '[]' } }] }, user('x')],
    ],
    [
      'a file name',
      [user([{ type: 'file', file: { filename: 'a', file_data: pixel } }])],
      [user([{ type: 'file', file: { filename: 'b', file_data: pixel } }])],
    ],
  ])('%s counts in chat messages', (_name, one, other) => {
    expect(write(one).all).not.toBe(write(other).all);
  });

  it('a text cannot imitate how parts are written', () => {
    expect(write([user('[2,@]')]).all).not.toBe(write([user([text('a'), text('b')])]).all);
  });
});

describe('the semantic text', () => {
  const system = { role: 'system', content: 's' };

  it('the semantic text of chat is the last user turn, and not in the frame', () => {
    const one = write([system, user(' How do I pay? ')]);
    const other = write([system, user('How can I pay?')]);
    expect([one.semantic, other.semantic]).toEqual(['How do I pay?', 'How can I pay?']);
    expect(one.frame).toBe(other.frame);
    expect(one.all).not.toBe(other.all);
    expect(one.frame).not.toBe(write([{ ...system, content: 't' }, user('How do I pay?')]).frame);
  });

  it('the semantic text of chat joins the texts of the turn', () => {
    expect(write([user([text('a'), text('b')])]).semantic).toBe('a\n\nb');
    expect(write([user([text(' a ')])]).semantic).toBe('a');
  });

  it.each<[string, JsonValue, JsonObject]>([
    ['the last message is a prefill', [user('a'), { role: 'assistant', content: 'b' }], {}],
    ['a tool has answered since', [user('a'), { role: 'tool', content: 'b', tool_call_id: 'c' }], {}],
    ['tools are offered', [user('a')], { tools: [{ type: 'function', function: { name: 'f' } }] }],
    ['functions are offered', [user('a')], { functions: [{ name: 'f' }] }],
    ['the turn has an image', [user([text('a'), image('https://a/b.png')])], {}],
    ['a part says more than its text', [user([text('a', { vendor: 1 })])], {}],
    ['there is no text', [user(' ')], {}],
    ['there is no message', [], {}],
  ])('chat has no semantic text where %s', (_name, messages, rest) => {
    expect(write(messages, rest).semantic).toBeUndefined();
  });

  it('chat has a semantic text where the list of tools is empty', () => {
    expect(write([user('a')], { tools: [] }).semantic).toBe('a');
  });
});

describe('media', () => {
  it.each<[string, JsonObject, CanonicalText['media']]>([
    ['an image in the request', image(`data:image/png;base64,${pixel}`), 'inline'],
    ['an image by its URL', image('https://a/b.png'), 'reference'],
    ['an image with a plain URL', { type: 'image_url', image_url: 'https://a/b.png' }, 'reference'],
    ['sound', { type: 'input_audio', input_audio: { data: pixel, format: 'wav' } }, 'inline'],
    [
      'sound by its URL',
      { type: 'input_audio', input_audio: { data: 'https://a/b.wav', format: 'wav' } },
      'reference',
    ],
    ['a file', { type: 'file', file: { file_data: pixel, filename: 'a.pdf' } }, 'inline'],
    [
      'a file as a data URL',
      { type: 'file', file: { file_data: `data:application/pdf;base64,${pixel}` } },
      'inline',
    ],
    ['a file by its id', { type: 'file', file: { file_id: 'file-1' } }, 'reference'],
    ['a kind of part from the future', { type: 'hologram', hologram: { id: 'h' } }, 'reference'],
    ['a text', text('a'), 'none'],
  ])('the media of %s are recognised', (_name, part, media) => {
    expect(write([user([part]), user('x')]).media).toBe(media);
  });

  it('an earlier audio answer is a reference to media at the provider', () => {
    expect(write([{ role: 'assistant', content: null, audio: { id: 'audio_1' } }, user('x')]).media).toBe(
      'reference',
    );
    expect(write([{ role: 'assistant', content: 'a', audio: null }, user('x')]).media).toBe('none');
  });
});
