/**
 * Finding the response in a recording: the body itself, or the one in the last event of a stream.
 */
import { isStream, type Recording } from '../../../entry/entry.ts';
import { readEvents } from '../../../entry/sse.ts';
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue, tryParseJson } from '../../../json.ts';
import { type EndMark, endsAfterEvent } from '../../framing.ts';
import { recordedText, typeOf, unparsedKind } from '../../recorded-json.ts';
import { isStreamEnd } from '../chunks.ts';

export type ResponseReading =
  | {
      readonly kind: 'response';
      readonly response: JsonObject;
      /** The items of the stream in their done events; a body's `output`. */
      readonly items: readonly JsonValue[];
      /** Whether `response` alone has everything that the stream reported. */
      readonly whole: boolean;
    }
  | { readonly kind: 'failed' | 'incomplete' | 'unreadable' };

export function readResponse(recording: Recording): ResponseReading {
  return isStream(recording.form) ? readStream(recording) : readBody(recording);
}

function readBody(recording: Recording): ResponseReading {
  const text = recordedText(recording);
  const response = tryParseJson(text);
  if (response === undefined) return { kind: unparsedKind(text) };
  if (!isJsonObject(response)) return { kind: 'unreadable' };
  const { object, error, output } = response;
  if (object !== 'response') return { kind: isJsonObject(error) ? 'failed' : 'unreadable' };
  return { kind: 'response', response, items: isJsonArray(output) ? output : [], whole: isJsonArray(output) };
}

const terminalTypes = ['response.completed', 'response.incomplete', 'response.failed'] as const;
const terminal: ReadonlySet<JsonValue | undefined> = new Set(terminalTypes);

export const endMark: EndMark = {
  hints: terminalTypes,
  isMark: ({ type, data }) => type !== 'error' && terminal.has(typeOf(data)),
};

function readStream(recording: Recording): ResponseReading {
  let hasBegun = false;
  let end: JsonObject | undefined;
  const items = new Map<JsonValue | undefined, JsonValue>();
  const open = new Set<JsonValue | undefined>();
  for (const { type: name, data } of readEvents(recording)) {
    if (data === undefined || data.trim() === '' || isStreamEnd(data)) continue;
    const event = tryParseJson(data);
    if (!isJsonObject(event)) return { kind: name === 'error' ? 'failed' : 'unreadable' };
    const { type, response, output_index: index, item } = event;
    if (name === 'error' || type === 'error') return { kind: 'failed' };
    // A stream has one response, and nothing after its end.
    if (end !== undefined) return { kind: 'unreadable' };
    if (isJsonObject(response)) {
      // Its id is no sign of another response: some gateways encrypt it anew for each event.
      if (hasBegun === (type === 'response.created')) return { kind: 'unreadable' };
      hasBegun = true;
    } else if (!hasBegun || terminal.has(type)) {
      return { kind: 'unreadable' };
    }
    if (type === 'response.output_item.added') open.add(index);
    if (type === 'response.output_item.done') {
      if (!open.delete(index) || item === undefined) return { kind: 'unreadable' };
      items.set(index, item);
    }
    if (terminal.has(type) && isJsonObject(response)) end = response;
  }
  if (end === undefined || !endsAfterEvent(recording)) return { kind: 'incomplete' };
  return judgeEnd(end, [...items.values()], open.size);
}

/** Some providers leave `output` of the last event empty; then only the events before it have the answer. */
function judgeEnd(response: JsonObject, done: readonly JsonValue[], open: number): ResponseReading {
  const output = isJsonArray(response['output']) ? response['output'] : [];
  if (response['status'] === 'completed' && open > 0 && output.length < done.length + open)
    return { kind: 'incomplete' };
  const whole =
    output.length === done.length + open &&
    done.every((item) => output.some((other) => areSameItem(item, other)));
  return { kind: 'response', response, items: output.length >= done.length ? output : done, whole };
}

function areSameItem(one: JsonValue, other: JsonValue): boolean {
  return (
    isJsonObject(one) && isJsonObject(other) && one['type'] === other['type'] && one['id'] === other['id']
  );
}
