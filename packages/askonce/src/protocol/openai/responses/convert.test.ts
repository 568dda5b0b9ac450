import fc from 'fast-check';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { bodyOf, namedRecordings, replay } from '../../../../../../test/support/provider-recordings.ts';
import { describeRecorded } from '../../../../../../test/support/recorded-suites.ts';
import { isStream, type Recording } from '../../../entry/entry.ts';
import { readEvents } from '../../../entry/sse.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '../../../json.ts';
import { numbersAreExact, recordedText } from '../../recorded-json.ts';
import { assess } from './assess.ts';
import { convert } from './convert.ts';

/** The result that the official client returns, without the fields that it adds itself. */
async function clientReads(recording: Recording): Promise<JsonValue> {
  const client = new OpenAI({ apiKey: 'none', fetch: replay(recording), maxRetries: 0 });
  const request = { model: 'gpt-x', input: 'x' };
  const response = isStream(recording.form)
    ? await client.responses.stream(request).finalResponse()
    : await client.responses.parse(request);
  return parseJson(
    JSON.stringify(response, (name, value: unknown) => (/parsed/.test(name) ? undefined : value)),
  );
}

function turn(recording: Recording): Recording | undefined {
  return convert(recording, isStream(recording.form) ? 'body' : 'stream');
}

/** Recordings with items of the provider's own tools, whose events are undocumented. */
const ofOtherTools =
  /file-search|image-generation|mcp|web-search|openai-shell-(tool|container|skills)\.1|apply-patch/;

const recordings = namedRecordings('openai-responses');
const natural = recordings.filter(({ recording }) => assess(recording).finish === 'natural');
const convertible = natural.filter(
  ({ name, recording }) => isStream(recording.form) || !ofOtherTools.test(name),
);

describeRecorded('real responses in their other form', () => {
  it('of the recorded responses some convert and some do not', () => {
    expect(convertible.length).toBeGreaterThan(20);
    expect(convertible.length).toBeLessThan(recordings.length);
  });

  // The official client throws at the events of a patch, in the provider's own stream too.
  it.each(convertible.filter(({ name }) => !name.includes('apply-patch')))(
    "$name converted reads the same to OpenAI's client",
    async ({ recording }) => {
      const converted = turn(recording);
      expect(converted && (await clientReads(converted))).toEqual(await clientReads(recording));
      expect(converted && assess(converted)).toEqual(assess(recording));
    },
  );

  it.each(convertible.filter(({ recording }) => !isStream(recording.form)))(
    '$name converted to a stream and back loses nothing',
    ({ recording }) => {
      const there = turn(recording);
      const back = there && turn(there);
      expect(back && parseJson(recordedText(back))).toEqual(parseJson(recordedText(recording)));
    },
  );

  it('a streamed patch is complete in the body', () => {
    const patch = recordings.find(({ name }) => name === 'openai-apply-patch-tool.1.events.jsonl');
    const body = patch && turn(patch.recording);
    const end = patch && parseJson(readEvents(patch.recording).at(-1)?.data ?? 'null');
    expect(isJsonObject(end) && end['response']).toEqual(body && parseJson(recordedText(body)));
  });

  it.each(recordings.filter((one) => !convertible.includes(one)))(
    '$name does not convert',
    ({ recording }) => {
      expect(turn(recording)?.form).toBeUndefined();
    },
  );

  it.each(convertible.filter(({ name, recording }) => isStream(recording.form) && !ofOtherTools.test(name)))(
    '$name converted to a body and back has the same kinds of events in the same order',
    ({ recording }) => {
      const body = turn(recording);
      const again = body && turn(body);
      expect(again && kindsOf(again)).toEqual(kindsOf(recording));
    },
  );
});

/** Each run of deltas counts as one; providers differ in which of the closing events of a piece they send. */
function kindsOf(recording: Recording): readonly string[] {
  const kinds = readEvents(recording).map(({ type }) => type ?? '');
  const optional = /annotation|custom_tool_call_input\.done|function_call_arguments\.delta/;
  return kinds.filter((kind, index) => !optional.test(kind) && kind !== kinds[index - 1]);
}

const word = fc.string({ unit: 'binary', maxLength: 12 });
const json = fc
  .jsonValue({ maxDepth: 2 })
  .map((value) => parseJson(JSON.stringify(value)))
  .filter(numbersAreExact);
const part: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record({ type: fc.constant('refusal'), refusal: word }),
  fc.record({
    type: fc.constant('output_text'),
    text: word,
    annotations: fc.array(fc.record({ type: fc.constant('file_citation'), file_id: word }), { maxLength: 2 }),
    logprobs: fc.array(fc.record({ token: word, logprob: fc.integer(), top_logprobs: fc.constant([]) }), {
      maxLength: 2,
    }),
  }),
);
const status = fc.constant('completed');
const item: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record({
    type: fc.constant('message'),
    role: fc.constant('assistant'),
    status,
    content: fc.array(part, { maxLength: 3 }),
  }),
  fc.record({
    type: fc.constant('reasoning'),
    summary: fc.array(fc.record({ type: fc.constant('summary_text'), text: word }), { maxLength: 2 }),
    content: fc.array(fc.record({ type: fc.constant('reasoning_text'), text: word }), { maxLength: 2 }),
    encrypted_content: fc.option(word),
  }),
  fc.record({
    type: fc.constant('function_call'),
    status,
    call_id: word,
    name: word,
    arguments: json.map((value) => JSON.stringify(value)),
  }),
  fc.record({ type: fc.constant('custom_tool_call'), call_id: word, name: word, input: word }),
);
const response = fc
  .record({
    id: fc.uuid(),
    object: fc.constant('response'),
    created_at: fc.nat(),
    status: fc.constant('completed'),
    error: fc.constant(null),
    incomplete_details: fc.constant(null),
    model: word,
    output: fc.array(item, { maxLength: 4 }),
    usage: fc.record({ input_tokens: fc.nat(), output_tokens: fc.nat(), a_counter_of_next_year: json }),
    a_field_of_next_year: json,
  })
  .map(
    (original): JsonObject => ({
      ...original,
      output: original.output.map((one, index) => ({
        id: `item_${index}`,
        ...one,
        ...(one['call_id'] !== undefined && { call_id: `call_${index}` }),
      })),
    }),
  );

describe('any response', () => {
  it('a response converted to a stream and back is the same response', () => {
    fc.assert(
      fc.property(response, (original) => {
        const stream = convert(bodyOf(JSON.stringify(original)), 'stream');
        const body = stream && convert(stream, 'body');
        expect(body && parseJson(recordedText(body))).toEqual(parseJson(JSON.stringify(original)));
        expect(stream && assess(stream)).toEqual(assess(bodyOf(JSON.stringify(original))));
      }),
    );
  });

  it("a response converted to a stream reads the same to OpenAI's client", async () => {
    await fc.assert(
      fc.asyncProperty(response, async (original) => {
        const body = bodyOf(JSON.stringify(original));
        const stream = convert(body, 'stream');
        expect(stream && (await clientReads(stream))).toEqual(await clientReads(body));
      }),
      { numRuns: 60 },
    );
  });

  it('a response converted to a stream has deltas that add up to the done events, and numbered events', () => {
    fc.assert(
      fc.property(response, (original) => {
        const stream = convert(bodyOf(JSON.stringify(original)), 'stream');
        let spelled = '';
        const events = (stream ? readEvents(stream) : [])
          .map(({ data }) => parseJson(data ?? 'null'))
          .filter(isJsonObject);
        expect(events.map((event) => event['sequence_number'])).toEqual(events.map((_event, index) => index));
        for (const event of events) {
          if (typeof event['delta'] === 'string') spelled += event['delta'];
          const done =
            String(event['type']).endsWith('.done') &&
            (event['text'] ?? event['refusal'] ?? event['arguments'] ?? event['input']);
          if (typeof done !== 'string') continue;
          expect(spelled).toBe(done);
          spelled = '';
        }
        expect(events.at(-1)?.['type']).toBe('response.completed');
      }),
    );
  });
});

describe('responses that do not convert', () => {
  const whole: JsonObject = {
    id: 'resp_1',
    object: 'response',
    status: 'completed',
    model: 'm',
    output: [],
    usage: { input_tokens: 1, output_tokens: 1 },
  };

  it.each([
    ['no usage', { usage: null }],
    ['no end', { status: 'in_progress' }],
    ['a failure', { status: 'failed' }],
    ['an item of an unknown kind', { output: [{ type: 'hologram', id: 'h' }] }],
    [
      'a part of an unknown kind',
      { output: [{ type: 'message', id: 'm', content: [{ type: 'hologram' }] }] },
    ],
    ['an item of a tool of the provider', { output: [{ type: 'web_search_call', id: 'w' }] }],
  ])('a response body with %s does not convert', (_what, change) => {
    expect(convert(bodyOf(JSON.stringify(whole)), 'stream')).toBeDefined();
    expect(convert(bodyOf(JSON.stringify({ ...whole, ...change })), 'stream')).toBeUndefined();
  });

  it('a response cut off by a limit converts, and ends as incomplete', () => {
    const cut = { ...whole, status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
    const stream = convert(bodyOf(JSON.stringify(cut)), 'stream');
    expect(stream && readEvents(stream).at(-1)?.type).toBe('response.incomplete');
    expect(stream && assess(stream).finish).toBe('length');
  });

  it('a response does not convert to a form of another protocol', () => {
    expect(convert(bodyOf(JSON.stringify(whole)), 'stream+usage')).toBeUndefined();
    expect(convert(bodyOf(JSON.stringify(whole)), 'body+base64')).toBeUndefined();
  });
});
