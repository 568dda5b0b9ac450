/**
 * Converting a chat or text completion between body and stream.
 */
import { type Form, isStream, type Recording } from '../../entry/entry.ts';
import { streamOf, writeEvent } from '../../entry/sse.ts';
import { isJsonArray, isJsonObject, type JsonObject } from '../../json.ts';
import { numbersAreExact } from '../recorded-json.ts';
import { choicesOf, chunkFrames, streamEnd } from './chunks.ts';
import type { CompletionReading } from './recorded-completion.ts';
import { withoutUsage, withUsage } from './stream-usage.ts';

export interface ConversionKind {
  readonly read: (recording: Recording) => CompletionReading;
  /** The fields of a chunk besides its choices, made from those of a body (`frame`). */
  readonly chunkFrame: (frame: JsonObject) => JsonObject;
  /** The choices of the chunks that make up one choice; undefined if a stream cannot express it. */
  readonly chunksOf: (choice: JsonObject, position: number) => readonly JsonObject[] | undefined;
}

export function conversion(kind: ConversionKind): (recording: Recording, to: Form) => Recording | undefined {
  return (recording, to) => {
    if (recording.form === to) return recording;
    if (to === 'body+base64' || recording.form === 'body+base64') return undefined;
    if (isStream(recording.form) && to === 'stream') return withoutUsage(recording);
    if (isStream(recording.form) && to === 'stream+usage') return withUsage(recording);
    const reading = kind.read(recording);
    if (reading.kind !== 'completion' || !reading.whole || !numbersAreExact(reading.completion))
      return undefined;
    return to === 'body'
      ? bodyOf(recording, reading.completion)
      : streamMadeOf(recording, reading.completion, to, kind);
  };
}

/** A body always has usage and the finish reason of each choice. */
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
  { chunkFrame, chunksOf }: ConversionKind,
): Recording | undefined {
  const { usage } = completion;
  const choices = numberedChoices(completion);
  if (choices === undefined || (to === 'stream+usage' && !isJsonObject(usage))) return undefined;
  const chunked = choices.map(chunksOf);
  if (chunked.includes(undefined)) return undefined;
  const { first, others } = chunkFrames(completion);
  const nothing = to === 'stream+usage' ? { usage: null } : {};
  const chunks: JsonObject[] = chunked
    .flatMap((each) => each ?? [])
    .map((choice, place) => ({
      ...chunkFrame(place === 0 ? first : others),
      choices: [choice],
      ...nothing,
    }));
  if (to === 'stream+usage') chunks.push({ ...chunkFrame(others), choices: [], usage });
  const events = [...chunks.map((chunk) => JSON.stringify(chunk)), streamEnd];
  const headers = { ...recording.headers, 'content-type': 'text/event-stream; charset=utf-8' };
  return {
    form: to,
    status: recording.status,
    headers,
    ...streamOf(events.map((event) => writeEvent(event))),
  };
}

/** The choices of a body; undefined unless there are some, ended, each in the place that its index says. */
function numberedChoices({ choices }: JsonObject): readonly JsonObject[] | undefined {
  if (!isJsonArray(choices) || choices.length === 0) return undefined;
  const numbered = choices.filter(
    (choice, place): choice is JsonObject =>
      isJsonObject(choice) &&
      (choice['index'] ?? place) === place &&
      typeof choice['finish_reason'] === 'string' &&
      choice['delta'] === undefined,
  );
  return numbered.length === choices.length ? numbered : undefined;
}
