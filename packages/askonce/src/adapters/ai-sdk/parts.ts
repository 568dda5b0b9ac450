/**
 * The parts of a stream as lines of JSON, and back.
 */
import { isJsonObject, type JsonValue, parseJson } from '../../json.ts';
import { errorOf, messageOf } from './failure.ts';
import type { HeldValues } from './held.ts';
import type { StreamPart } from './types.ts';
import { fromJson, Inexpressible, toJson } from './values.ts';

/** One part as a line. A part that JSON cannot express is held, and the answer that it belongs to is not stored. */
export function writePart(part: StreamPart, held: HeldValues): string {
  const { type } = part;
  if (type === 'error')
    return line({ type, error: { message: messageOf(part.error) }, $askonce: 'held', name: held.hold(part) });
  try {
    return line(toJson(part));
  } catch (error) {
    if (!(error instanceof Inexpressible)) throw error;
    return line({ type, $askonce: 'held', name: held.hold(part) });
  }
}

function line(json: JsonValue): string {
  return `${JSON.stringify(json)}\n`;
}

/** The part of a line; undefined for a line that has none, such as a part that only another process has. */
export function readPart(text: string, held: HeldValues): StreamPart | undefined {
  const json = parseJson(text);
  if (!isJsonObject(json)) return undefined;
  const { type, name, error, $askonce: mark } = json;
  const found = mark === 'held' && typeof name === 'string' ? held.find(name)?.value : undefined;
  if (isPart(found)) return found;
  if (type === 'error') return { type, error: errorOf(isJsonObject(error) ? error['message'] : undefined) };
  if (mark === 'held') return undefined;
  const part = fromJson(json);
  return isPart(part) ? part : undefined;
}

/** What was written by {@link writePart} is a part. */
function isPart(value: unknown): value is StreamPart {
  return typeof value === 'object' && value !== null && 'type' in value;
}

/** The parts of a body, as they come. */
export async function* partsOf(
  body: AsyncIterable<Uint8Array>,
  held: HeldValues,
): AsyncGenerator<StreamPart, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of body) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) {
      const part = text.trim() === '' ? undefined : readPart(text, held);
      if (part !== undefined) yield part;
    }
  }
}
