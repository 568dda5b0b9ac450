import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkStream, completionRead, textOf } from '../../../../../../test/support/openai-recordings.ts';
import { bodyOf } from '../../../../../../test/support/provider-recordings.ts';
import type { Recording } from '../../../entry/entry.ts';
import { convert } from './convert.ts';

const frame = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 7, model: 'm' };
const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };

interface Delta {
  readonly index?: number | null | undefined;
  readonly id?: string | null | undefined;
  readonly type?: string | undefined;
  readonly function?:
    | { readonly name?: string | null | undefined; readonly arguments?: string | null | undefined }
    | undefined;
}

/** What a call says: its id, its function and its arguments. */
type Said = readonly [id: string | undefined, name: string | undefined, text: string];

function chunk(delta: object, reason: string | null = null) {
  return { ...frame, choices: [{ index: 0, delta, finish_reason: reason }] };
}

function streamOf(deltas: readonly Delta[]): Recording {
  return chunkStream([
    chunk({ role: 'assistant', content: null }),
    ...deltas.map((delta) => chunk({ tool_calls: [delta] })),
    { ...chunk({}, 'tool_calls'), usage },
    '[DONE]',
  ]);
}

/** The calls of the body that the stream converts to; undefined if it converts to none. */
function inBody(stream: Recording): readonly Said[] | undefined {
  const body = convert(stream, 'body');
  return body && saidIn(JSON.parse(textOf(body)).choices[0].message.tool_calls ?? []);
}

function saidIn(calls: readonly Delta[]): readonly Said[] {
  return calls.map(({ id, function: called }) => [
    id ?? undefined,
    called?.name ?? undefined,
    called?.arguments ?? '',
  ]);
}

/** The documented reading: calls by their index; a new id or name replaces the one before. */
function byIndex(deltas: readonly Delta[]): readonly Said[] | undefined {
  const calls: Said[] = [];
  for (const { index, id, function: called } of deltas) {
    if (typeof index !== 'number') return undefined;
    const [oldId, oldName, text] = calls[index] ?? [undefined, undefined, ''];
    calls[index] = [id || oldId, called?.name || oldName, text + (called?.arguments ?? '')];
  }
  return Object.keys(calls).length === calls.length ? calls : undefined;
}

/** The reading of clients that tell calls by their ids. */
function byId(deltas: readonly Delta[]): readonly Said[] {
  const calls = new Map<string | undefined, Said>();
  const latest = new Map<number | null | undefined, string | undefined>();
  for (const { index, id, function: called } of deltas) {
    const key = id || latest.get(index);
    latest.set(index, key);
    const [, oldName, text] = calls.get(key) ?? [undefined, undefined, ''];
    calls.set(key, [key, called?.name || oldName, text + (called?.arguments ?? '')]);
  }
  return [...calls.values()];
}

async function byOfficialClient(stream: Recording): Promise<readonly Said[] | 'refused'> {
  try {
    const { choices } = await completionRead(stream);
    return saidIn(
      (choices[0]?.message.tool_calls ?? []).map((call) => ('function' in call ? call : { id: call.id })),
    );
  } catch {
    return 'refused';
  }
}

const argumentsText = fc.oneof(
  fc.constantFrom('', '{}', '{"a":"}{"}', '{"path":"/tmp/a"}'),
  fc
    .dictionary(fc.string({ maxLength: 3 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 })
    .map((value) => JSON.stringify(value)),
);

/** A text in pieces, some of them empty. */
function cut(text: string, at: readonly number[]): string[] {
  const places = [0, ...at.map((place) => place % (text.length + 1)).toSorted((a, b) => a - b), text.length];
  return places.slice(1).map((end, place) => text.slice(places[place], end));
}

const call = fc.record({
  name: fc.constantFrom('list_files', 'delete_file'),
  text: argumentsText,
  cuts: fc.array(fc.nat(50), { maxLength: 3 }),
  repeatsId: fc.boolean(),
  repeatsName: fc.boolean(),
  emptyId: fc.boolean(),
});

/** Calls as providers are documented to stream them, and the order in which their later deltas alternate. */
const documented = fc
  .record({
    calls: fc.array(call, { minLength: 1, maxLength: 4 }),
    order: fc.array(fc.nat(3), { maxLength: 20 }),
  })
  .map(({ calls, order }) => {
    const queues = calls.map(({ name, text, cuts, repeatsId, repeatsName, emptyId }, index): Delta[] => {
      const id = `call_${index}`;
      const again = repeatsId ? { id } : emptyId ? { id: '' } : {};
      const [head = '', ...pieces] = cut(text, cuts);
      const first = { index, id, type: 'function', function: { name, arguments: head } };
      const later = pieces.map((piece) => ({
        index,
        ...again,
        function: { ...(repeatsId && repeatsName && { name }), arguments: piece },
      }));
      return [first, ...later];
    });
    const deltas: Delta[] = [];
    const begun = queues.map((queue) => queue.shift());
    begun.forEach((first, index) => {
      if (first !== undefined) deltas.push(first);
      // A call may go on before the next begins.
      if ((order[index] ?? 0) % 2 === 0)
        deltas.push(...queues.slice(0, index + 1).flatMap((queue) => queue.splice(0, 1)));
    });
    for (const turn of order) deltas.push(...(queues[turn % queues.length]?.splice(0, 1) ?? []));
    deltas.push(...queues.flat());
    return {
      deltas,
      said: calls.map(({ name, text }, index): Said => [`call_${index}`, name, text]),
    };
  });

/** Ways in which providers depart from that. */
const departures: Readonly<Record<string, (deltas: readonly Delta[], place: number) => readonly Delta[]>> = {
  'one index for all': (deltas) => deltas.map((delta) => ({ ...delta, index: 0 })),
  'one index for two': (deltas) =>
    deltas.map((delta) => ({ ...delta, index: Math.floor((delta.index ?? 0) / 2) })),
  'no index': (deltas) => deltas.map(({ index: _index, ...delta }) => delta),
  'an index missing': (deltas, place) =>
    deltas.map((delta, at) => (at === place % deltas.length ? { ...delta, index: undefined } : delta)),
  'indexes from 1': (deltas) => deltas.map((delta) => ({ ...delta, index: (delta.index ?? 0) + 1 })),
  'indexes in reverse': (deltas) => deltas.map((delta) => ({ ...delta, index: 3 - (delta.index ?? 0) })),
  'one id for all': (deltas) => deltas.map((delta) => ({ ...delta, ...(delta.id && { id: 'call' }) })),
  'another id in the middle': (deltas, place) =>
    deltas.map((delta, at) => (at === place % deltas.length ? { ...delta, id: 'other' } : delta)),
  'an id too late': (deltas) => [...deltas.map(({ id: _id, ...delta }) => delta), { index: 0, id: 'late' }],
  'another name in the middle': (deltas, place) =>
    deltas.map((delta, at) =>
      at === place % deltas.length ? { ...delta, function: { ...delta.function, name: 'other' } } : delta,
    ),
  'a delta twice': (deltas, place) =>
    deltas.flatMap((delta, at) => (at === place % deltas.length ? [delta, delta] : [delta])),
  'another order': (deltas, place) => [
    ...deltas.slice(place % deltas.length),
    ...deltas.slice(0, place % deltas.length),
  ],
  'no names': (deltas) =>
    deltas.map((delta) => ({ ...delta, function: { ...delta.function, name: undefined } })),
};

const departing = fc
  .record({
    stream: documented,
    how: fc.array(fc.constantFrom(...Object.values(departures)), { minLength: 1, maxLength: 2 }),
    place: fc.nat(20),
  })
  .map(({ stream, how, place }) =>
    how.reduce<readonly Delta[]>((deltas, depart) => depart(deltas, place), stream.deltas),
  );

const anything = fc.array(
  fc.record(
    {
      index: fc.constantFrom(0, 0, 1, 2, null),
      id: fc.constantFrom('a', 'b', '', null),
      type: fc.constant('function'),
      function: fc.record(
        {
          name: fc.constantFrom('f', 'g', ''),
          arguments: fc.constantFrom('', '{}', '{"x"', ':1}', '{"x":1}', null),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  ),
  { minLength: 1, maxLength: 5 },
);

describe('the tool calls of a chat answer in its other form', () => {
  it('calls that are streamed as documented become the same calls in a body, however they alternate and are cut', async () => {
    await fc.assert(
      fc.asyncProperty(documented, async ({ deltas, said }) => {
        const stream = streamOf(deltas);
        expect(inBody(stream)).toEqual(said);
        expect(await byOfficialClient(stream)).toEqual(said);
      }),
      { numRuns: 150 },
    );
  });

  it.each([
    ['that depart from the documentation', departing],
    ['of any deltas', anything],
  ])('streams %s become a body with the calls that every client reads, or none', async (_name, streams) => {
    await fc.assert(
      fc.asyncProperty(streams, async (deltas) => {
        const stream = streamOf(deltas);
        const said = inBody(stream);
        if (said === undefined) return;
        expect(said).toEqual(byId(deltas));
        if (deltas.some(({ index }) => typeof index === 'number')) expect(said).toEqual(byIndex(deltas));
        expect([said, 'refused']).toContainEqual(await byOfficialClient(stream));
      }),
      { numRuns: 400 },
    );
  });

  it('calls of any body become the same calls in a stream, or none', async () => {
    const calls = fc.array(
      fc.record(
        {
          index: fc.constantFrom(0, 1),
          id: fc.constantFrom('a', 'b', 'c', ''),
          type: fc.constant('function'),
          function: fc.record({
            name: fc.constantFrom('f', 'g', ''),
            arguments: fc.oneof(argumentsText, fc.constant({ a: 1 }), fc.constant(null)),
          }),
        },
        { requiredKeys: ['type', 'function'] },
      ),
      { maxLength: 3 },
    );
    await fc.assert(
      fc.asyncProperty(calls, async (made) => {
        const message = { role: 'assistant', content: null, tool_calls: made };
        const body = { ...frame, object: 'chat.completion', usage };
        const choices = [{ index: 0, message, finish_reason: 'tool_calls' }];
        const stream = convert(bodyOf(JSON.stringify({ ...body, choices })), 'stream');
        if (stream === undefined) return;
        const expected = made.map(({ id, function: { name, arguments: text } }) => [
          id || undefined,
          name,
          text,
        ]);
        expect(await byOfficialClient(stream)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});
