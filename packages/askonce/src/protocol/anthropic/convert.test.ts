import Anthropic from '@anthropic-ai/sdk';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bodyOf,
  namedRecordings,
  replay,
  streamRecording,
} from '../../../../../test/support/provider-recordings.ts';
import { describeRecorded } from '../../../../../test/support/recorded-suites.ts';
import { isStream, type Recording } from '../../entry/entry.ts';
import { readEvents, writeEvent } from '../../entry/sse.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '../../json.ts';
import { numbersAreExact, recordedText } from '../recorded-json.ts';
import { assess } from './assess.ts';
import { convert } from './convert.ts';

/** The result that the official client returns, without the fields that it adds itself. */
async function clientReads(recording: Recording): Promise<JsonValue> {
  const client = new Anthropic({ apiKey: 'none', fetch: replay(recording), maxRetries: 0 });
  const request = { model: 'claude-x', max_tokens: 1, messages: [{ role: 'user' as const, content: 'x' }] };
  const message = isStream(recording.form)
    ? await client.beta.messages.stream(request).finalMessage()
    : await client.beta.messages.create(request);
  return parseJson(
    JSON.stringify(message, (name, value: unknown) => (name === 'parsed_output' ? undefined : value)),
  );
}

function turn(recording: Recording): Recording | undefined {
  return convert(recording, isStream(recording.form) ? 'body' : 'stream');
}

const recordings = namedRecordings('anthropic-messages');
const convertible = recordings.filter(({ recording }) =>
  ['natural', 'refused'].includes(assess(recording).finish),
);

describeRecorded('real messages in their other form', () => {
  it('of the recorded messages some convert and some do not', () => {
    expect(convertible.length).toBeGreaterThan(20);
    expect(convertible.length).toBeLessThan(recordings.length);
  });

  it.each(convertible)('$name reads the same to the official client', async ({ recording }) => {
    const converted = turn(recording);
    expect(converted && (await clientReads(converted))).toEqual(await clientReads(recording));
    expect(converted && assess(converted)).toEqual(assess(recording));
  });

  it.each(convertible)('$name comes back from there with nothing lost', ({ recording }) => {
    const there = turn(recording);
    const back = there && turn(there);
    const body = isStream(recording.form) ? there : recording;
    const again = isStream(recording.form) ? back && turn(back) : back;
    expect(body && again && parseJson(recordedText(again))).toEqual(body && parseJson(recordedText(body)));
  });

  it.each(recordings.filter((one) => !convertible.includes(one)))(
    '$name does not convert',
    ({ recording }) => {
      expect(turn(recording)?.form).toBeUndefined();
    },
  );
});

const word = fc.string({ unit: 'binary', maxLength: 12 });
const json = fc
  .jsonValue({ maxDepth: 2 })
  .map((value) => parseJson(JSON.stringify(value)))
  .filter(numbersAreExact);
const input = fc.dictionary(word, json, { maxKeys: 3 });
const citation = fc.record({
  type: fc.constant('char_location'),
  cited_text: word,
  document_index: fc.nat(9),
});
const block: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record({ type: fc.constant('text'), text: word }),
  fc.record({
    type: fc.constant('text'),
    text: word,
    citations: fc.oneof(fc.constant(null), fc.array(citation, { maxLength: 2 })),
  }),
  fc.record({ type: fc.constant('thinking'), thinking: word, signature: word }),
  fc.record({ type: fc.constant('redacted_thinking'), data: word }),
  fc.record({
    type: fc.constantFrom('tool_use', 'server_tool_use', 'mcp_tool_use'),
    id: word,
    name: word,
    input,
  }),
  fc.record({ type: fc.constant('web_search_tool_result'), tool_use_id: word, content: json }),
);
const message = fc.record({
  id: word,
  type: fc.constant('message'),
  role: fc.constant('assistant'),
  model: word,
  content: fc.array(block, { maxLength: 4 }),
  stop_reason: fc.constantFrom('end_turn', 'tool_use', 'stop_sequence', 'max_tokens'),
  stop_sequence: fc.option(word),
  container: fc.option(fc.record({ id: word })),
  usage: fc.record({
    input_tokens: fc.nat(),
    output_tokens: fc.nat(),
    cache_read_input_tokens: fc.option(fc.nat()),
    service_tier: fc.constantFrom('standard', 'priority'),
    server_tool_use: fc.option(fc.record({ web_search_requests: fc.nat() })),
    a_counter_of_next_year: fc.nat(),
  }),
});

describe('any message', () => {
  it('a message converted to a stream and back is the same message', () => {
    fc.assert(
      fc.property(message, (original) => {
        const stream = convert(bodyOf(JSON.stringify(original)), 'stream');
        const body = stream && convert(stream, 'body');
        expect(body && parseJson(recordedText(body))).toEqual(parseJson(JSON.stringify(original)));
        expect(stream && assess(stream)).toEqual(assess(bodyOf(JSON.stringify(original))));
      }),
    );
  });

  it("a message converted to a stream reads the same to Anthropic's client", async () => {
    await fc.assert(
      fc.asyncProperty(message, async (original) => {
        const body = bodyOf(JSON.stringify(original));
        const stream = convert(body, 'stream');
        expect(stream && (await clientReads(stream))).toEqual(await clientReads(body));
      }),
      { numRuns: 60 },
    );
  });

  it('a message converted to a stream has marks where its events end', () => {
    fc.assert(
      fc.property(message, (original) => {
        const stream = convert(bodyOf(JSON.stringify(original)), 'stream');
        const types = (stream ? readEvents(stream) : []).map(({ type, data }) => {
          const event = parseJson(data ?? 'null');
          expect(isJsonObject(event) && event['type']).toBe(type);
          return type;
        });
        expect(types[0]).toBe('message_start');
        expect(types.slice(-2)).toEqual(['message_delta', 'message_stop']);
        expect(stream?.events?.ends.at(-1)).toBe(stream?.body.length);
      }),
    );
  });
});

describe('messages that do not convert', () => {
  const whole: JsonObject = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [],
    stop_reason: 'end_turn',
    usage: { input_tokens: 1, output_tokens: 1 },
  };

  it.each([
    ['no usage', { usage: null }],
    ['no reason to stop', { stop_reason: null }],
    ['a block of an unknown kind', { content: [{ type: 'hologram' }] }],
    ['arguments that are not an object', { content: [{ type: 'tool_use', id: 't', name: 'f', input: 'x' }] }],
  ])('a message body with %s does not convert', (_what, change) => {
    expect(convert(bodyOf(JSON.stringify(whole)), 'stream')).toBeDefined();
    expect(convert(bodyOf(JSON.stringify({ ...whole, ...change })), 'stream')).toBeUndefined();
  });

  it('a message body with a number that JavaScript rounds does not convert', () => {
    const call = '{"type":"tool_use","id":"t","name":"f","input":{"order":12345678901234567890}}';
    const text = JSON.stringify(whole).replace('"content":[]', `"content":[${call}]`);
    expect(convert(bodyOf(text), 'stream')).toBeUndefined();
  });

  it('a message stream with a delta of an unknown kind does not convert', () => {
    const events = [
      { type: 'message_start', message: { ...whole, stop_reason: null } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'colour_delta', colour: 'red' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
      { type: 'message_stop' },
    ];
    const recording = streamRecording(events.map((event) => writeEvent(JSON.stringify(event), event.type)));
    expect(assess(recording).finish).toBe('natural');
    expect(convert(recording, 'body')).toBeUndefined();
  });

  it('a message does not convert to a form of another protocol', () => {
    expect(convert(bodyOf(JSON.stringify(whole)), 'stream+usage')).toBeUndefined();
    expect(convert(bodyOf(JSON.stringify(whole)), 'body+base64')).toBeUndefined();
  });
});
