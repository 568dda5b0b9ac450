/**
 * Reads a recorded answer as the result of `doGenerate`, whichever form it has.
 */
import { isStream, type Recording } from '../../entry/entry.ts';
import { isJsonArray, isJsonObject, type JsonObject, tryParseJson } from '../../json.ts';
import { endsAfterEvent } from '../framing.ts';
import { jsonLines } from '../framings/json-lines.ts';
import { recordedText, unparsedKind } from '../recorded-json.ts';
import { StreamAssembly, WrongOrder } from './assembly.ts';

export type ResultReading =
  | {
      readonly kind: 'result';
      readonly result: JsonObject;
      /** False if the stream has something that a result cannot express, or that is not known here. */
      readonly whole: boolean;
    }
  | { readonly kind: 'failed' | 'incomplete' | 'unreadable' };

/**
 * Marks a value that JSON cannot express, and that only its own process has. Within a text its quotation marks would be escaped,
 * and a property of that name is written in another way.
 */
const heldMark = '"$askonce":"held"';

export function readResult(recording: Recording): ResultReading {
  const { body } = recording;
  const reading = isStream(recording.form) ? readStream(recording) : readBody(recording);
  const isHeld = () => Buffer.from(body.buffer, body.byteOffset, body.byteLength).includes(heldMark);
  return reading.kind === 'result' && isHeld() ? { kind: 'unreadable' } : reading;
}

function readBody(recording: Recording): ResultReading {
  const text = recordedText(recording);
  const result = tryParseJson(text);
  if (result === undefined) return { kind: unparsedKind(text) };
  if (!isJsonObject(result)) return { kind: 'unreadable' };
  if (isJsonObject(result['error'])) return { kind: 'failed' };
  const { content, finishReason, usage } = result;
  const isResult = isJsonArray(content) && isJsonObject(finishReason) && isJsonObject(usage);
  return isResult ? { kind: 'result', result, whole: true } : { kind: 'unreadable' };
}

function readStream(recording: Recording): ResultReading {
  const assembly = new StreamAssembly();
  try {
    for (const { data = '' } of jsonLines.read(recording)) {
      const part = tryParseJson(data);
      if (!isJsonObject(part)) return { kind: unparsedKind(data) };
      if (part['type'] === 'error') return { kind: 'failed' };
      assembly.add(part);
    }
  } catch (error) {
    if (error instanceof WrongOrder) return { kind: 'unreadable' };
    throw error;
  }
  const result = endsAfterEvent(recording) ? assembly.finish() : undefined;
  return result === undefined ? { kind: 'incomplete' } : { kind: 'result', result, whole: assembly.whole };
}
