/**
 * A text completion as a body, made of a stream, and the other way round.
 */
import { type Form, isStream, type Recording } from '../../entry/recording.ts';
import { streamOf, writeEvent } from '../../entry/sse.ts';
import { isJsonObject, type JsonObject } from '../../json.ts';
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
  const { first, others } = chunkFrames(completion);
  const nothing = to === 'stream+usage' ? { usage: null } : {};
  const chunks: JsonObject[] = choices.flatMap(chunksOf).map((choice, place) => ({
    ...(place === 0 ? first : others),
    choices: [choice],
    ...nothing,
  }));
  if (to === 'stream+usage') chunks.push({ ...others, choices: [], usage });
  const events = [...chunks.map((chunk) => JSON.stringify(chunk)), streamEnd];
  const headers = { ...recording.headers, 'content-type': 'text/event-stream; charset=utf-8' };
  return {
    form: to,
    status: recording.status,
    headers,
    ...streamOf(events.map((event) => writeEvent(event))),
  };
}

/** The text with its log probabilities, then the end. */
function chunksOf(choice: JsonObject, position: number): JsonObject[] {
  const { text, index = position, logprobs, finish_reason: reason, ...rest } = choice;
  const told = logprobs === undefined ? {} : { logprobs: null };
  return [
    { text, index, ...(logprobs === undefined ? {} : { logprobs }), finish_reason: null },
    { text: '', index, ...told, finish_reason: reason ?? null, ...rest },
  ];
}
