/**
 * Reading a recorded chat answer as one completion, and converting it between body and stream.
 */
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../../json.ts';
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

function chunksOf(choice: JsonObject, position: number): readonly JsonObject[] | undefined {
  const { message } = choice;
  // A stream sends audio as samples, a body as a file.
  if (!isJsonObject(message) || isJsonObject(message['audio'])) return undefined;
  return messageChunks(choice, message, position);
}

/** Text fields with chunks of their own, in the order in which models write them. */
const texts = ['reasoning_content', 'reasoning', 'content', 'refusal'] as const;

/** The chunks of one choice: the role with all unknown fields, the texts, the calls, the end. */
function messageChunks(choice: JsonObject, message: JsonObject, position: number): JsonObject[] {
  const { index = position, message: _message, finish_reason: reason, logprobs, ...rest } = choice;
  const { tool_calls: calls, function_call: call, ...start } = message;
  const deltas: Record<string, JsonValue | undefined>[] = [];
  const first: Record<string, JsonValue | undefined> = { role: 'assistant', ...start };
  for (const name of texts) {
    const text = message[name];
    if (typeof text !== 'string' || text === '') continue;
    first[name] = '';
    deltas.push({ [name]: text });
  }
  if (isJsonArray(calls)) {
    deltas.push(
      ...calls.map((made, place) => ({
        tool_calls: [isJsonObject(made) ? { ...made, index: place } : made],
      })),
    );
  } else if (calls !== undefined) first['tool_calls'] = calls;
  if (isJsonObject(call)) deltas.push({ function_call: call });
  else if (call !== undefined) first['function_call'] = call;

  const unset = logprobs === undefined ? {} : { logprobs: null };
  const chunks: Record<string, JsonValue | undefined>[] = [first, ...deltas].map((delta) => ({
    index,
    delta,
    ...unset,
    finish_reason: null,
  }));
  const end: Record<string, JsonValue | undefined> = {
    index,
    delta: {},
    ...unset,
    finish_reason: reason ?? null,
    ...rest,
  };
  if (isJsonObject(logprobs)) (chunks[deltas.findIndex(carriesLogprobs) + 1] ?? end)['logprobs'] = logprobs;
  return [...chunks, end];
}

function carriesLogprobs(delta: JsonObject): boolean {
  return delta['content'] !== undefined || delta['refusal'] !== undefined;
}
