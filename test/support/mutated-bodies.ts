/**
 * Random bodies: mutations of valid requests, bodies that never were requests, and bodies that are nested too deep.
 */
import type { RecordedProtocol } from 'askonce/testing';
import fc from 'fast-check';
import { isJsonArray, isJsonObject, type JsonValue } from '../../packages/askonce/src/json.ts';

export interface MutatedBody {
  readonly protocol: RecordedProtocol;
  readonly path: string;
  readonly body: Buffer;
}

const tool = {
  name: 'find',
  parameters: { type: 'object', properties: { b: { type: 'string' }, a: { type: 'number' } } },
};

const valid: readonly (readonly [RecordedProtocol, string, object])[] = [
  ...['One?', 'Two?'].flatMap((text) => [
    chat({ messages: [{ role: 'user', content: text }] }),
    chat({ messages: [{ role: 'user', content: text }], stream: true }),
    chat({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'text', text }] },
      ],
      temperature: 0.7,
      max_tokens: 100,
      seed: 7,
    }),
    completions({ prompt: text }),
    completions({ prompt: [text, ' tail'], n: 1, stop: ['\n'], echo: false }),
    embeddings({ input: text }),
    embeddings({ input: [text, 'Three?'], encoding_format: 'base64' }),
    responses({ input: text }),
    responses({ input: [{ role: 'user', content: text }], instructions: 'Be brief.', stream: true }),
    messages({ messages: [{ role: 'user', content: text }] }),
    messages({ messages: [{ role: 'user', content: [{ type: 'text', text }] }], system: 'Be brief.' }),
  ]),
  chat({
    messages: [{ role: 'user', content: 'Find it.' }],
    tools: [{ type: 'function', function: tool }],
    stream: true,
    stream_options: { include_usage: true },
  }),
  embeddings({ input: [1, 2, 3] }),
  messages({ messages: [{ role: 'user', content: 'One?' }], stream: true, top_k: 5 }),
];

function chat(rest: object) {
  return ['openai-chat', '/v1/chat/completions', { model: 'm', ...rest }] as const;
}

function completions(rest: object) {
  return ['openai-completions', '/v1/completions', { model: 'm', ...rest }] as const;
}

function embeddings(rest: object) {
  return ['openai-embeddings', '/v1/embeddings', { model: 'm', ...rest }] as const;
}

function responses(rest: object) {
  return ['openai-responses', '/v1/responses', { model: 'm', ...rest }] as const;
}

function messages(rest: object) {
  return ['anthropic-messages', '/v1/messages', { model: 'm', max_tokens: 100, ...rest }] as const;
}

const strange: readonly JsonValue[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e300,
  '',
  ' ',
  'x',
  'true',
  '\u0000',
  'e\u0301',
  '\ufeff',
  [],
  {},
  [null],
  [[]],
  [{}],
  { type: 'text' },
  { type: 'text', text: 'One?' },
  [{ role: 'user', content: 'One?' }],
  { role: 'user' },
];

const noises = [
  ...['"', '\\', '{', '}', '[', ']', ',', ':', ' ', '\n', '\u0000', '-', '9007199254740993'],
  ...['1e400', '1e999', '"\\ud800"', '\\ud800', '\\u0061', 'null', '{"__proto__":{"x":1}}', '"a":1,"a":2,'],
  ...['\ufeff', '\u2028'],
].map((noise) => Buffer.from(noise));

const added = [
  ...['"__proto__":{"stream":true},', '"constructor":null,', '"toString":"x",', '"hasOwnProperty":1,'],
  ...['"model":"other",', '"messages":[],', '"input":"One?",', '"prompt":"One?",', '"stream":true,'],
  ...['"seed":9007199254740993,', '"seed":1e400,', '"seed":1e999,', '"seed":-0,', '"n":2,', '"user":"ada",'],
  ...['"x":"\\udc00",', '"x":"\\ud800",'],
];

type Mutation = (body: Buffer, at: number, pick: number) => Buffer;

const joined = (...pieces: readonly Uint8Array[]) => Buffer.concat(pieces);
const ofText =
  (change: (text: string, at: number, pick: number) => string): Mutation =>
  (body, at, pick) =>
    Buffer.from(change(body.toString('utf8'), at, pick));

/** Rewrites a body that is still JSON, and leaves one that is not. */
const ofValue = (change: (value: JsonValue, at: number, pick: number) => string): Mutation =>
  ofText((text, at, pick) => {
    try {
      const value: JsonValue = JSON.parse(text);
      return change(value, at, pick);
    } catch {
      return text;
    }
  });

/** `value` with the node that comes `at`-th, counted in the order of its text, replaced (or removed). */
function withNode(value: JsonValue, at: number, by: (old: JsonValue) => JsonValue | undefined): JsonValue {
  let left = at % count(value);
  const walk = (node: JsonValue): JsonValue | undefined => {
    if (left-- === 0) return by(node);
    if (isJsonArray(node)) return node.map(walk).filter((one) => one !== undefined);
    if (!isJsonObject(node)) return node;
    const entries: [string, JsonValue][] = [];
    for (const [name, property] of Object.entries(node)) {
      const walked = walk(property ?? null);
      if (walked !== undefined) entries.push([name, walked]);
    }
    return Object.fromEntries(entries);
  };
  return walk(value) ?? null;
}

function count(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, one) => sum + count(one ?? null), 1);
}

function reordered(value: JsonValue): JsonValue {
  if (isJsonArray(value)) return value.map(reordered);
  if (!isJsonObject(value)) return value;
  const pairs = Object.entries(value).map(([name, one]) => [name, reordered(one ?? null)] as const);
  return Object.fromEntries(pairs.toReversed());
}

const deep = (levels: number, value: JsonValue): JsonValue =>
  Array.from({ length: levels }).reduce<JsonValue>((inner) => [inner], value);

const spoiling: readonly Mutation[] = [
  (body, at, pick) => {
    const copy = Buffer.from(body);
    if (copy.length > 0) copy[at % copy.length] = pick % 256;
    return copy;
  },
  (body, at, pick) => {
    const place = at % (body.length + 1);
    return joined(body.subarray(0, place), noises[pick % noises.length] ?? body, body.subarray(place));
  },
  (body, at, pick) =>
    joined(body.subarray(0, at % (body.length + 1)), body.subarray((at % (body.length + 1)) + (pick % 8))),
  (body, at) => body.subarray(0, at % (body.length + 1)),
  (body, at, pick) =>
    joined(body, body.subarray(at % (body.length + 1), (at % (body.length + 1)) + (pick % 20))),
  ofText((text, _at, pick) => text.replace('{', `{${added[pick % added.length]}`)),
];

const changing: readonly Mutation[] = [
  ofValue((value, at, pick) => JSON.stringify(withNode(value, at, () => strange[pick % strange.length]))),
  ofValue((value, at) => JSON.stringify(withNode(value, at, () => undefined))),
  ofValue((value, at, pick) =>
    JSON.stringify(withNode(value, at, (old) => deep(pick % 2 === 0 ? 2 : 600, old))),
  ),
  ofText((text, _at, pick) => text.replace('{', `{${added[pick % added.length]}`)),
];

/** What changes the bytes and not the meaning. */
const harmless: readonly Mutation[] = [
  ofValue((value, _at, pick) => JSON.stringify(value, undefined, (pick % 4) + 1)),
  ofValue((value) => JSON.stringify(reordered(value))),
  ofText((text) => text.replaceAll('?', '\\u003f')),
  ofText((text) => text.replace(/:(\d+)([,}])/g, ':$1.0$2')),
  (body) => body,
];

const number = fc.nat(1_000_000);
const mutation = fc.tuple(
  fc.oneof(fc.constantFrom(...spoiling), fc.constantFrom(...changing), fc.constantFrom(...harmless)),
  number,
  number,
);

/** So many, always the same for one seed. */
export function mutatedBodies(count: number, seed: number): readonly MutatedBody[] {
  const one = fc.tuple(fc.constantFrom(...valid), fc.array(mutation, { maxLength: 3 }));
  return fc.sample(one, { numRuns: count, seed }).map(([[protocol, path, request], mutations]) => ({
    protocol,
    path,
    body: mutations.reduce<Buffer>(
      (body, [mutate, at, pick]) => mutate(body, at, pick),
      Buffer.from(JSON.stringify(request)),
    ),
  }));
}

const anyRoute = fc.constantFrom(...valid);

const message = fc.oneof(
  fc.constant(null),
  fc.jsonValue(),
  fc.record({ role: fc.jsonValue(), content: fc.jsonValue() }),
);

const written = (value: unknown) => Buffer.from(JSON.stringify(value));

/** Raw bytes, any JSON, and objects with a request's fields and any values. */
const neverARequest = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.jsonValue().map(written),
  fc
    .record({
      model: fc.oneof(fc.constant('m'), fc.jsonValue()),
      messages: fc.oneof(fc.array(message, { maxLength: 3 }), fc.jsonValue()),
      input: fc.jsonValue(),
      prompt: fc.jsonValue(),
      stream: fc.oneof(fc.boolean(), fc.jsonValue()),
      max_tokens: fc.oneof(fc.maxSafeInteger(), fc.double(), fc.jsonValue()),
      tools: fc.jsonValue(),
      ['__proto__']: fc.jsonValue(),
    })
    .map(written),
);

/** So many bodies that are not made from a request, always the same for one seed. */
export function randomBodies(count: number, seed: number): readonly MutatedBody[] {
  return fc
    .sample(fc.tuple(anyRoute, neverARequest), { numRuns: count, seed })
    .map(([[protocol, path], body]) => ({ protocol, path, body }));
}

/** So many objects that are nested deeper than the gateway reads, always the same for one seed. */
export function deepBodies(count: number, seed: number): readonly MutatedBody[] {
  const levels = fc.oneof(fc.integer({ min: 600, max: 100_000 }), fc.constant(100_000));
  return fc.sample(fc.tuple(anyRoute, levels), { numRuns: count, seed }).map(([[protocol, path], depth]) => ({
    protocol,
    path,
    body: Buffer.from(`{"model":"m","messages":${'['.repeat(depth)}${']'.repeat(depth)}}`),
  }));
}
