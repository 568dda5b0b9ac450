/**
 * Reading a recorded chat answer as one completion, and converting it between body and stream.
 */
import { isJsonArray, isJsonObject, isUnset, type JsonObject, type JsonValue } from '../../../json.ts';
import { conversion } from '../conversion.ts';
import { completionReader } from '../recorded-completion.ts';
import { ChoiceAssembly } from './choice.ts';

export const readCompletion = completionReader({
  newChoice: () => new ChoiceAssembly(),
  bodyFrame({ object, ...frame }) {
    if (object === undefined) return frame;
    return { ...frame, object: object === 'chat.completion.chunk' ? 'chat.completion' : object };
  },
});

/** The tool calls of a message; the deprecated `function_call` is one of them. */
export function callsOf({ tool_calls: calls, function_call: call }: JsonObject): readonly JsonValue[] {
  const list = isJsonArray(calls) ? calls : [];
  return isJsonObject(call) ? [...list, { function: call }] : list;
}

export const convert = conversion({ read: readCompletion, chunkFrame, chunksOf });

function chunkFrame(frame: JsonObject): JsonObject {
  return frame['object'] === 'chat.completion' ? { ...frame, object: 'chat.completion.chunk' } : frame;
}

/** Text fields with chunks of their own, in the order in which models write them. */
const texts = ['reasoning_content', 'reasoning', 'content', 'refusal'] as const;

/** The chunks of one choice: the role with all unknown fields, the texts, the calls, the end. */
function chunksOf(choice: JsonObject, position: number): readonly JsonObject[] | undefined {
  const { index, message, finish_reason: reason, logprobs, ...rest } = choice;
  if (!isJsonObject(message) || !canBeStreamed(message)) return undefined;
  if (!isJsonObject(logprobs) && !isUnset(logprobs)) return undefined;
  const { tool_calls: calls, function_call: call, ...start } = message;
  const deltas: Record<string, JsonValue | undefined>[] = [];
  const first: Record<string, JsonValue | undefined> = { role: 'assistant', ...start };
  for (const name of texts) {
    const text = message[name];
    if (typeof text !== 'string' || text === '') continue;
    first[name] = '';
    deltas.push({ [name]: text });
  }
  const streamed = callDeltas(calls);
  if (streamed === undefined) return undefined;
  if (streamed.length === 0 && calls !== undefined) first['tool_calls'] = calls;
  deltas.push(...streamed);
  if (isJsonObject(call)) {
    if (!isCalled(call, 'arguments')) return undefined;
    deltas.push({ function_call: call });
  } else if (call !== undefined) first['function_call'] = call;

  const place = { index: index ?? position };
  const unset = logprobs === undefined ? {} : { logprobs: null };
  const chunks: Record<string, JsonValue | undefined>[] = [first, ...deltas].map((delta) => ({
    ...place,
    delta,
    ...unset,
    finish_reason: null,
  }));
  const end: Record<string, JsonValue | undefined> = {
    ...place,
    delta: {},
    ...unset,
    finish_reason: reason ?? null,
    ...rest,
  };
  if (isJsonObject(logprobs)) (chunks[deltas.findIndex(carriesLogprobs) + 1] ?? end)['logprobs'] = logprobs;
  return [...chunks, end];
}

/** A stream sends audio as samples, a body as a file; clients append each text of a stream to the one before. */
function canBeStreamed(message: JsonObject): boolean {
  const { audio, role, function_call: call } = message;
  return (
    !isJsonObject(audio) &&
    (isUnset(role) || typeof role === 'string') &&
    (isUnset(call) || isJsonObject(call)) &&
    texts.every((name) => isUnset(message[name]) || typeof message[name] === 'string')
  );
}

/** A delta for each tool call; undefined if clients could read the calls of a stream in another way. */
function callDeltas(calls: JsonValue | undefined): JsonObject[] | undefined {
  if (isUnset(calls)) return [];
  if (!isJsonArray(calls)) return undefined;
  const deltas: JsonObject[] = [];
  const ids = new Set<string>();
  for (const [place, made] of calls.entries()) {
    if (!isJsonObject(made)) return undefined;
    const { id, index = place, type, function: called, custom } = made;
    if (index !== place || (!isUnset(type) && typeof type !== 'string')) return undefined;
    const isOne = custom === undefined ? isCalled(called, 'arguments') : isCalled(custom, 'input');
    if (!isOne || (custom !== undefined && called !== undefined)) return undefined;
    // Clients make up an id for a call that has none.
    if (typeof id !== 'string' || id === '' || ids.has(id)) return undefined;
    ids.add(id);
    deltas.push({ tool_calls: [{ ...made, index: place }] });
  }
  return deltas;
}

/** Clients append the arguments of a stream as text. */
function isCalled(called: JsonValue | undefined, joined: 'arguments' | 'input'): boolean {
  if (!isJsonObject(called)) return false;
  const { name, [joined]: text } = called;
  return typeof name === 'string' && name !== '' && typeof text === 'string';
}

function carriesLogprobs(delta: JsonObject): boolean {
  return delta['content'] !== undefined || delta['refusal'] !== undefined;
}
