import fc from 'fast-check';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { bodyOf, replay, streamRecording } from '../../../../../../test/support/provider-recordings.ts';
import type { Recording } from '../../../entry/entry.ts';
import { writeEvent } from '../../../entry/sse.ts';
import { convert } from './convert.ts';

interface Event {
  readonly type: string;
  readonly [field: string]: unknown;
}

interface Item {
  readonly type: string;
  readonly id?: string;
  readonly arguments?: string;
  readonly [field: string]: unknown;
}

const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };
const whole = { id: 'resp_1', object: 'response', created_at: 1, model: 'm', status: 'completed', usage };

function streamOf(events: readonly Event[], output: readonly object[]): Recording {
  const begun = { ...whole, status: 'in_progress', usage: null, output: [] };
  const all = [
    { type: 'response.created', response: begun },
    ...events,
    { type: 'response.completed', response: { ...whole, output } },
  ];
  return streamRecording(
    all.map((event, index) => writeEvent(JSON.stringify({ ...event, sequence_number: index }), event.type)),
  );
}

/** The output of the body that the stream converts to; undefined if it converts to none. */
function inBody(stream: Recording): unknown {
  const body = convert(stream, 'body');
  return body && JSON.parse(Buffer.from(body.body).toString()).output;
}

async function byOfficialClient(stream: Recording): Promise<unknown> {
  const client = new OpenAI({ apiKey: 'none', fetch: replay(stream), maxRetries: 0 });
  try {
    const { output } = await client.responses.stream({ model: 'm', input: 'x' }).finalResponse();
    return JSON.parse(JSON.stringify(output, (name, value) => (/parsed/.test(name) ? undefined : value)));
  } catch {
    return 'refused';
  }
}

/** The arguments of the calls as a client adds them up that reads deltas alone, by the index of their item. */
function byDeltas(events: readonly Event[]): readonly string[] {
  const calls = new Map<unknown, string>();
  for (const { type, output_index: index, delta, item } of events) {
    if (type === 'response.output_item.added' && isItem(item))
      calls.set(index, (calls.get(index) ?? '') + (item.arguments ?? ''));
    if (type === 'response.function_call_arguments.delta')
      calls.set(index, (calls.get(index) ?? '') + String(delta));
  }
  return [...calls].sort(([one], [other]) => Number(one) - Number(other)).map(([, text]) => text);
}

function isItem(item: unknown): item is Item {
  return typeof item === 'object' && item !== null && 'type' in item;
}

function cut(text: string, at: readonly number[]): string[] {
  const places = [0, ...at.map((place) => place % (text.length + 1)).toSorted((a, b) => a - b), text.length];
  return places.slice(1).map((end, place) => text.slice(places[place], end));
}

const call = fc.record({
  input: fc.dictionary(fc.string({ maxLength: 3 }), fc.integer(), { maxKeys: 3 }),
  cuts: fc.array(fc.nat(40), { maxLength: 3 }),
  hasDone: fc.boolean(),
});

function itemOf(index: number, text: string): Item {
  return {
    type: 'function_call',
    id: `fc_${index}`,
    call_id: `call_${index}`,
    name: 'f',
    status: 'completed',
    arguments: text,
  };
}

/** Calls as the API is documented to stream them; those of several items may alternate. */
const documented = fc
  .record({ calls: fc.array(call, { minLength: 1, maxLength: 4 }), alternates: fc.boolean() })
  .map(({ calls, alternates }) => {
    const output = calls.map(({ input }, index) => itemOf(index, JSON.stringify(input)));
    const queues = calls.map(({ input, cuts, hasDone }, index): Event[] => {
      const text = JSON.stringify(input);
      const place = { item_id: `fc_${index}`, output_index: index };
      const done = { type: 'response.function_call_arguments.done', ...place, arguments: text };
      return [
        {
          type: 'response.output_item.added',
          output_index: index,
          item: { ...itemOf(index, ''), status: 'in_progress' },
        },
        ...cut(text, cuts).map((delta) => ({
          type: 'response.function_call_arguments.delta',
          ...place,
          delta,
        })),
        ...(hasDone ? [done] : []),
        { type: 'response.output_item.done', output_index: index, item: itemOf(index, text) },
      ];
    });
    const longest = Math.max(...queues.map(({ length }) => length));
    const turns = Array.from({ length: longest }, (_turn, at) =>
      queues.flatMap((queue) => queue.slice(at, at + 1)),
    );
    return { events: alternates ? turns.flat() : queues.flat(), output };
  });

type Stream = { readonly events: readonly Event[]; readonly output: readonly Item[] };

/** Changes the event at a place, or each event. */
function changed(events: readonly Event[], place: number, change: (event: Event) => Event): readonly Event[] {
  return events.map((event, at) => (at === place % events.length ? change(event) : event));
}

/** Ways in which gateways and adapters depart from that. */
const departures: Readonly<Record<string, (stream: Stream, place: number) => Stream>> = {
  'an event missing': ({ events, output }, place) => ({
    output,
    events: events.toSpliced(place % events.length, 1),
  }),
  'an event twice': ({ events, output }, place) => ({
    output,
    events: events.toSpliced(
      place % events.length,
      0,
      ...events.slice(place % events.length, (place % events.length) + 1),
    ),
  }),
  'one index for all': ({ events, output }) => ({
    output,
    events: events.map((event) => ({ ...event, output_index: 0 })),
  }),
  'indexes from 1': ({ events, output }) => ({
    output,
    events: events.map((event) => ({ ...event, output_index: Number(event['output_index']) + 1 })),
  }),
  'another index': ({ events, output }, place) => ({
    output,
    events: changed(events, place, (event) => ({ ...event, output_index: 1 })),
  }),
  'no index': ({ events, output }, place) => ({
    output,
    events: changed(events, place, (event) => ({ ...event, output_index: undefined })),
  }),
  'another item': ({ events, output }, place) => ({
    output,
    events: changed(events, place, (event) => ({ ...event, item_id: 'fc_1' })),
  }),
  'other arguments in a done event': ({ events, output }, place) => ({
    output,
    events: changed(events, place, (event) => ('arguments' in event ? { ...event, arguments: '{}' } : event)),
  }),
  'other arguments at the end': ({ events, output }, place) => ({
    events,
    output: output.map((item, at) =>
      at === place % output.length ? { ...item, arguments: '{"z":1}' } : item,
    ),
  }),
  'another order at the end': ({ events, output }) => ({ events, output: output.toReversed() }),
  'one item less at the end': ({ events, output }) => ({ events, output: output.slice(1) }),
  'arguments at the start': ({ events, output }) => ({
    output,
    events: events.map((event) =>
      event.type === 'response.output_item.added' && isItem(event['item'])
        ? { ...event, item: { ...event['item'], arguments: '{' } }
        : event,
    ),
  }),
};

const departing = fc
  .record({
    stream: documented,
    how: fc.array(fc.constantFrom(...Object.values(departures)), { minLength: 1, maxLength: 2 }),
    place: fc.nat(20),
  })
  .map(({ stream, how, place }) =>
    how.reduce<Stream>(
      (one, depart) => (one.events.length === 0 || one.output.length === 0 ? one : depart(one, place)),
      stream,
    ),
  );

describe('the items of a response in its other form', () => {
  it('calls that are streamed as documented become the same calls in a body, however they alternate and are cut', async () => {
    await fc.assert(
      fc.asyncProperty(documented, async ({ events, output }) => {
        expect(inBody(streamOf(events, output))).toEqual(output);
        expect(await byOfficialClient(streamOf(events, output))).toEqual(output);
      }),
      { numRuns: 60 },
    );
  });

  it('streams that depart from the documentation become a body with the calls that every client reads, or none', async () => {
    await fc.assert(
      fc.asyncProperty(departing, async ({ events, output }) => {
        const said = inBody(streamOf(events, output));
        if (said === undefined) return;
        expect(said).toEqual(output);
        expect([said, 'refused']).toContainEqual(await byOfficialClient(streamOf(events, output)));
        byDeltas(events).forEach((text, at) => {
          // Providers may send a short text in its done event alone.
          if (text !== '') expect(text).toBe(output[at]?.arguments);
        });
      }),
      { numRuns: 300 },
    );
  });

  const place = { item_id: 'i', output_index: 0 };
  const added = (item: object) => ({ type: 'response.output_item.added', output_index: 0, item });
  const done = (item: object) => ({ type: 'response.output_item.done', output_index: 0, item });
  const said = {
    type: 'message',
    id: 'i',
    role: 'assistant',
    content: [{ type: 'output_text', text: 'ab', annotations: [{ a: 1 }] }],
  };
  const text = (delta: string) => ({ type: 'response.output_text.delta', ...place, content_index: 0, delta });
  const part = (more: object) => ({
    type: 'response.content_part.added',
    ...place,
    content_index: 0,
    part: { type: 'output_text', ...more },
  });
  const note = (annotation: object) => ({
    type: 'response.output_text.annotation.added',
    ...place,
    content_index: 0,
    annotation_index: 0,
    annotation,
  });
  const begun = added({ ...said, content: [] });
  const run = { type: 'function_call', id: 'i', call_id: 'c', name: 'f', arguments: '{}' };
  const sealed = { type: 'reasoning', id: 'i', summary: [], encrypted_content: 'x' };

  it.each<[string, readonly Event[], object]>([
    [
      'a text and its source',
      [begun, part({ text: '' }), text('a'), text('b'), note({ a: 1 }), done(said)],
      said,
    ],
    ['a part that begins with text', [begun, part({ text: 'a' }), text('b'), done(said)], said],
    ['no deltas', [begun, done(said)], said],
    ['a reasoning that is sealed anew', [added(sealed), done({ ...sealed, encrypted_content: 'y' })], sealed],
    ['an item that is still open', [begun, text('ab')], { ...said, status: 'incomplete' }],
  ])('a Responses stream with %s converts to a body', (_what, events, item) => {
    expect(inBody(streamOf(events, [item]))).toEqual([item]);
  });

  it.each<[string, readonly Event[], object]>([
    ['text that is not in its item', [begun, text('abc'), done(said)], said],
    ['a source that is not in its item', [begun, text('ab'), note({ a: 2 }), done(said)], said],
    [
      'a source without a place',
      [begun, { ...note({ a: 1 }), annotation_index: undefined }, done(said)],
      said,
    ],
    ['a part that begins twice', [begun, part({ text: 'a' }), part({ text: 'b' }), done(said)], said],
    ['a part that is no object', [begun, { ...part({}), part: 'a' }, done(said)], said],
    ['a delta that is no text', [begun, { ...text('ab'), delta: 1 }, done(said)], said],
    ['a delta without a place', [begun, { ...text('ab'), content_index: undefined }, done(said)], said],
    ['deltas of an unknown kind', [begun, { ...text('ab'), type: 'response.audio.delta' }, done(said)], said],
    [
      'a done event without its text',
      [begun, { type: 'response.output_text.done', ...place, content_index: 0 }, done(said)],
      said,
    ],
    ['a call that changes its name', [added({ ...run, name: 'g' }), done(run)], run],
    ['an item that ends as another', [added(run), done({ ...run, arguments: '[]' })], run],
    ['an item that ends as nothing', [added(run), { ...done(run), item: 'f' }], run],
  ])('a Responses stream with %s converts to no body', (_what, events, item) => {
    expect(inBody(streamOf(events, [item]))).toBeUndefined();
  });

  it.each([
    ['without an id', [{ ...run, id: undefined }]],
    ['with the id of another', [run, run]],
  ])('a response body with an item %s converts to no stream', (_what, output) => {
    expect(convert(bodyOf(JSON.stringify({ ...whole, output: [run] })), 'stream')).toBeDefined();
    expect(convert(bodyOf(JSON.stringify({ ...whole, output })), 'stream')).toBeUndefined();
  });
});
