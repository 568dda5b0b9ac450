/**
 * Converting a stream that ends with a usage chunk (`stream_options.include_usage`) into one without, and back.
 */
import type { Form, Recording } from '../../entry/entry.ts';
import { readEvents, writeEvent } from '../../entry/sse.ts';
import { isJsonArray, isJsonObject, isUnset, type JsonObject, tryParseJson } from '../../json.ts';
import { numbersAreExact } from '../recorded-json.ts';
import { isRepeated, isStreamEnd, readChunks, usageIn } from './chunks.ts';
import { areSame } from './fields.ts';
import { streamWith, type TimedEvent, timedEvents } from './timed-events.ts';

/**
 * Removes the usage chunk and the `usage: null` of the other chunks; undefined if the stream is incomplete. Events
 * without usage keep their bytes. Providers that report usage beside the last choice do so in either form, so that
 * usage stays.
 */
export function withoutUsage(recording: Recording, form: Form): Recording | undefined {
  const {
    kind,
    chunks: [first = {}],
  } = readChunks(recording);
  if (kind !== 'whole') return undefined;
  const chunks = readEvents(recording);
  const events: TimedEvent[] = [];
  for (const [index, event] of timedEvents(recording).entries()) {
    const { type, data } = chunks[index] ?? {};
    const chunk = data === undefined || !data.includes('"usage"') ? undefined : tryParseJson(data);
    if (!isJsonObject(chunk) || chunk['usage'] === undefined) {
      events.push(event);
      continue;
    }
    const { usage, ...rest } = chunk;
    if (usage === null) {
      if (!numbersAreExact(chunk)) return undefined;
      events.push({ bytes: Buffer.from(writeEvent(JSON.stringify(rest), type)), at: event.at });
    } else if (!isUsageChunk(chunk)) {
      events.push(event);
    } else if (!saysUsageAlone(chunk, first)) {
      return undefined;
    }
  }
  return streamWith(recording, form, events);
}

/** Undefined if the stream is incomplete, or reports no usage. */
export function withUsage(recording: Recording, form: Form): Recording | undefined {
  const { kind, chunks } = readChunks(recording);
  const usage = usageIn(chunks);
  if (kind !== 'whole' || usage === undefined) return undefined;
  if (chunks.some((chunk) => isJsonObject(chunk['usage']))) return { ...recording, form };
  // The provider reports usage only in a field of its own; clients look for it in a chunk without choices.
  const { choices: _choices, x_groq: _own, ...frame } = chunks.at(-1) ?? {};
  if (!numbersAreExact(usage) || !numbersAreExact(frame)) return undefined;
  const events = timedEvents(recording);
  const end = readEvents(recording).findIndex(({ data }) => isStreamEnd(data));
  const bytes = Buffer.from(writeEvent(JSON.stringify({ ...frame, choices: [], usage })));
  events.splice(end, 0, { bytes, at: events[end]?.at ?? 0 });
  return streamWith(recording, form, events);
}

function isUsageChunk({ choices }: JsonObject): boolean {
  return isJsonArray(choices) && choices.length === 0;
}

/** Whether nothing but usage is lost with the chunk; other fields may repeat those of the first chunk. */
function saysUsageAlone(
  { choices: _choices, usage: _usage, obfuscation: _padding, ...fields }: JsonObject,
  first: JsonObject,
): boolean {
  return Object.entries(fields).every(
    ([name, value]) => isRepeated(name) || isUnset(value) || areSame(value, first[name]),
  );
}
