/**
 * The events of a recorded stream with their times of arrival, for streams that are made of another by events.
 */
import type { Form, Recording } from '../../entry/entry.ts';
import { readEvents, writeEvent } from '../../entry/sse.ts';
import { isJsonObject, tryParseJson } from '../../json.ts';
import { numbersAreExact } from '../recorded-json.ts';

export interface TimedEvent {
  readonly bytes: Uint8Array;
  readonly at: number;
}

export function timedEvents({ body, events }: Recording): TimedEvent[] {
  const timed: TimedEvent[] = [];
  let start = 0;
  for (const [index, end] of (events?.ends ?? []).entries()) {
    timed.push({ bytes: body.subarray(start, end), at: events?.at[index] ?? 0 });
    start = end;
  }
  return timed;
}

/** The recording with other events, in the form that they make. */
export function streamWith(recording: Recording, form: Form, events: readonly TimedEvent[]): Recording {
  const ends = new Uint32Array(events.length);
  let offset = 0;
  for (const [index, { bytes }] of events.entries()) {
    offset += bytes.length;
    ends[index] = offset;
  }
  const at = Uint32Array.from(events, (event) => event.at);
  return { ...recording, form, body: Buffer.concat(events.map(({ bytes }) => bytes)), events: { ends, at } };
}

/**
 * The stream without the padding (`obfuscation`) that hides the length of its events; events without it keep their bytes.
 * Undefined if an event would change when it is written again.
 */
export function withoutPadding(recording: Recording, form: Form): Recording | undefined {
  const read = readEvents(recording);
  const events: TimedEvent[] = [];
  for (const [index, event] of timedEvents(recording).entries()) {
    const { type, data } = read[index] ?? {};
    const padded = data?.includes('"obfuscation"') ? tryParseJson(data) : undefined;
    if (!isJsonObject(padded) || padded['obfuscation'] === undefined) {
      events.push(event);
      continue;
    }
    const { obfuscation: _padding, ...rest } = padded;
    if (!numbersAreExact(rest)) return undefined;
    events.push({ bytes: Buffer.from(writeEvent(JSON.stringify(rest), type)), at: event.at });
  }
  return streamWith(recording, form, events);
}
