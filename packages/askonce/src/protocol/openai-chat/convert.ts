/**
 * A chat completion as a body, made of a stream, and the other way round.
 */
import { type Form, isStream, type Recording } from '../../entry/recording.ts';
import { streamOf, writeEvent } from '../../entry/sse.ts';
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import { choicesOf, chunkFrames, streamEnd } from '../openai-chunks.ts';
import { withoutUsage, withUsage } from '../openai-stream-usage.ts';
import { numbersAreExact } from '../recorded-json.ts';
import { readCompletion } from './completion.ts';

export function convert(recording: Recording, to: Form): Recording | undefined {
  if (recording.form === to) return recording;
  if (to === 'body+base64' || recording.form === 'body+base64') return undefined;
  if (isStream(recording.form) && to === 'stream') return withoutUsage(recording);
  if (isStream(recording.form) && to === 'stream+usage') return withUsage(recording);
  const reading = readCompletion(recording);
  if (reading.kind !== 'completion' || !reading.whole || !numbersAreExact(reading.completion))
    return undefined;
  return to === 'body'
    ? bodyOf(recording, reading.completion)
    : streamMadeOf(recording, reading.completion, to);
}

/** A body always tells usage and why each choice ended. */
function bodyOf(recording: Recording, completion: JsonObject): Recording | undefined {
  const choices = choicesOf(completion);
  if (choices.length === 0 || !choices.every((choice) => typeof choice['finish_reason'] === 'string'))
    return undefined;
  if (!isJsonObject(completion['usage'])) return undefined;
  const headers = { ...recording.headers, 'content-type': 'application/json' };
  return { form: 'body', status: recording.status, headers, body: Buffer.from(JSON.stringify(completion)) };
}

function streamMadeOf(
  recording: Recording,
  completion: JsonObject,
  to: 'stream' | 'stream+usage',
): Recording | undefined {
  const { usage } = completion;
  const choices = choicesOf(completion);
  if (choices.length === 0 || (to === 'stream+usage' && !isJsonObject(usage))) return undefined;
  const choiceChunks: JsonObject[] = [];
  for (const [index, choice] of choices.entries()) {
    const { message } = choice;
    // Sound comes in a stream as samples, in a body as a file.
    if (!isJsonObject(message) || isJsonObject(message['audio'])) return undefined;
    choiceChunks.push(...chunksOf(choice, message, index));
  }
  const { first, others } = chunkFrames(completion);
  const nothing = to === 'stream+usage' ? { usage: null } : {};
  const chunks: JsonObject[] = choiceChunks.map((choice, place) => ({
    ...asChunk(place === 0 ? first : others),
    choices: [choice],
    ...nothing,
  }));
  if (to === 'stream+usage') chunks.push({ ...asChunk(others), choices: [], usage });
  const events = [...chunks.map((chunk) => JSON.stringify(chunk)), streamEnd];
  const headers = { ...recording.headers, 'content-type': 'text/event-stream; charset=utf-8' };
  return {
    form: to,
    status: recording.status,
    headers,
    ...streamOf(events.map((event) => writeEvent(event))),
  };
}

function asChunk(frame: JsonObject): JsonObject {
  return frame['object'] === 'chat.completion' ? { ...frame, object: 'chat.completion.chunk' } : frame;
}

/** Texts that come in chunks of their own, in the order in which models write them. */
const texts = ['reasoning_content', 'reasoning', 'content', 'refusal'] as const;

/** The choices of the chunks that make up one choice: its role and all fields unknown here, texts, calls, its end. */
function chunksOf(choice: JsonObject, message: JsonObject, position: number): JsonObject[] {
  const { index = position, message: _message, finish_reason: reason, logprobs, ...rest } = choice;
  const { tool_calls: calls, function_call: call, ...start } = message;
  const deltas: Record<string, JsonValue | undefined>[] = [];
  const first: Record<string, JsonValue | undefined> = { role: 'assistant', ...start };
  for (const name of texts) {
    const text = message[name];
    if (typeof text !== 'string' || text === '') continue;
    first[name] = '';
    deltas.push({ [name]: text });
  }
  if (isJsonArray(calls)) {
    deltas.push(
      ...calls.map((made, place) => ({
        tool_calls: [isJsonObject(made) ? { ...made, index: place } : made],
      })),
    );
  } else if (calls !== undefined) first['tool_calls'] = calls;
  if (isJsonObject(call)) deltas.push({ function_call: call });
  else if (call !== undefined) first['function_call'] = call;

  const told = logprobs === undefined ? {} : { logprobs: null };
  const chunks: Record<string, JsonValue | undefined>[] = [first, ...deltas].map((delta) => ({
    index,
    delta,
    ...told,
    finish_reason: null,
  }));
  const end: Record<string, JsonValue | undefined> = {
    index,
    delta: {},
    ...told,
    finish_reason: reason ?? null,
    ...rest,
  };
  if (isJsonObject(logprobs)) (chunks[deltas.findIndex(carriesLogprobs) + 1] ?? end)['logprobs'] = logprobs;
  return [...chunks, end];
}

function carriesLogprobs(delta: JsonObject): boolean {
  return delta['content'] !== undefined || delta['refusal'] !== undefined;
}
