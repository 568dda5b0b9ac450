import Anthropic from '@anthropic-ai/sdk';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { replay, streamRecording } from '../../../../../test/support/provider-recordings.ts';
import type { Recording } from '../../entry/entry.ts';
import { writeEvent } from '../../entry/sse.ts';
import { convert } from './convert.ts';

interface Event {
  readonly type: string;
  readonly index?: number | undefined;
  readonly content_block?: object | undefined;
  readonly delta?: object | undefined;
  readonly [field: string]: unknown;
}

const usage = { input_tokens: 1, output_tokens: 1 };
const begun = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [],
  stop_reason: null,
  usage,
};
const start: Event = { type: 'message_start', message: begun };
const ending: readonly Event[] = [
  { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 2 } },
  { type: 'message_stop' },
];

function streamOf(blocks: readonly Event[]): Recording {
  return streamRecording(
    [start, ...blocks, ...ending].map((event) => writeEvent(JSON.stringify(event), event.type)),
  );
}

/** The content of the body that the stream converts to; undefined if it converts to none. */
function inBody(stream: Recording): unknown {
  const body = convert(stream, 'body');
  return body && JSON.parse(Buffer.from(body.body).toString()).content;
}

async function byOfficialClient(stream: Recording): Promise<unknown> {
  const client = new Anthropic({ apiKey: 'none', fetch: replay(stream), maxRetries: 0 });
  const request = { model: 'm', max_tokens: 1, messages: [{ role: 'user' as const, content: 'x' }] };
  try {
    const message = await client.messages.stream(request).finalMessage();
    return JSON.parse(JSON.stringify(message.content));
  } catch {
    return 'refused';
  }
}

const input = fc.dictionary(fc.string({ maxLength: 3 }), fc.integer(), { maxKeys: 3 });

function cut(text: string, at: readonly number[]): string[] {
  const places = [0, ...at.map((place) => place % (text.length + 1)).toSorted((a, b) => a - b), text.length];
  return places.slice(1).map((end, place) => text.slice(places[place], end));
}

const block = fc.record({
  isCall: fc.boolean(),
  input,
  text: fc.string({ unit: 'grapheme' }),
  cuts: fc.array(fc.nat(40), { maxLength: 3 }),
});

/** Blocks as the API is documented to stream them, and what they say. */
const documented = fc.array(block, { minLength: 1, maxLength: 4 }).map((blocks) => ({
  events: blocks.flatMap(({ isCall, input: given, text, cuts }, index): Event[] => {
    const json = Object.keys(given).length === 0 ? '' : JSON.stringify(given);
    return [
      {
        type: 'content_block_start',
        index,
        content_block: isCall
          ? { type: 'tool_use', id: `t${index}`, name: 'f', input: {} }
          : { type: 'text', text: '' },
      },
      ...cut(isCall ? json : text, cuts).map((piece) => ({
        type: 'content_block_delta',
        index,
        delta: isCall
          ? { type: 'input_json_delta', partial_json: piece }
          : { type: 'text_delta', text: piece },
      })),
      { type: 'content_block_stop', index },
    ];
  }),
  said: blocks.map(({ isCall, input: given, text }, index) =>
    isCall ? { type: 'tool_use', id: `t${index}`, name: 'f', input: given } : { type: 'text', text },
  ),
}));

/** Ways in which gateways and adapters depart from that. */
const departures: Readonly<Record<string, (events: readonly Event[], place: number) => readonly Event[]>> = {
  'an event missing': (events, place) => events.toSpliced(place % events.length, 1),
  'an event twice': (events, place) =>
    events.toSpliced(
      place % events.length,
      0,
      ...events.slice(place % events.length, (place % events.length) + 1),
    ),
  'two events in another order': (events, place) => {
    const at = place % events.length;
    return [...events.slice(0, at), ...events.slice(at, at + 2).toReversed(), ...events.slice(at + 2)];
  },
  'no stops': (events) => events.filter(({ type }) => type !== 'content_block_stop'),
  'one index for all': (events) => events.map((event) => ({ ...event, index: 0 })),
  'another index': (events, place) =>
    events.map((event, at) => (at === place % events.length ? { ...event, index: 1 } : event)),
  'indexes from 1': (events) => events.map((event) => ({ ...event, index: (event.index ?? 0) + 1 })),
  'no indexes': (events) => events.map(({ index: _index, ...event }) => event),
  'input at the start': (events) =>
    events.map((event) =>
      event.content_block === undefined
        ? event
        : { ...event, content_block: { ...event.content_block, input: { x: 1 } } },
    ),
  'text at the start': (events) =>
    events.map((event) =>
      event.content_block === undefined
        ? event
        : { ...event, content_block: { ...event.content_block, text: 'x' } },
    ),
  'blocks that alternate': (events) =>
    events.toSorted((one, other) => one.type.localeCompare(other.type) * -1),
  'more in a delta': (events) =>
    events.map((event) =>
      event.delta === undefined ? event : { ...event, delta: { ...event.delta, more: 1 } },
    ),
};

const departing = fc
  .record({
    stream: documented,
    how: fc.array(fc.constantFrom(...Object.values(departures)), { minLength: 1, maxLength: 2 }),
    place: fc.nat(20),
  })
  .map(({ stream, how, place }) =>
    how.reduce<readonly Event[]>(
      (events, depart) => (events.length === 0 ? events : depart(events, place)),
      stream.events,
    ),
  );

describe('the blocks of a message in its other form', () => {
  it('blocks that are streamed as documented become the same blocks in a body, however they are cut', async () => {
    await fc.assert(
      fc.asyncProperty(documented, async ({ events, said }) => {
        expect(inBody(streamOf(events))).toEqual(said);
        expect(await byOfficialClient(streamOf(events))).toEqual(said);
      }),
      { numRuns: 60 },
    );
  });

  it("streams that depart from the documentation become a body that reads the same to Anthropic's client, or none", async () => {
    await fc.assert(
      fc.asyncProperty(departing, async (events) => {
        const said = inBody(streamOf(events));
        if (said !== undefined) expect(said).toEqual(await byOfficialClient(streamOf(events)));
      }),
      { numRuns: 300 },
    );
  });

  const call = {
    type: 'content_block_start',
    index: 0,
    content_block: { type: 'tool_use', id: 't', name: 'f', input: {} },
  };
  const thought = {
    type: 'content_block_start',
    index: 0,
    content_block: { type: 'thinking', thinking: '', signature: '' },
  };
  const delta = (more: object) => ({ type: 'content_block_delta', index: 0, delta: more });
  const stop = { type: 'content_block_stop', index: 0 };
  const json = { type: 'input_json_delta', partial_json: '{"a":1}' };

  it.each<[string, readonly Event[]]>([
    [
      'arguments for a block that begins with its input',
      [{ ...call, content_block: { ...call.content_block, input: { b: 2 } } }, delta(json), stop],
    ],
    [
      'two signatures of one thought',
      [
        thought,
        delta({ type: 'signature_delta', signature: 'a' }),
        delta({ type: 'signature_delta', signature: 'b' }),
        stop,
      ],
    ],
    ['a delta that says more than its piece', [call, delta({ ...json, name: 'g' }), stop]],
    ['an event that says more than its delta', [call, { ...delta(json), name: 'g' }, stop]],
    ['an event of an unknown kind', [call, delta(json), { type: 'content_block_note', index: 0 }, stop]],
    ['two reasons to stop', [{ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage }]],
    ['another model at its end', [{ type: 'message_delta', delta: { model: 'n' }, usage }]],
  ])('a message stream with %s converts to no body', (_what, events) => {
    expect(inBody(streamOf([call, delta(json), stop]))).toBeDefined();
    expect(inBody(streamOf(events))).toBeUndefined();
  });

  it('padding and measurements are no part of a message', () => {
    const events = [call, { ...delta(json), p: 'abc' }, { ...stop, 'amazon-bedrock-invocationMetrics': {} }];
    expect(inBody(streamOf(events))).toEqual([{ ...call.content_block, input: { a: 1 } }]);
  });
});
