/**
 * Converting a response between body and stream.
 */
import { type Form, isStream, type Recording } from '../../../entry/entry.ts';
import { streamOf, writeEvent } from '../../../entry/sse.ts';
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../../json.ts';
import { numbersAreExact } from '../../recorded-json.ts';
import { traitsOf } from '../stream-options.ts';
import { withoutPadding } from '../timed-events.ts';
import { itemEvents, type ResponseEvent } from './item-events.ts';
import { readResponse } from './response.ts';
import { streamSaysTheSame } from './streamed-items.ts';

/** Undefined if the recording is not a finished response with usage, or has content that the other form cannot express. */
export function convert(recording: Recording, to: Form): Recording | undefined {
  if (recording.form === to) return recording;
  if (to === 'body+base64' || traitsOf(to).usage) return undefined;
  // A stream without padding answers no request for a padded one: its token lengths are what the padding hides.
  if (isStream(to) && isStream(recording.form))
    return traitsOf(to).padded ? undefined : withoutPadding(recording, to);
  const reading = readResponse(recording);
  if (reading.kind !== 'response' || !reading.whole) return undefined;
  const { response } = reading;
  const { status, usage, output } = response;
  if (status !== 'completed' && status !== 'incomplete') return undefined;
  if (!isJsonObject(usage) || !isJsonArray(output) || !numbersAreExact(response)) return undefined;
  if (!isStream(to)) {
    if (!streamSaysTheSame(recording, output)) return undefined;
    const headers = { ...recording.headers, 'content-type': 'application/json' };
    return { form: to, status: recording.status, headers, body: Buffer.from(JSON.stringify(response)) };
  }
  if (!haveOwnIds(output)) return undefined;
  const items = output.map((item, index) => (isJsonObject(item) ? itemEvents(item, index) : undefined));
  if (!items.every((events) => events !== undefined)) return undefined;
  const begun = beginning(response);
  const events: readonly ResponseEvent[] = [
    { type: 'response.created', response: begun },
    { type: 'response.in_progress', response: begun },
    ...items.flat(),
    { type: `response.${status}`, response },
  ];
  const headers = { ...recording.headers, 'content-type': 'text/event-stream; charset=utf-8' };
  return { form: to, status: recording.status, headers, ...streamOf(events.map(written)) };
}

/** The events of a stream name their item by its id. */
function haveOwnIds(output: readonly JsonValue[]): boolean {
  const ids = output.map((item) => (isJsonObject(item) ? item['id'] : undefined));
  return ids.every((id) => typeof id === 'string' && id !== '') && new Set(ids).size === ids.length;
}

function written({ type, ...fields }: ResponseEvent, index: number): string {
  return writeEvent(JSON.stringify({ type, sequence_number: index, ...fields }), type);
}

/** The response as it was at its start: fields that are known only at the end are null. */
function beginning(response: JsonObject): JsonObject {
  const atEnd = ['usage', 'completed_at', 'incomplete_details', 'output_text'].filter(
    (name) => response[name] !== undefined,
  );
  const nulls = Object.fromEntries(atEnd.map((name) => [name, null]));
  return { ...response, ...nulls, status: 'in_progress', output: [] };
}
