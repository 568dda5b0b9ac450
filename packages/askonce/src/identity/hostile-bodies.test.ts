import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { everyProtocol } from '../../../../test/support/every-protocol.ts';
import { chatRequest, identifierWith, identityOf, outcomeOf } from '../../../../test/support/identify.ts';
import { AskonceError } from '../errors.ts';
import type { ProtocolName } from '../protocol/contract.ts';

const identify = identifierWith();
const outcome = (body: string | Uint8Array) => outcomeOf(identify, chatRequest(body));
const inBody = (field: string) => `{"model":"m","messages":[],${field}}`;
const nested = (depth: number, open = '[', close = ']') => open.repeat(depth) + close.repeat(depth);

describe('a body that is no request ends in a typed error', () => {
  it.each<[string, string | Uint8Array, string]>([
    ['nothing', '', 'invalid_json'],
    ['no bytes', new Uint8Array(), 'invalid_json'],
    ['white space', ' \n', 'invalid_json'],
    ['half a body', '{"model":"m","messages":[', 'invalid_json'],
    ['a string that never ends', '{"model":"m', 'invalid_json'],
    ['two bodies', '{}{}', 'invalid_json'],
    ['a byte order mark alone', '\ufeff', 'invalid_json'],
    ['half a body behind a byte order mark', '\ufeff{"model":"m"', 'invalid_json'],
    ['UTF-16', Buffer.from(inBody('"n":1'), 'utf16le'), 'invalid_json'],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), 'invalid_json'],
    ['half a character', Buffer.from([0x22, 0xe2, 0x82, 0x22]), 'invalid_json'],
    ['a raw lone surrogate', inBody('"x":"\ud800"'), 'invalid_json'],
    ['100 000 lists in each other', nested(100_000), 'request_too_deep'],
    [
      '100 000 objects in each other',
      `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
      'request_too_deep',
    ],
    ['100 000 lists that never end', '['.repeat(100_000), 'request_too_deep'],
    ['513 levels', inBody(`"x":${nested(512)}`), 'request_too_deep'],
  ])('a body that is no request ends in a typed error: %s', (_what, body, code) => {
    expect(outcome(body)).toBe(`error ${code}`);
  });

  it('the message of an error contains nothing of the body', () => {
    try {
      identify(chatRequest('{"model":"m","messages":"a secret prompt"'));
      expect.unreachable();
    } catch (error) {
      expect(AskonceError.isInstance(error) && !error.message.includes('secret prompt')).toBe(true);
    }
  });
});

describe('JSON that the protocol cannot interpret bypasses the cache', () => {
  it.each<[string, string | Uint8Array]>([
    ['a byte order mark', `\ufeff${inBody('"n":1')}`],
    ['a byte order mark in bytes', Buffer.from(`\ufeff${inBody('"n":1')}`)],
    ['a list', '[]'],
    ['null', 'null'],
    ['a number', '1'],
    ['a text', '"a"'],
    ['no messages', '{"model":"m"}'],
    ['messages that are null', '{"model":"m","messages":null}'],
    ['a message that is null', '{"model":"m","messages":[null]}'],
    ['a prompt of another dialect', '{"model":"m","prompt":"a"}'],
    ['a number as a string', inBody('"max_tokens":"100"')],
    ['a switch as a string', inBody('"stream":"true"')],
    ['a model that is a number', '{"model":7,"messages":[]}'],
  ])('JSON that the protocol cannot interpret bypasses the cache: %s', (_what, body) => {
    // The third time the body is known by its bytes.
    for (const _time of [1, 2, 3]) expect(outcome(body)).toBe('bypass unrepresentable');
  });

  it('embeddings of messages, objects and mixed lists bypass the cache', () => {
    const messages = [{ role: 'user', content: 'a' }];
    for (const body of [
      { model: 'm', messages },
      { model: 'm', input: [messages, messages] },
      { model: 'm', input: { text: 'a' } },
      { model: 'm', input: ['a', { image: 'https://images.test/a.png' }] },
      { model: 'm', input: null },
      { model: 'm', input: [1, 'a'] },
    ])
      expect(outcomeOf(identify, chatRequest(body, { protocol: 'openai-embeddings' }))).toBe(
        'bypass unrepresentable',
      );
  });

  it('a context beyond its limits is still an error', () => {
    const request = chatRequest('{"model":"m"}', { context: { user: 'u'.repeat(257) } });
    expect(outcomeOf(identify, request)).toBe('error invalid_request');
  });
});

describe('a body with no one meaning bypasses the cache', () => {
  it.each<[string, string]>([
    ['a property given twice', inBody('"seed":1,"seed":2')],
    ['a property given twice deep inside', inBody('"x":[{"a":{"b":1,"b":1}}]')],
    ['a property given twice, once by escapes', inBody('"seed":1,"\\u0073eed":2')],
    ['__proto__ given twice', inBody('"x":{"__proto__":1,"__proto__":2}')],
    ['2^53 + 1', inBody('"seed":9007199254740993')],
    ['minus 2^53 - 1, and one more', inBody('"seed":-9007199254740993')],
    ['1e400', inBody('"seed":1e400')],
    ['1e400 before numbers that survive', inBody('"seed":1e400,"n":1')],
    ['1E+400', inBody('"seed":1E+400')],
    ['1e-400', inBody('"seed":1e-400')],
    ['an exponent without end', inBody(`"seed":1e${'9'.repeat(400)}`)],
    ['more digits than a double has', inBody('"seed":0.12345678901234567890')],
    ['a million digits', inBody(`"seed":0.1${'0'.repeat(1_000_000)}1`)],
    ['an escaped lone surrogate', inBody('"x":"\\ud800"')],
    ['an escaped lone surrogate the other way', inBody('"x":"a\\udc00b"')],
    ['a surrogate pair the wrong way round', inBody('"x":"\\udc00\\ud800"')],
    ['a property named by a lone surrogate', inBody('"x":{"\\ud800":1}')],
    ['a field named by a lone surrogate', inBody('"\\ud800":1')],
    ['a lone surrogate in a long text', inBody(`"x":"${'a'.repeat(3000)}\\ud800"`)],
    ['a model named by a lone surrogate', '{"model":"\\ud800","messages":[]}'],
    ['a user named by a lone surrogate', inBody('"user":"\\ud800"')],
    ['a user of 257 characters', inBody(`"user":"${'u'.repeat(257)}"`)],
    ['a field of 257 characters', inBody(`"${'x'.repeat(257)}":1`)],
    ['257 fields', inBody(Array.from({ length: 257 }, (_, index) => `"x${index}":0`).join())],
    [
      'an order of schema properties that parsing loses',
      inBody('"tools":[{"type":"function","function":{"name":"f","parameters":{"b":1,"1":2}}}]'),
    ],
    ['no model', '{"messages":[]}'],
  ])('a body without one meaning bypasses the cache: %s', (_what, body) => {
    expect(outcome(body)).toBe('bypass unrepresentable');
  });
});

describe('a strange body is a question of its own', () => {
  it.each<[string, string]>([
    ['__proto__', '"__proto__":{"x":1}'],
    ['another __proto__', '"__proto__":{"x":2}'],
    ['__proto__ inside', '"x":{"__proto__":1}'],
    ['nothing inside', '"x":{}'],
    ['constructor', '"constructor":1'],
    ['hasOwnProperty', '"hasOwnProperty":1'],
    ['toString', '"toString":1'],
    ['2^53', '"seed":9007199254740992'],
    ['2^53 - 1', '"seed":9007199254740991'],
    ['the largest double', '"seed":1.7976931348623157e308'],
    ['the smallest', '"seed":5e-324'],
    ['17 digits', '"seed":0.30000000000000004'],
    ['16 digits', '"seed":0.3000000000000001'],
    ['many zeros', '"seed":100000000000000000000'],
    ['512 levels in all', `"x":${nested(511)}`],
    ['an empty name', '"":1'],
    ['a replacement character', '"x":"\ufffd"'],
    ['a null character', '"x":"\\u0000"'],
    ['a huge text', `"x":"${'a'.repeat(2_000_000)}"`],
    ['a huge text, one shorter', `"x":"${'a'.repeat(1_999_999)}"`],
    ['many quotes', `"x":"${'\\"'.repeat(100_000)}"`],
    ['many backslashes', `"x":"${'\\\\'.repeat(100_000)}"`],
    ['256 characters of name', `"${'x'.repeat(256)}":1`],
  ])('a strange body counts as a question of its own: %s', (_what, field) => {
    const others = strange.filter((other) => other !== field).map((other) => outcome(inBody(other)));
    const own = outcome(inBody(field));
    expect(own).toMatch(/^askonce:v1:/);
    expect(others).not.toContain(own);
  });

  const strange = [
    '"__proto__":{"x":1}',
    '"__proto__":{"x":2}',
    '"x":{"__proto__":1}',
    '"x":{}',
    '"constructor":1',
    '"seed":9007199254740992',
    '"seed":9007199254740991',
    '"seed":0.30000000000000004',
    '"seed":0.3',
    '"x":"\ufffd"',
    '"x":"\\u0000"',
    '"x":""',
    '"":1',
  ];

  it('zero is one number however it is written', () => {
    const zeros = ['0', '-0', '0.0', '0e99', '-0.000e-5', '0.00000000000000000000'];
    expect(new Set(zeros.map((zero) => outcome(inBody(`"seed":${zero}`)))).size).toBe(1);
  });

  it('numbers that look alike are different numbers', () => {
    const numbers = [
      '1e21',
      '1e-7',
      '123456789012345680000',
      '0.1',
      '1',
      '10',
      '100',
      '1e5',
      '1.5e300',
      '12345678901234567',
    ];
    const keys = numbers.map((number) => outcome(inBody(`"seed":${number}`)));
    expect(new Set(keys).size).toBe(numbers.length);
  });
});

describe('10 000 fuzzed bodies', () => {
  const names: readonly ProtocolName[] = [
    'openai-chat',
    'openai-completions',
    'openai-embeddings',
    'openai-responses',
    'anthropic-messages',
    'function',
  ];
  const fieldNames = [...new Set(Object.values(everyProtocol).flatMap(({ fields }) => Object.keys(fields)))];
  const anything = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom<unknown>(
      '',
      [],
      {},
      null,
      [null],
      [[]],
      [{}],
      [{ type: 'text' }],
      [{ role: 'user', content: [null] }],
      -1,
      1e300,
      'user',
    ),
  );
  const shaped = fc
    .dictionary(fc.constantFrom(...fieldNames, 'name', '__proto__'), anything, { maxKeys: 8 })
    .map((fields) =>
      JSON.stringify({
        model: 'm',
        messages: [{ role: 'user', content: 'a' }],
        input: 'a',
        prompt: 'a',
        ...fields,
      }),
    );
  const damaged = fc
    .tuple(
      shaped,
      fc.nat(),
      fc.constantFrom('', '"', '\\', '}', '[', '1e999', '\u0000', '\ud800', ',"a":1,"a":2'),
    )
    .map(([text, at, noise]) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + noise + text.slice(place + 1);
    });
  const body = fc.oneof(shaped, damaged, fc.json(), fc.string(), fc.uint8Array({ maxLength: 40 }));

  it('each of 10 000 fuzzed bodies gives a key, a bypass or a typed error, the same with the memo as without', () => {
    const withMemo = identifierWith();
    const without = identifierWith({ settings: { identityMemoBytes: 0 } });
    fc.assert(
      fc.property(body, fc.constantFrom(...names), (text, protocol) => {
        const request = chatRequest(text, { protocol });
        const first = outcomeOf(withMemo, request);
        expect(first).toMatch(
          /^(askonce:v1:[0-9a-f]{32}:und:\{[0-9a-f]{64}\}|bypass (unrepresentable|stateful|side-effects)|error (invalid_json|request_too_deep))$/,
        );
        expect(outcomeOf(withMemo, request)).toBe(first);
        expect(outcomeOf(without, request)).toBe(first);
      }),
      { numRuns: 10_000 },
    );
  });
});

it('counted fields have short digests that are equal within a partition and nowhere else', () => {
  const body = { model: 'm', messages: [{ role: 'user', content: 'a' }], seed: 1, ['__proto__x']: 2 };
  const fields = identityOf(chatRequest(body)).fields();
  expect(Object.keys(fields).sort()).toEqual(['__proto__x', 'messages', 'seed']);
  expect(Object.values(fields).every((digest) => /^[0-9a-f]{16}$/.test(digest))).toBe(true);
  const other = identityOf(chatRequest({ ...body, messages: [{ role: 'user', content: 'b' }] })).fields();
  expect(other['seed']).toBe(fields['seed']);
  expect(other['messages']).not.toBe(fields['messages']);
  const elsewhere = identityOf(chatRequest(body, { context: { tenant: 't' } })).fields();
  expect(elsewhere['seed']).not.toBe(fields['seed']);
});
