/**
 * Converting a chat or text completion between body and stream.
 */
import { type Form, isStream, type Recording } from '../../entry/entry.ts';
import { streamOf, writeEvent } from '../../entry/sse.ts';
import { isJsonArray, isJsonObject, type JsonObject } from '../../json.ts';
import { numbersAreExact } from '../recorded-json.ts';
import { choicesOf, chunkFrames, streamEnd } from './chunks.ts';
import type { CompletionReading } from './recorded-completion.ts';
import { traitsOf } from './stream-options.ts';
import { withoutUsage, withUsage } from './stream-usage.ts';
import { withoutPadding } from './timed-events.ts';

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
    if (isStream(recording.form) && isStream(to)) return otherStream(recording, to);
    const reading = kind.read(recording);
    if (reading.kind !== 'completion' || !reading.whole || !numbersAreExact(reading.completion))
      return undefined;
    return to === 'body'
      ? bodyOf(recording, reading.completion)
      : streamMadeOf(recording, reading.completion, to, kind);
  };
}

/** A stream without padding answers no request for a padded one: its token lengths are what the padding hides. */
function otherStream(recording: Recording, to: Form): Recording | undefined {
  const [before, wanted] = [traitsOf(recording.form), traitsOf(to)];
  if (wanted.padded && !before.padded) return undefined;
  let stream: Recording | undefined = recording;
  if (wanted.usage !== before.usage) stream = (wanted.usage ? withUsage : withoutUsage)(recording, to);
  return stream !== undefined && before.padded && !wanted.padded ? withoutPadding(stream, to) : stream;
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
  to: Form,
  { chunkFrame, chunksOf }: ConversionKind,
): Recording | undefined {
  const { usage } = completion;
  const choices = numberedChoices(completion);
  const hasUsage = traitsOf(to).usage;
  if (choices === undefined || (hasUsage && !isJsonObject(usage))) return undefined;
  const chunked = choices.map(chunksOf);
  if (chunked.includes(undefined)) return undefined;
  const { first, others } = chunkFrames(completion);
  const nothing = hasUsage ? { usage: null } : {};
  const chunks: JsonObject[] = chunked
    .flatMap((each) => each ?? [])
    .map((choice, place) => ({
      ...chunkFrame(place === 0 ? first : others),
      choices: [choice],
      ...nothing,
    }));
  if (hasUsage) chunks.push({ ...chunkFrame(others), choices: [], usage });
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
