/**
 * The `function` protocol: a function that takes JSON and returns JSON, as one value or as a stream of values.
 *
 * The body of a request is `{ "name", "input", "text", "stream" }`. The input counts as a structured payload (`profile`).
 * `text`, if there is one, is the question within the input: `{ "at", "text" }`, where it stands and what it says. With
 * `"stream": true` the answer is a stream, which is another answer than a value.
 *
 * A value is a body of JSON. A stream has an event for each value, and one of type `end` when the values ended as they
 * should. What else is known of an answer is in the header `askonce-facts`, or in the data of the `end` event.
 */
import { z } from 'zod';
import type { Recording } from '../entry/entry.ts';
import { AskonceError } from '../errors.ts';
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue, tryParseJson } from '../json.ts';
import type { Assessment, Protocol } from './contract.ts';
import type { StreamEvent } from './framing.ts';
import { serverSentEvents } from './framings/server-sent-events.ts';
import { hasText, readRecordedJson } from './recorded-json.ts';

/** Of a function's name, in UTF-16 code units. */
export const longestFunctionName = 256;

const bodySchema = z.looseObject({
  name: z.string().min(1).max(longestFunctionName),
  input: z.unknown().optional(),
});

/** The response header with what is known of a value besides the value: {@link FunctionFacts} as JSON. */
export const factsHeader = 'askonce-facts';

/** The type of the event that ends a stream of values. */
export const endType = 'end';

const tokens = z.number().nonnegative();

const factsSchema = z.object({
  usage: z
    .object({
      inputTokens: tokens,
      outputTokens: tokens,
      cachedInputTokens: tokens.optional(),
      cacheWriteTokens: tokens.optional(),
      hourCacheWriteTokens: tokens.optional(),
      estimated: z.boolean().optional(),
      serviceTier: z.string().max(64).optional(),
    })
    .optional()
    .catch(undefined),
  model: z.string().min(1).max(256).optional().catch(undefined),
  isComplete: z.boolean().optional().catch(undefined),
});

/** What is known of an answer besides its value. What is not of this shape counts as unknown. */
type FunctionFacts = z.infer<typeof factsSchema>;

export const functionProtocol: Protocol = {
  name: 'function',
  // Up to version 1, texts that differ in Unicode form were one input.
  version: 2,
  headers: {},
  recordedHeaders: [factsHeader],
  requiresCredential: false,
  requestIdHeader: 'x-request-id',
  framing: serverSentEvents,
  endMark: { hints: [`event: ${endType}`], isMark: ({ type }) => type === endType },
  fields: {
    name: { counts: 'elsewhere', as: 'subject' },
    input: { counts: 'profile' },
    text: { counts: 'content' },
  },
  schemaKeys: new Set(),
  read(body) {
    const checked = bodySchema.safeParse(body);
    if (!checked.success)
      throw new AskonceError(
        'invalid_request',
        `name: expected a string of 1 to ${longestFunctionName} characters`,
      );
    return { subject: checked.data.name, form: body['stream'] === true ? 'stream' : 'body' };
  },
  writeContent(_field, value, _body, write) {
    if (!isQuestion(value)) return write.verbatim(value);
    return write.object(value, {
      at: (at) => write.verbatim(at),
      text: (text) => (typeof text === 'string' ? write.semanticText(text) : write.verbatim(text)),
    });
  },
  assess: (recording) =>
    recording.events === undefined ? assessValue(recording) : assessValues(serverSentEvents.read(recording)),
  convert: () => undefined,
  readAnswer: (recording) =>
    recording.events === undefined ? readRecordedJson(recording) : valuesIn(serverSentEvents.read(recording)),
  answerText(answer) {
    if (typeof answer === 'string') return hasText(answer) ? answer : undefined;
    if (isJsonArray(answer) && answer.every((one) => typeof one === 'string')) return answer.join('');
    return JSON.stringify(answer);
  },
  mayFollow: () => false,
  errorBody: ({ code, message }) => JSON.stringify({ error: { code, message } }),
  errorEvent: ({ code, message }, framing) =>
    framing.write(JSON.stringify({ error: { code, message } }), 'error'),
};

function isQuestion(value: JsonValue): value is JsonObject {
  return isJsonObject(value) && typeof value['at'] === 'string' && typeof value['text'] === 'string';
}

function assessValue(recording: Recording): Assessment {
  const facts = factsIn(recording.headers[factsHeader]);
  return assessment(readRecordedJson(recording) === undefined ? 'unreadable' : 'natural', facts);
}

function assessValues(events: readonly StreamEvent[]): Assessment {
  const last = events.at(-1);
  if (last?.type !== endType) return assessment('incomplete', {});
  return assessment(valuesIn(events) === undefined ? 'unreadable' : 'natural', factsIn(last.data));
}

function assessment(finish: Assessment['finish'], { usage, model, isComplete }: FunctionFacts): Assessment {
  const isNatural = finish === 'natural' && isComplete !== false;
  return {
    finish: finish === 'natural' && !isNatural ? 'incomplete' : finish,
    finishReason: isNatural ? 'returned' : '',
    // Null is an answer, and so is a stream without values.
    empty: false,
    toolCalls: 'none',
    usage,
    model,
  };
}

/** The values of a stream; undefined if something else is among them. */
function valuesIn(events: readonly StreamEvent[]): readonly JsonValue[] | undefined {
  const values: JsonValue[] = [];
  for (const { type, data } of events) {
    if (type === endType) break;
    const value = type !== undefined || data === undefined ? undefined : tryParseJson(data);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}

function factsIn(text: string | undefined): FunctionFacts {
  const read = factsSchema.safeParse(text === undefined ? {} : tryParseJson(text));
  return read.success ? read.data : {};
}
