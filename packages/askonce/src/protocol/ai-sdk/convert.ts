/**
 * Converting an answer between the result of `doGenerate` and the parts of `doStream`.
 */
import { type Form, isStream, type Recording } from '../../entry/entry.ts';
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import { jsonLines } from '../framings/json-lines.ts';
import { wholeParts } from './assembly.ts';
import { judgeCalls } from './assess.ts';
import { readResult } from './result.ts';

/** Undefined if the recording is no complete answer, or has something that the other form cannot express. */
export function convert(recording: Recording, to: Form): Recording | undefined {
  if (recording.form === to) return recording;
  if (to !== 'body' && to !== 'stream') return undefined;
  const reading = readResult(recording);
  if (reading.kind !== 'result' || !reading.whole) return undefined;
  const { result } = reading;
  const content = isJsonArray(result['content']) ? result['content'].filter(isJsonObject) : [];
  if (judgeCalls(content) === 'invalid') return undefined;
  const { status, headers } = recording;
  if (!isStream(to)) {
    const body = Buffer.from(JSON.stringify(result));
    return { form: to, status, headers: { ...headers, 'content-type': 'application/json' }, body };
  }
  const parts = streamedResult(result, content);
  if (parts === undefined) return undefined;
  return {
    form: to,
    status,
    headers: { ...headers, 'content-type': jsonLines.contentType },
    ...jsonLines.join(parts.map((part) => jsonLines.write(JSON.stringify(part)))),
  };
}

/** The properties of a result that a stream has a place for. */
const expressible: ReadonlySet<string> = new Set([
  '$askonce',
  'content',
  'finishReason',
  'usage',
  'providerMetadata',
  'response',
  'warnings',
]);

function streamedResult(
  result: JsonObject,
  content: readonly JsonObject[],
): readonly JsonObject[] | undefined {
  const { warnings, response, usage, finishReason, providerMetadata } = result;
  // A property without a value is left out.
  const names = Object.keys(result).filter((name) => result[name] !== undefined);
  if (!names.every((name) => expressible.has(name))) return undefined;
  const pieces = content.map(streamedContent);
  if (!pieces.every((parts) => parts !== undefined)) return undefined;
  return [
    { type: 'stream-start', warnings: isJsonArray(warnings) ? warnings : [] },
    ...(isJsonObject(response) ? [{ type: 'response-metadata', ...response }] : []),
    ...pieces.flat(),
    {
      type: 'finish',
      usage,
      finishReason,
      ...(isJsonObject(providerMetadata) ? { providerMetadata } : {}),
    },
  ];
}

/** The parts of one piece of content; undefined for a type that is not known. */
function streamedContent(content: JsonObject, index: number): readonly JsonObject[] | undefined {
  const { type } = content;
  if (type === 'text' || type === 'reasoning') return streamedText(content, type, String(index));
  if (!wholeParts.has(type)) return undefined;
  return type === 'tool-call' ? streamedCall(content) : [content];
}

function streamedText(content: JsonObject, type: string, id: string): readonly JsonObject[] | undefined {
  const { text, citations, providerMetadata, type: _type, $askonce: _mark, ...rest } = content;
  if (typeof text !== 'string' || Object.keys(rest).length > 0) return undefined;
  return [
    {
      type: `${type}-start`,
      id,
      ...(isJsonObject(providerMetadata) ? { providerMetadata } : {}),
    },
    ...(text === '' ? [] : [{ type: `${type}-delta`, id, delta: text }]),
    { type: `${type}-end`, id, ...(isJsonArray(citations) ? { citations } : {}) },
  ];
}

/** A call as providers stream it: its input, then the call. */
function streamedCall(call: JsonObject): readonly JsonObject[] | undefined {
  const { toolCallId: id, toolName, input } = call;
  if (typeof id !== 'string' || typeof toolName !== 'string' || typeof input !== 'string') return undefined;
  const flags: Record<string, JsonValue> = {};
  for (const name of ['providerExecuted', 'dynamic']) {
    const flag = call[name];
    if (flag !== undefined) flags[name] = flag;
  }
  return [
    { type: 'tool-input-start', id, toolName, ...flags },
    ...(input === '' ? [] : [{ type: 'tool-input-delta', id, delta: input }]),
    { type: 'tool-input-end', id },
    call,
  ];
}
